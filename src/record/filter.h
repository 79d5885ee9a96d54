// Which interactions a read is about. Every condition that is set must hold.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "record/interaction.h"
#include "record/verdict.h"

namespace gleaner::json {
class Value;
}

namespace gleaner::record {

class Condition;

enum class Feedback { kAny, kPositive, kNegative, kNone };

struct Filter {
  std::string platform;
  std::string kind;
  std::string model;
  std::string language;
  std::string intent;
  std::vector<std::string> session_ids;  // one session, by its id or by its pseudonyms
  std::vector<std::string> user_ids;     // pseudonyms of one person, one for each of the project's secrets
  std::string tag;
  std::optional<bool> success;
  std::optional<Time> from;  // inclusive
  std::optional<Time> to;    // exclusive
  std::optional<Feedback> feedback;
  std::optional<double> min_quality_score;
  std::optional<int64_t> min_response_chars;
  std::optional<int64_t> max_response_chars;
  // What the members above cannot say. Shared, as filters are copied and conditions never change.
  std::shared_ptr<const Condition> where;

  // Sets `where`, and those of the other members that must hold with it and are not set, which stores look at first.
  // Errors: kInvalidArgument, as of Condition::parse.
  Status set_condition(const json::Value& json);

  // All signals are needed if reads_signals(), else none.
  bool matches(const Interaction& interaction, const Verdict& verdict, std::span<const Signal> signals) const;
  bool reads_signals() const;
  // The part of matches() that needs only what every index entry has.
  bool may_match(std::string_view entry_platform, Time created_at, bool succeeded) const;
  bool matches_verdict(const Verdict& verdict) const;
};

}  // namespace gleaner::record
