#include "store/postgres/verdict_columns.h"

namespace gleaner::store {
namespace {

constexpr const char* kUpdateVerdicts = R"sql(
UPDATE gleaner.verdicts v SET
  signals = w.c1, thumbs_up = w.c2, thumbs_down = w.c3, edits = w.c4, reports = w.c5, ratings = w.c6, comments = w.c7,
  likes = w.c8, dismissals = w.c9, bookmarks = w.c10, shares = w.c11, viewers = w.c12, corrections = w.c13,
  validations_passed = w.c14, validations_failed = w.c15, approvals = w.c16, rejections = w.c17, scores = w.c18,
  rating_sum = w.c19
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
            $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::bigint[], $23::bigint[],
            $24::double precision[])
  AS w (project, id, at, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19)
WHERE v.interaction_id = w.id AND v.project = w.project AND v.interaction_created_at = w.at
  AND v.interaction_created_at BETWEEN $4::timestamptz AND $5::timestamptz)sql";

constexpr const char* kInsertVerdicts =
    "INSERT INTO gleaner.verdicts (project, interaction_id, interaction_created_at, " GLEANER_VERDICT_COLUMNS
    R"sql()
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
                     $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
                     $14::bigint[], $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[],
                     $20::bigint[], $21::bigint[], $22::double precision[]))sql";

}  // namespace

record::Verdict read_verdict(const Rows& rows, int row, int column, bool binary) {
  record::Verdict verdict;
  for (const auto member : kVerdictMembers) {
    verdict.*member = binary ? rows.b_integer(row, column) : rows.integer(row, column);
    ++column;
  }
  verdict.rating_sum = binary ? rows.b_real(row, column) : rows.real(row, column);
  return verdict;
}

void VerdictRows::add(const Place& place, const record::Verdict& verdict) {
  places_.add(place);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i].add(verdict.*kVerdictMembers[i]);
  rating_sums_.add(verdict.rating_sum);
}

Call VerdictRows::update() {
  Params params = places_.start();
  params.add(places_.first()).add(places_.last());
  return {kUpdateVerdicts, std::move(add_counts(params))};
}

Call VerdictRows::insert() {
  Params params = places_.start();
  return {kInsertVerdicts, std::move(add_counts(params))};
}

Params& VerdictRows::add_counts(Params& params) {
  for (ArrayText& column : counts_) params.add(std::move(column));
  params.add(std::move(rating_sums_));
  places_ = {};
  return params;
}

}  // namespace gleaner::store
