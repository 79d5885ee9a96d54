// The columns of gleaner.verdicts and gleaner.counters and the members they are, in one order for every statement that
// reads or writes them.
#pragma once

#include <array>

#include "record/verdict.h"
#include "store/postgres/connection.h"
#include "store/postgres/refs.h"
#include "store/store.h"
#include "store/stored_counts.h"

namespace gleaner::store {

// kVerdictMembers in their order, then rating_sum.
#define GLEANER_VERDICT_COLUMNS                                                                                \
  "signals, thumbs_up, thumbs_down, edits, reports, ratings, comments, likes, dismissals, bookmarks, shares, " \
  "viewers, "                                                                                                  \
  "corrections, validations_passed, validations_failed, approvals, rejections, scores, rating_sum"

// The verdict that stands in a row of a text or binary answer from `column` on.
record::Verdict read_verdict(const Rows& rows, int row, int column, bool binary);

// Verdicts as rows, gathered and written as one statement.
class VerdictRows {
 public:
  void add(const Place& place, const record::Verdict& verdict);
  bool empty() const { return places_.empty(); }
  // The statement that changes the rows that are there, or the one that makes them. Begins anew.
  Call update();
  Call insert();

 private:
  Params& add_counts(Params& params);

  PlaceColumns places_;
  std::array<ArrayText, kVerdictMembers.size()> counts_;
  ArrayText rating_sums_;
};

// Counters::at() in its order.
#define GLEANER_COUNTER_COLUMNS                                                                            \
  "interactions, succeeded, compressed, raw_bytes, stored_bytes, signals, thumbs_up, thumbs_down, edits, " \
  "with_feedback, positive, negative, quality"

}  // namespace gleaner::store
