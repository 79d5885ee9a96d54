// Parquet files of examples, through DuckDB: rows as JSON lines into one, and back.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dataset/format/format.h"
#include "duckdb/database.h"

namespace gleaner::dataset {

// Gives the next row as JSON, without a line end; false when there is no more.
using NextRow = std::function<Result<bool>(std::string& row)>;

// Everything is on disk when it returns, and there is no file unless it is whole. The same rows give the same bytes.
// Errors: those of `next`, of files, and of DuckDB.
Status write_parquet(const Format& format, NextRow next, const std::string& path, duckdb::Options options);

// Whether the file begins as Parquet files do.
bool is_parquet(const std::string& path);

// The rows of a Parquet file, anybody's, as JSON objects without their null members.
class ParquetRows {
 public:
  // Errors: kInvalidArgument for a file that is damaged.
  static Result<std::unique_ptr<ParquetRows>> open(const std::string& path, const duckdb::Options& options);
  // False when there is no more. `row` is valid until the next call.
  Result<bool> next(std::string_view& row);

 private:
  std::unique_ptr<duckdb::Database> database_;
  std::unique_ptr<duckdb::Rows> rows_;
  std::vector<std::optional<std::string_view>> values_;
  std::string row_;
};

}  // namespace gleaner::dataset
