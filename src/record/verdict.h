// What an interaction's signals add up to. Derived, never stored by hand: fold() every signal once, in any order.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "record/signal.h"

namespace gleaner::record {

struct Verdict {
  int64_t signals = 0;
  int64_t thumbs_up = 0;
  int64_t thumbs_down = 0;
  int64_t edits = 0;
  int64_t reports = 0;
  int64_t ratings = 0;
  double rating_sum = 0;
  int64_t comments = 0;
  int64_t likes = 0;
  int64_t dismissals = 0;
  int64_t bookmarks = 0;
  int64_t shares = 0;
  int64_t viewers = 0;  // distinct people; a view without a user counts for itself
  int64_t corrections = 0;
  int64_t validations_passed = 0;
  int64_t validations_failed = 0;
  int64_t approvals = 0;
  int64_t rejections = 0;
  int64_t scores = 0;

  // `first_view` is false for a view by somebody who has viewed the interaction before.
  void fold(const Signal& signal, bool first_view);

  // Feedback is what people say: engagement such as a view or a like is not feedback.
  int64_t feedback() const {
    return thumbs_up + thumbs_down + edits + reports + ratings + comments + corrections + approvals + rejections;
  }
  // share is the strongest, then bookmark, then like; a dismissal is negative.
  int64_t engagement() const { return 3 * shares + 2 * bookmarks + likes - dismissals; }
  int64_t net_likes() const { return likes - dismissals; }
  bool edited() const { return edits + corrections > 0; }
  bool positive() const { return thumbs_up + approvals > thumbs_down + reports + rejections; }
  bool negative() const { return thumbs_up + approvals < thumbs_down + reports + rejections; }
  // Good enough to learn from: thumbs up, edited by somebody, or approved in review; a rejection in review overrules.
  bool quality() const { return (thumbs_up > 0 || edited() || approvals > 0) && rejections <= approvals; }

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// What the signals add up to when they came in this order: only the first view of a person counts as a viewer.
Verdict verdict_of(std::span<const Signal> signals);

// As a JSON object, with the derived values.
void encode(const Verdict& verdict, std::string& out);

}  // namespace gleaner::record
