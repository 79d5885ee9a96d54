#include "store/postgres/verdict_columns.h"

namespace gleaner::store {

record::Verdict read_verdict(const Rows& rows, int row, int column, bool binary) {
  record::Verdict verdict;
  for (const auto member : kVerdictMembers) {
    verdict.*member = binary ? rows.b_integer(row, column) : rows.integer(row, column);
    ++column;
  }
  verdict.rating_sum = binary ? rows.b_real(row, column) : rows.real(row, column);
  return verdict;
}

}  // namespace gleaner::store
