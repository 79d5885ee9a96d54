// The schema in the database, as numbered migrations that are part of the program (migrations/*.sql). Each is carried
// out once, all of them in one transaction under an advisory lock: of servers that start together one does it and the
// others find it done; if it dies, the database has forgotten both its lock and its half-done work.
//
// docs/postgres.md describes the tables. Thread contract: safe from any thread.
#pragma once

#include <string>

#include "store/postgres/connection.h"

namespace gleaner::store {

// What this program reads and writes.
int schema_version();

// The version in the database; 0 if there is none.
Result<int> read_schema_version(Connection& connection);

// Brings it up to date. The version it had before. Errors: kUnavailable, also when it is newer than this program.
Result<int> migrate(Connection& connection);

// Errors: kUnavailable, unless the version is the program's own; the message says what to do.
Status check_schema(Connection& connection);

// Everything as text for `psql -f` on a database without it.
std::string schema_sql();

}  // namespace gleaner::store
