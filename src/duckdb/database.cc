#include "duckdb/database.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "duckdb/library.h"
#include "duckdb/table_function.h"

namespace gleaner::duckdb {
namespace {

constexpr std::array kNumericTypes = {
    DUCKDB_TYPE_TINYINT,  DUCKDB_TYPE_SMALLINT,  DUCKDB_TYPE_INTEGER,  DUCKDB_TYPE_BIGINT,  DUCKDB_TYPE_HUGEINT,
    DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_USMALLINT, DUCKDB_TYPE_UINTEGER, DUCKDB_TYPE_UBIGINT, DUCKDB_TYPE_UHUGEINT,
    DUCKDB_TYPE_FLOAT,    DUCKDB_TYPE_DOUBLE,    DUCKDB_TYPE_DECIMAL,
};

class Prepared {
 public:
  Prepared() = default;
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  ~Prepared() { library().duckdb_destroy_prepare(&statement); }
  duckdb_prepared_statement statement = nullptr;
};

class QueryResult {
 public:
  QueryResult() = default;
  QueryResult(const QueryResult&) = delete;
  QueryResult& operator=(const QueryResult&) = delete;
  ~QueryResult() { library().duckdb_destroy_result(&result); }
  std::string error() {
    const char* const text = library().duckdb_result_error(&result);
    return text == nullptr ? "" : text;
  }
  duckdb_result result{};
};

// What DuckDB says begins with the kind of error.
Error error_of(std::string message, FirstError& tables) {
  if (auto first = tables.take()) return *std::move(first);
  const auto code = message.starts_with("Out of Memory") ? Code::kResourceExhausted
                    : message.starts_with("IO Error")    ? Code::kUnavailable
                    : message.starts_with("INTERNAL")    ? Code::kInternal
                                                         : Code::kInvalidArgument;
  return {code, std::move(message)};
}

class StreamedRows final : public Rows {
 public:
  StreamedRows(std::unique_ptr<QueryResult> result, std::vector<Column> columns, FirstError& errors)
      : result_(std::move(result)), columns_(std::move(columns)), errors_(errors) {}
  ~StreamedRows() override { drop(); }

  const std::vector<Column>& columns() const override { return columns_; }

  Result<bool> next(std::vector<std::optional<std::string_view>>& row) override {
    while (at_ == size_) {
      drop();
      chunk_ = library().duckdb_fetch_chunk(result_->result);
      if (chunk_ == nullptr) {
        if (std::string error = result_->error(); !error.empty())
          return std::unexpected(error_of(std::move(error), errors_));
        return false;
      }
      at_ = 0;
      size_ = library().duckdb_data_chunk_get_size(chunk_);
    }
    row.resize(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) row[i] = value(i);
    ++at_;
    return true;
  }

 private:
  std::optional<std::string_view> value(size_t column) const {
    duckdb_vector const vector = library().duckdb_data_chunk_get_vector(chunk_, column);
    uint64_t* const valid = library().duckdb_vector_get_validity(vector);
    if (valid != nullptr && !library().duckdb_validity_row_is_valid(valid, at_)) return std::nullopt;
    auto& text = static_cast<duckdb_string_t*>(library().duckdb_vector_get_data(vector))[at_];
    return std::string_view(library().duckdb_string_t_data(&text), library().duckdb_string_t_length(text));
  }
  void drop() {
    if (chunk_ != nullptr) library().duckdb_destroy_data_chunk(&chunk_);
    chunk_ = nullptr;
  }

