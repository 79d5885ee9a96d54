// A Table as one of DuckDB's table functions. Of this room only.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "duckdb/library.h"
#include "duckdb/table.h"

namespace gleaner::duckdb {

// What went wrong in a table while a question ran: DuckDB's own message keeps its text but not its code. Any thread.
class FirstError {
 public:
  void set(const Error& error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }
  std::optional<Error> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(error_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::optional<Error> error_;
};

// `errors` must outlive the connection. Errors: kInternal.
Status register_table(duckdb_connection connection, const std::string& name, std::unique_ptr<Table> table,
                      FirstError& errors);

}  // namespace gleaner::duckdb
