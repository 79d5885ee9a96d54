// The examples of every valid version as a table, a part for each version. Of this room only.
#pragma once

#include <memory>

#include "dataset/version.h"
#include "duckdb/table.h"

namespace gleaner::query {

std::unique_ptr<duckdb::Table> example_table(const dataset::Versions& versions);

}  // namespace gleaner::query