  const std::unique_ptr<QueryResult> result_;
  const std::vector<Column> columns_;
  FirstError& errors_;
  duckdb_data_chunk chunk_ = nullptr;
  idx_t at_ = 0;
  idx_t size_ = 0;
};

// A statement that stands in another one has no semicolon.
std::string_view without_end(std::string_view sql) {
  const size_t last = sql.find_last_not_of("; \t\r\n");
  return sql.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

class MemoryDatabase final : public Database {
 public:
  ~MemoryDatabase() override {
    library().duckdb_disconnect(&connection_);
    library().duckdb_close(&database_);
  }

  Status start(const Options& options) {
    duckdb_config config = nullptr;
    library().duckdb_create_config(&config);
    const auto set = [&config](const char* name, const std::string& value) {
      library().duckdb_set_config(config, name, value.c_str());
    };
    set("memory_limit", fmt::format("{}MiB", options.memory_mb));
    set("temp_directory", options.spill_dir);
    set("autoinstall_known_extensions", "false");
    set("autoload_known_extensions", "false");
    if (options.threads > 0) set("threads", fmt::format("{}", options.threads));
    char* message = nullptr;
    const duckdb_state opened = library().duckdb_open_ext(nullptr, &database_, config, &message);
    library().duckdb_destroy_config(&config);
    if (opened != DuckDBSuccess) {
      std::string text = message == nullptr ? "" : message;
      library().duckdb_free(message);
      return fail(Code::kUnavailable, "DuckDB does not open: " + text);
    }
    if (library().duckdb_connect(database_, &connection_) != DuckDBSuccess)
      return fail(Code::kUnavailable, "DuckDB does not connect");
    return run("SET TimeZone = 'UTC'");
  }

  Status add_table(const std::string& name, std::unique_ptr<Table> table) override {
    TRY(register_table(connection_, "read_" + name, std::move(table), errors_));
    return run(fmt::format("CREATE VIEW {0} AS FROM read_{0}()", name));
  }

  Result<std::unique_ptr<Rows>> rows(std::string_view select) override {
    TRY_ASSIGN(std::vector<Rows::Column> columns, columns_of(select));
    return stream(fmt::format("SELECT COLUMNS(*)::VARCHAR FROM (\n{}\n)", without_end(select)), std::move(columns));
  }

  Result<std::unique_ptr<Rows>> json_rows(std::string_view select) override {
    TRY(columns_of(select));
    return stream(fmt::format("SELECT to_json(gleaner_row)::VARCHAR FROM (\n{}\n) gleaner_row", without_end(select)),
                  {{"json"}});
  }

  Status write_parquet(std::string_view select, const std::string& path, int64_t group_rows) override {
    TRY(columns_of(select));
    const std::string part = path + ".part";
    const Status written = copy_and_sync(
        fmt::format("COPY (\n{}\n) TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {}, USE_TMP_FILE false)",
                    without_end(select), sql_text(part), group_rows),
        part);
    std::error_code error;
    if (written) std::filesystem::rename(part, path, error);
    if (!error && written) return {};
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return written ? fail(Code::kUnavailable, path + ": " + error.message()) : written;
  }

 private:
  Status copy_and_sync(const std::string& copy, const std::string& path) {
    TRY(run(copy));
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const std::string message = std::generic_category().message(errno);
    if (fd >= 0) ::close(fd);
    return synced ? Status() : fail(Code::kUnavailable, path + ": " + message);
  }

  Status run(const std::string& sql) {
    QueryResult result;
    if (library().duckdb_query(connection_, sql.c_str(), &result.result) == DuckDBSuccess) return {};
    return std::unexpected(error_of(result.error(), errors_));
  }

  // Of the one statement, which must be one that reads.
  Result<std::vector<Rows::Column>> columns_of(std::string_view select) {
    const std::string sql(select);
    if (sql.contains('\0')) return fail(Code::kInvalidArgument, "the SQL has a NUL character");
    duckdb_extracted_statements statements = nullptr;
    const idx_t count = library().duckdb_extract_statements(connection_, sql.c_str(), &statements);
    Prepared one;
    Status status;
    if (count == 1) {
      if (library().duckdb_prepare_extracted_statement(connection_, statements, 0, &one.statement) != DuckDBSuccess)
        status = std::unexpected(error_of(library().duckdb_prepare_error(one.statement), errors_));
    } else {
      const char* const error = library().duckdb_extract_statements_error(statements);
      status = error != nullptr ? fail(Code::kInvalidArgument, error)
                                : fail(Code::kInvalidArgument, fmt::format("expected one statement, got {}", count));
    }
    library().duckdb_destroy_extracted(&statements);
    TRY(status);
    if (library().duckdb_prepared_statement_type(one.statement) != DUCKDB_STATEMENT_TYPE_SELECT)
      return fail(Code::kInvalidArgument, "only statements that read are allowed: SELECT, FROM, DESCRIBE, SUMMARIZE");
    std::vector<Rows::Column> columns;
    for (idx_t i = 0; i < library().duckdb_prepared_statement_column_count(one.statement); ++i) {
      const char* const name = library().duckdb_prepared_statement_column_name(one.statement, i);
      const duckdb_type type = library().duckdb_prepared_statement_column_type(one.statement, i);
      columns.push_back({name == nullptr ? "" : name, std::ranges::find(kNumericTypes, type) != kNumericTypes.end()});
      library().duckdb_free(const_cast<char*>(name));
    }
    return columns;
  }

  Result<std::unique_ptr<Rows>> stream(const std::string& sql, std::vector<Rows::Column> columns) {
    Prepared prepared;
    if (library().duckdb_prepare(connection_, sql.c_str(), &prepared.statement) != DuckDBSuccess)
      return std::unexpected(error_of(library().duckdb_prepare_error(prepared.statement), errors_));
    duckdb_pending_result pending = nullptr;
    auto result = std::make_unique<QueryResult>();
    std::string error;
    if (library().duckdb_pending_prepared_streaming(prepared.statement, &pending) != DuckDBSuccess)
      error = library().duckdb_pending_error(pending);
    else if (library().duckdb_execute_pending(pending, &result->result) != DuckDBSuccess)
      error = result->error();
    library().duckdb_destroy_pending(&pending);
    if (!error.empty()) return std::unexpected(error_of(std::move(error), errors_));
    return std::make_unique<StreamedRows>(std::move(result), std::move(columns), errors_);
  }

  FirstError errors_;  // of the tables
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

}  // namespace

std::string sql_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

Options options_of(const config::Config& config) {
  return {.library = config.duckdb_library,
          .memory_mb = config.query_memory_mb,
          .threads = config.query_threads,
          .spill_dir = config.data_dir + "/scratch/duckdb"};
}

Result<std::unique_ptr<Database>> Database::open(const Options& options) {
  TRY(load_library(options.library));
  auto database = std::make_unique<MemoryDatabase>();
  TRY(database->start(options));
  return database;
}

}  // namespace gleaner::duckdb
