// SQL over what Gleaner keeps, wherever it lies: the tables
//
//   interactions   a row for each, with its fields and the numbers of its verdict
//   signals        a row for each, those whose interaction has not come included
//   examples       a row for each example of every valid version of a dataset
//
// read_interactions(filter := '{...}') and read_signals(filter := '{...}') read only what a condition
// (record/condition.h) on the interaction lets through, which stores and archive skip much by; without it, SQL looks at
// everything. docs/query.md lists the columns.
//
// Thread contract: one thread; a question runs on several.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "dataset/version.h"
#include "duckdb/database.h"
#include "store/archive_catalog.h"
#include "store/store.h"

namespace gleaner::query {

// What is read. All of it must outlive the database.
struct Sources {
  store::Store& store;  // recent and archived as one
  store::ArchiveCatalog& catalog;
  const dataset::Versions& versions;
  std::string project;
};

// Errors: those of Database::open().
Result<std::unique_ptr<duckdb::Database>> open(const Sources& sources, const duckdb::Options& options);

}  // namespace gleaner::query
