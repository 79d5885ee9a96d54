#include "query/query.h"

#include "query/example_table.h"
#include "query/record_table.h"

namespace gleaner::query {

Result<std::unique_ptr<duckdb::Database>> open(const Sources& sources, const duckdb::Options& options) {
  TRY_ASSIGN(std::unique_ptr<duckdb::Database> database, duckdb::Database::open(options));
  TRY(database->add_table("interactions", interaction_table(sources)));
  TRY(database->add_table("signals", signal_table(sources)));
  TRY(database->add_table("examples", example_table(sources.versions)));
  return database;
}

}  // namespace gleaner::query
