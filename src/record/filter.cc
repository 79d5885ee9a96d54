#include "record/filter.h"

#include <algorithm>

#include "record/condition.h"

namespace gleaner::record {
namespace {

bool equals_or_unset(const std::string& wanted, std::string_view have) {
  return wanted.empty() || wanted == have;
}

bool one_of_or_unset(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

// The value that the member must equal, if that is all it asks for.
const json::Value* only_value(const json::Value& test) {
  if (!test.is_object()) return &test;
  return test.find("eq");
}

void narrow_text(std::string& member, const json::Value& test) {
  const json::Value* const value = only_value(test);
  if (member.empty() && value != nullptr && value->is_string()) member = value->text();
}

void narrow_time(Filter& filter, const json::Value& test) {
  for (const char* const op : {"gte", "gt"}) {
    if (const auto text = test.find_string(op); text && !filter.from) {
      if (const auto time = parse_time(*text)) filter.from = *time;
    }
  }
  if (const auto text = test.find_string("lt"); text && !filter.to) {
    if (const auto time = parse_time(*text)) filter.to = *time;
  }
}

// What must hold in any case: the members of `json`, and of every element of its "and".
void narrow(Filter& filter, const json::Value& json) {
  for (const auto& [name, test] : json.members()) {
    if (name == "and") {
      for (const json::Value& one : test.items()) narrow(filter, one);
    }
    if (name == "platform") narrow_text(filter.platform, test);
    if (name == "created_at") narrow_time(filter, test);
    if (name == "success" && !filter.success) {
      const json::Value* const value = only_value(test);
      if (value != nullptr && value->is_bool()) filter.success = value->as_bool();
    }
  }
}

}  // namespace

Status Filter::set_condition(const json::Value& json) {
  TRY_ASSIGN(where, Condition::parse(json));
  narrow(*this, json);
  return {};
}

bool Filter::may_match(std::string_view entry_platform, Time created_at, bool succeeded) const {
  return equals_or_unset(platform, entry_platform) && (!from || created_at >= *from) && (!to || created_at < *to) &&
         (!success || *success == succeeded);
}

bool Filter::matches_verdict(const Verdict& verdict) const {
  if (!feedback) return true;
  switch (*feedback) {
    case Feedback::kAny:
      return verdict.feedback() > 0;
    case Feedback::kPositive:
      return verdict.positive();
    case Feedback::kNegative:
      return verdict.negative();
    case Feedback::kNone:
      return verdict.feedback() == 0;
  }
  return true;
}

bool Filter::reads_signals() const {
  return where && where->reads_signals();
}

bool Filter::matches(const Interaction& i, const Verdict& verdict, std::span<const Signal> signals) const {
  const int64_t chars = i.response_chars.value_or(0);
  return may_match(i.platform, i.created_at.value_or(Time{}), i.succeeded()) && matches_verdict(verdict) &&
         equals_or_unset(kind, i.kind) && equals_or_unset(model, i.model) && equals_or_unset(language, i.language) &&
         equals_or_unset(intent, i.intent) && one_of_or_unset(session_ids, i.session_id) &&
         one_of_or_unset(user_ids, i.user_id) && (tag.empty() || std::ranges::find(i.tags, tag) != i.tags.end()) &&
         (!min_quality_score || i.quality_score.value_or(-1) >= *min_quality_score) &&
         (!min_response_chars || chars >= *min_response_chars) &&
         (!max_response_chars || chars <= *max_response_chars) && (!where || where->matches(i, verdict, signals));
}

}  // namespace gleaner::record
