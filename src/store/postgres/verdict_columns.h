// The columns of gleaner.verdicts and gleaner.counters and the members they are, in one order for every statement that
// reads or writes them.
#pragma once

#include <array>
#include <utility>

#include "record/verdict.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace gleaner::store {

inline constexpr std::array kVerdictMembers = {&record::Verdict::signals,
                                               &record::Verdict::thumbs_up,
                                               &record::Verdict::thumbs_down,
                                               &record::Verdict::edits,
                                               &record::Verdict::reports,
                                               &record::Verdict::ratings,
                                               &record::Verdict::comments,
                                               &record::Verdict::likes,
                                               &record::Verdict::dismissals,
                                               &record::Verdict::bookmarks,
                                               &record::Verdict::shares,
                                               &record::Verdict::viewers,
                                               &record::Verdict::corrections,
                                               &record::Verdict::validations_passed,
                                               &record::Verdict::validations_failed,
                                               &record::Verdict::approvals,
                                               &record::Verdict::rejections,
                                               &record::Verdict::scores};

// The members above in their order, then rating_sum.
#define GLEANER_VERDICT_COLUMNS                                                                                \
  "signals, thumbs_up, thumbs_down, edits, reports, ratings, comments, likes, dismissals, bookmarks, shares, " \
  "viewers, "                                                                                                  \
  "corrections, validations_passed, validations_failed, approvals, rejections, scores, rating_sum"

// The verdict that stands in a row of a text or binary answer from `column` on.
record::Verdict read_verdict(const Rows& rows, int row, int column, bool binary);

// Counters::at() in its order.
#define GLEANER_COUNTER_COLUMNS                                                                            \
  "interactions, succeeded, compressed, raw_bytes, stored_bytes, signals, thumbs_up, thumbs_down, edits, " \
  "with_feedback, positive, negative, quality"

}  // namespace gleaner::store
