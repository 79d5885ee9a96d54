// Interactions and signals as tables, a part for each day. Of this room only.
#pragma once

#include <memory>

#include "duckdb/table.h"
#include "query/query.h"

namespace gleaner::query {

std::unique_ptr<duckdb::Table> interaction_table(const Sources& sources);
std::unique_ptr<duckdb::Table> signal_table(const Sources& sources);

}  // namespace gleaner::query
