#include "record/filter.h"

#include <algorithm>

namespace gleaner::record {
namespace {

bool equals_or_unset(const std::string& wanted, std::string_view have) {
  return wanted.empty() || wanted == have;
}

bool one_of_or_unset(const std::vector<std::string>& wanted, const std::string& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

}  // namespace

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

bool Filter::matches(const Interaction& i, const Verdict& verdict) const {
  const int64_t chars = i.response_chars.value_or(0);
  return may_match(i.platform, i.created_at.value_or(Time{}), i.succeeded()) && matches_verdict(verdict) &&
         equals_or_unset(kind, i.kind) && equals_or_unset(model, i.model) && equals_or_unset(language, i.language) &&
         equals_or_unset(intent, i.intent) && one_of_or_unset(session_ids, i.session_id) &&
         one_of_or_unset(user_ids, i.user_id) && (tag.empty() || std::ranges::find(i.tags, tag) != i.tags.end()) &&
         (!min_quality_score || i.quality_score.value_or(-1) >= *min_quality_score) &&
         (!min_response_chars || chars >= *min_response_chars) && (!max_response_chars || chars <= *max_response_chars);
}

}  // namespace gleaner::record
