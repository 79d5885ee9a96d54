// Which interactions a read is about. Every condition that is set must hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "record/interaction.h"
#include "record/verdict.h"

namespace gleaner::record {

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

  bool matches(const Interaction& interaction, const Verdict& verdict) const;
  // The part of matches() that needs only what every index entry has.
  bool may_match(std::string_view entry_platform, Time created_at, bool succeeded) const;
  bool matches_verdict(const Verdict& verdict) const;
};

}  // namespace gleaner::record
