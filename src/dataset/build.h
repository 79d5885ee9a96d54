// Makes a version of a dataset: gathers examples from the store, chooses, splits, writes them in every format the
// recipe names, checks what it wrote, and freezes all of it with a manifest (dataset/version.h). The same records and
// the same recipe give the same bytes in every file but built.json.
//
// Memory: what gather() keeps of an example, MinHash signatures while duplicates are looked for, and a buffer for each
// file.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "dataset/recipe.h"
#include "dataset/version.h"
#include "duckdb/database.h"
#include "store/store.h"

namespace gleaner::dataset {

struct BuildOptions {
  std::string project;
  std::string name;
  Recipe recipe;           // without as_of it gets the time of the build
  duckdb::Options duckdb;  // for Parquet files
  // "gathering", "choosing", "writing"; of so many interactions, candidates, or examples.
  std::function<void(std::string_view stage, uint64_t done, uint64_t total)> on_progress;
  std::function<bool()> stop;  // asked now and then; after true the build ends with kUnavailable
};

// Errors: kInvalidArgument for a name or recipe that cannot be; kNotFound if nothing is left to write; those of the
// store and of files. Nothing is left behind then.
Result<VersionInfo> build(store::Store& store, const Versions& versions, const Clock& clock, BuildOptions options);

}  // namespace gleaner::dataset
