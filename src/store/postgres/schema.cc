#include "store/postgres/schema.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "embedded/postgres_access.h"
#include "embedded/postgres_seed_names.h"
#include "embedded/postgres_tables.h"

namespace gleaner::store {
namespace {

// In order, never changed once released: a change is a further one.
constexpr std::array kMigrations = {&embedded::postgres_tables, &embedded::postgres_access,
                                    &embedded::postgres_seed_names};

constexpr int kOldestServer = 150000;

constexpr std::string_view kPrologue = R"sql(
CREATE SCHEMA IF NOT EXISTS gleaner;
CREATE TABLE IF NOT EXISTS gleaner.schema_migrations (
  version integer PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);
)sql";

std::string migration_sql(int version) {
  return fmt::format("{}\nINSERT INTO gleaner.schema_migrations (version) VALUES ({});\n",
                     kMigrations[static_cast<size_t>(version - 1)](), version);
}

std::unexpected<Error> newer(int version) {
  return fail(Code::kUnavailable,
              fmt::format("PostgreSQL: the schema has version {}, this program knows {}: upgrade gleaner", version,
                          schema_version()));
}

Status check_server(Connection& connection) {
  if (connection.server_version() < kOldestServer) {
    return fail(Code::kUnavailable, fmt::format("PostgreSQL: the server has version {}; version 15 or later is needed",
                                                connection.server_version() / 10000));
  }
  TRY_ASSIGN(const Rows rows, connection.query("SELECT current_setting('server_encoding')"));
  if (rows.text(0, 0) == "UTF8") return {};
  return fail(Code::kUnavailable,
              fmt::format("PostgreSQL: the database's encoding is {}; make one with ENCODING 'UTF8'", rows.text(0, 0)));
}

}  // namespace

int schema_version() {
  return static_cast<int>(kMigrations.size());
}

Result<int> read_schema_version(Connection& connection) {
  TRY_ASSIGN(const Rows there, connection.query("SELECT to_regclass('gleaner.schema_migrations') IS NOT NULL"));
  if (!there.flag(0, 0)) return 0;
  TRY_ASSIGN(const Rows rows, connection.query("SELECT coalesce(max(version), 0) FROM gleaner.schema_migrations"));
  return static_cast<int>(rows.integer(0, 0));
}

Result<int> migrate(Connection& connection) {
  TRY(check_server(connection));
  // The lock ends with the transaction. Who waits for it does so as long as a migration may take.
  TRY(connection.script(
      "BEGIN; SET LOCAL search_path = public; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; "
      "SELECT pg_advisory_xact_lock(hashtext('gleaner.migrate'))"));
  TRY_ASSIGN(const int before, read_schema_version(connection));
  if (before > schema_version()) return newer(before);
  if (before < schema_version()) {
    TRY(connection.script(std::string(kPrologue)));
    for (int version = before + 1; version <= schema_version(); ++version) {
      if (auto done = connection.script(migration_sql(version)); !done) {
        return fail_in(fmt::format("migration {}", version), std::move(done).error());
      }
    }
  }
  TRY(connection.script("COMMIT"));
  return before;
}

Status check_schema(Connection& connection) {
  TRY(check_server(connection));
  TRY_ASSIGN(const int version, read_schema_version(connection));
  if (version == schema_version()) return {};
  if (version > schema_version()) return newer(version);
  return fail(Code::kUnavailable,
              fmt::format("PostgreSQL: the schema has version {}, this program needs {}: run `gleaner migrate`",
                          version, schema_version()));
}

std::string schema_sql() {
  std::string sql =
      fmt::format("-- The schema of Gleaner, version {}, for an empty database: psql -v ON_ERROR_STOP=1 -f\nBEGIN;\n{}",
                  schema_version(), kPrologue);
  for (int version = 1; version <= schema_version(); ++version) sql += migration_sql(version);
  return sql + "COMMIT;\n";
}

}  // namespace gleaner::store
