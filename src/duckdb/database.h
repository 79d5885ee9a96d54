// A DuckDB database in memory that lives as long as one question: SQL over tables that are given to it, and files it
// writes. It installs and loads no extensions.
//
// Thread contract: one thread at a time; a question runs on several.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "duckdb/table.h"

namespace gleaner::duckdb {

struct Options {
  std::string library;       // file of libduckdb.so; empty: where Library::load() looks
  int64_t memory_mb = 1024;  // of DuckDB's own; what does not fit goes to spill_dir, or fails if that is empty
  int64_t threads = 0;       // 0: one for each core
  std::string spill_dir;     // made when it is needed
};

Options options_of(const config::Config& config);

// What a question answers, row by row, every value as text (JSON for lists and structures). It must not outlive its
// database.
class Rows {
 public:
  Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  virtual ~Rows() = default;
  struct Column {
    std::string name;
    bool numeric = false;
  };
  virtual const std::vector<Column>& columns() const = 0;
  // The values are valid until the next call; nothing stands for NULL. False when there is no more.
  virtual Result<bool> next(std::vector<std::optional<std::string_view>>& row) = 0;
};

class Database {
 public:
  // Errors: kUnavailable without the library.
  static Result<std::unique_ptr<Database>> open(const Options& options);

  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  // SQL sees it as NAME, and as read_NAME(filter := '...').
  virtual Status add_table(const std::string& name, std::unique_ptr<Table> table) = 0;

  // Errors of all three: kInvalidArgument for SQL that cannot be, or is not one statement that only reads; those of the
  // tables; kResourceExhausted when the memory does not suffice.
  virtual Result<std::unique_ptr<Rows>> rows(std::string_view select) = 0;
  // The same, each row as one JSON object, in a column of its own.
  virtual Result<std::unique_ptr<Rows>> json_rows(std::string_view select) = 0;
  // Writes a Parquet file, zstd-compressed, in row groups of at most `group_rows`; there is no file at `path` unless it
  // is whole. The same rows give the same bytes if `threads` is 1.
  virtual Status write_parquet(std::string_view select, const std::string& path, int64_t group_rows = 8192) = 0;
};

// 'it''s', for a text in SQL.
std::string sql_text(std::string_view text);

}  // namespace gleaner::duckdb
