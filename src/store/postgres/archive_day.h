// A day of a project while its parts, or the late signals beside them, change: its row of gleaner.archive_days is
// locked until the transaction ends. Plain functions; one thread.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "store/archive_catalog.h"
#include "store/postgres/connection.h"
#include "store/postgres/pool.h"

namespace gleaner::store {

// A connection with a transaction begun on it.
Result<Pool::Lease> begin_transaction(Pool& pool);

// Locks the day; its generation. A day that has none gets 0, unless the transaction is rolled back.
Result<int64_t> lock_archive_day(Connection& connection, std::string_view project, Day day);
Call next_generation(std::string_view project, Day day);

Call note_part(const Part& part);

// The statements that count a change, in slot 0.
Status add_recount(Connection& connection, const std::string& project, Day day, const std::string& platform,
                   const Recount& recount, std::vector<Call>& calls);

// Late signals: in the day, and without an interaction there. $1 is the project, $2 and $3 bound the day.
#define GLEANER_LATE                                                                                                   \
  "s.project = $1 AND s.interaction_created_at >= $2::timestamptz AND s.interaction_created_at < $3::timestamptz AND " \
  "NOT EXISTS (SELECT FROM gleaner.interactions i WHERE i.id = s.interaction_id AND i.project = $1 AND i.created_at "  \
  "= s.interaction_created_at AND i.created_at >= $2::timestamptz AND i.created_at < $3::timestamptz)"

// $1 to $3 of it.
inline Params late_params(std::string_view project, Day day) {
  return Params::of(project, Time(day), Time(day + std::chrono::days(1)));
}

}  // namespace gleaner::store
