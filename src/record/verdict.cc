#include "record/verdict.h"

#include <string_view>
#include <unordered_set>

#include "base/json.h"

namespace gleaner::record {

void Verdict::fold(const Signal& signal, bool first_view) {
  ++signals;
  switch (signal.kind) {
    case SignalKind::kThumbsUp:
      ++thumbs_up;
      break;
    case SignalKind::kThumbsDown:
      ++thumbs_down;
      break;
    case SignalKind::kEdit:
      ++edits;
      break;
    case SignalKind::kReport:
      ++reports;
      break;
    case SignalKind::kRating:
      ++ratings;
      rating_sum += signal_number(signal).value_or(0);
      break;
    case SignalKind::kComment:
      ++comments;
      break;
    case SignalKind::kLike:
      ++likes;
      break;
    case SignalKind::kDismiss:
      ++dismissals;
      break;
    case SignalKind::kBookmark:
      ++bookmarks;
      break;
    case SignalKind::kShare:
      ++shares;
      break;
    case SignalKind::kView:
      viewers += first_view ? 1 : 0;
      break;
    case SignalKind::kCorrection:
      ++corrections;
      break;
    case SignalKind::kValidation:
      if (const auto passed = signal_passed(signal)) ++(*passed ? validations_passed : validations_failed);
      break;
    case SignalKind::kReview:
      if (const auto passed = signal_passed(signal)) ++(*passed ? approvals : rejections);
      break;
    case SignalKind::kScore:
      ++scores;
      break;
  }
}

Verdict verdict_of(std::span<const Signal> signals) {
  Verdict verdict;
  std::unordered_set<std::string_view> viewers;
  for (const Signal& signal : signals) {
    const bool known_view =
        signal.kind == SignalKind::kView && !signal.user_id.empty() && !viewers.insert(signal.user_id).second;
    verdict.fold(signal, !known_view);
  }
  return verdict;
}

void encode(const Verdict& v, std::string& out) {
  json::Writer w(out);
  w.begin_object().field("signals", v.signals).field("thumbs_up", v.thumbs_up).field("thumbs_down", v.thumbs_down);
  w.field("edits", v.edits).field("reports", v.reports).field("ratings", v.ratings);
  if (v.ratings > 0) w.field("rating_mean", v.rating_sum / static_cast<double>(v.ratings));
  w.field("comments", v.comments).field("likes", v.likes).field("dismissals", v.dismissals);
  w.field("bookmarks", v.bookmarks).field("shares", v.shares).field("viewers", v.viewers);
  w.field("corrections", v.corrections).field("validations_passed", v.validations_passed);
  w.field("validations_failed", v.validations_failed).field("approvals", v.approvals).field("rejections", v.rejections);
  w.field("scores", v.scores).field("engagement", v.engagement()).field("positive", v.positive());
  w.field("negative", v.negative()).field("quality", v.quality()).end_object();
}

}  // namespace gleaner::record
