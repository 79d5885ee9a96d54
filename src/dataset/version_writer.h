// Writes the examples of a version, each in every format, and what can be said of them one by one: their lineage, and
// what a trainer would refuse. One thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dataset/output_file.h"
#include "dataset/recipe.h"
#include "duckdb/database.h"

namespace gleaner::dataset {

struct SplitCount {
  uint64_t examples = 0;
  uint64_t tokens = 0;  // estimated
};

struct FormatCount {
  uint64_t lines = 0;
  std::map<std::string, uint64_t> left_out;  // by reason
  uint64_t problems = 0;                     // lines that a trainer would refuse
  std::vector<std::string> shown;            // the first of these
};

struct Written {
  std::vector<FileEntry> files;
  std::vector<SplitCount> splits;  // in the order of the recipe
  std::map<std::string, FormatCount> formats;
  std::map<std::string, uint64_t> by_rule;
  uint64_t good = 0;  // unpaired: labels
  uint64_t bad = 0;
  uint64_t fewest_tokens = UINT64_MAX;  // of an example
  uint64_t most_tokens = 0;
};

class VersionWriter {
 public:
  // `duckdb` is for the Parquet files. Errors: kUnavailable, also if one is wanted and DuckDB is not there.
  static Result<std::unique_ptr<VersionWriter>> create(const std::string& folder, const Recipe& recipe,
                                                       const duckdb::Options& duckdb);

  Status add(const Example& example, uint32_t split, uint32_t tokens);
  // Everything is on disk when it returns. Call it once.
  Result<Written> finish();

 private:
  struct Output {
    const Format* format = nullptr;
    FormatCount* count = nullptr;
    std::vector<std::unique_ptr<OutputFile>> of_split;
  };

  VersionWriter(std::string folder, const Recipe& recipe, duckdb::Options duckdb)
      : folder_(std::move(folder)), recipe_(recipe), duckdb_(std::move(duckdb)) {}
  // The number of its line; 0 if the format cannot carry it.
  Result<uint64_t> add_to(Output& output, const Example& example, uint32_t split);
  static void check(const Output& output, std::string_view line);
  Status add_lineage(const Example& example, uint32_t split, uint32_t tokens, const std::vector<uint64_t>& lines);

  // Makes the file of a format that is no text of its rows.
  Result<FileEntry> convert(const Format& format, const FileEntry& rows) const;

  const std::string folder_;
  const Recipe& recipe_;
  const duckdb::Options duckdb_;
  std::vector<Output> outputs_;
  std::unique_ptr<OutputFile> lineage_;
  Written written_;
};

}  // namespace gleaner::dataset
