// A condition on an interaction, its verdict and its signals, as a tree: what Filter's fixed members cannot say. As
// JSON:
//
//   {"and": [CONDITION, ...]}   {"or": [CONDITION, ...]}   {"not": CONDITION}
//   {"FIELD": VALUE}            equal to it; of an array of values, to one of them; null: the field is absent
//   {"FIELD": {"OP": VALUE}}    eq, ne, in, not_in, gt, gte, lt, lte, contains, starts_with, exists
//   {"signal": CONDITION}       one of the signals passes it; FIELD is then a field of a signal
//
// Several members of one object must all hold. FIELD is a field of the interaction, "verdict." and a number or flag of
// the verdict, or a path into a field that holds JSON: "metadata.customer.tier". A field with several values (tags)
// passes if one of them does. An absent one passes only ne, not_in and {"exists": false}. Times are compared as times,
// numbers as numbers; `contains` and `starts_with` look at text, and `contains` also for an element of an array.
//
// Thread contract: immutable, safe from any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "record/interaction.h"
#include "record/verdict.h"

namespace gleaner::record {

class Condition {
 public:
  // Errors: kInvalidArgument, naming the place: "and[1].platform: ...".
  static Result<std::shared_ptr<const Condition>> parse(const json::Value& json);
  static Result<std::shared_ptr<const Condition>> parse(std::string_view json);
  ~Condition();
  Condition(const Condition&) = delete;
  Condition& operator=(const Condition&) = delete;

  bool matches(const Interaction& interaction, const Verdict& verdict, std::span<const Signal> signals) const;
  // Whether it asks for signals: to whoever is asked for fewer of them it says less than the truth.
  bool reads_signals() const;
  // As it was given.
  const std::string& text() const { return text_; }

 private:
  class Node;
  class Parser;
  Condition(std::unique_ptr<const Node> root, std::string text);
  const std::unique_ptr<const Node> root_;
  const std::string text_;
};

}  // namespace gleaner::record
