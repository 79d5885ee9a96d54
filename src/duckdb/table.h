// A table whose rows come from us: what SQL sees of records that lie in our own files. Implement Table and give it to
// Database::add_table().
//
// Thread contract: Table and TableScan are called from any thread, at the same time; a TablePart by one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace gleaner::duckdb {

enum class Type { kText, kJson, kBool, kInteger, kNumber, kTime, kTexts };

struct Column {
  std::string name;
  Type type;
};

// The row being written. `column` counts the columns that the scan was asked for. Every one is set once, or is null.
class Row {
 public:
  virtual void null(size_t column) = 0;
  virtual void text(size_t column, std::string_view value) = 0;  // kText and kJson
  virtual void flag(size_t column, bool value) = 0;
  virtual void integer(size_t column, int64_t value) = 0;
  virtual void number(size_t column, double value) = 0;
  virtual void time(size_t column, Time value) = 0;
  virtual void texts(size_t column, std::span<const std::string> values) = 0;

 protected:
  ~Row() = default;
};

// Rows that one thread reads in their order.
class TablePart {
 public:
  TablePart() = default;
  TablePart(const TablePart&) = delete;
  TablePart& operator=(const TablePart&) = delete;
  virtual ~TablePart() = default;
  // False when there is no more; nothing was set then.
  virtual Result<bool> next(Row& row) = 0;
};

class TableScan {
 public:
  TableScan() = default;
  TableScan(const TableScan&) = delete;
  TableScan& operator=(const TableScan&) = delete;
  virtual ~TableScan() = default;
  // How many threads can be kept busy, at least 1.
  virtual size_t parts() const = 0;
  // The next of them; null when there is none left.
  virtual Result<std::unique_ptr<TablePart>> next_part() = 0;
};

class Table {
 public:
  Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;
  virtual ~Table() = default;
  virtual const std::vector<Column>& columns() const = 0;
  // A pass over it. `filter` is what stands in NAME(filter := '...'), else empty; `wanted` are the columns that are
  // read, by their place in columns().
  virtual Result<std::unique_ptr<TableScan>> scan(std::string_view filter, std::vector<size_t> wanted) const = 0;
};

}  // namespace gleaner::duckdb
