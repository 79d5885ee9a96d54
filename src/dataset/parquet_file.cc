#include "dataset/parquet_file.h"

#include <array>
#include <fstream>

#include <fmt/format.h>

#include "base/json.h"

namespace gleaner::dataset {
namespace {

using json::Value;

// Rows that somebody gives, once, as a table of one column.
class RowTable final : public duckdb::Table {
 public:
  explicit RowTable(NextRow next) : next_(std::move(next)) {}

  const std::vector<duckdb::Column>& columns() const override { return columns_; }

  Result<std::unique_ptr<duckdb::TableScan>> scan(std::string_view, std::vector<size_t>) const override {
    return std::make_unique<Scan>(next_);
  }

 private:
  struct Part final : duckdb::TablePart {
    explicit Part(const NextRow& next_row) : next_row_(next_row) {}
    Result<bool> next(duckdb::Row& row) override {
      TRY_ASSIGN(const bool more, next_row_(text_));
      if (more) row.text(0, text_);
      return more;
    }
    const NextRow& next_row_;
    std::string text_;
  };

  struct Scan final : duckdb::TableScan {
    explicit Scan(const NextRow& next_row) : next_row_(next_row) {}
    size_t parts() const override { return 1; }
    Result<std::unique_ptr<duckdb::TablePart>> next_part() override {
      if (std::exchange(given_, true)) return nullptr;
      return std::make_unique<Part>(next_row_);
    }
    const NextRow& next_row_;
    bool given_ = false;
  };

  const NextRow next_;
  const std::vector<duckdb::Column> columns_ = {{"row", duckdb::Type::kJson}};
};

Value without_nulls(const Value& value) {
  if (value.is_array()) {
    std::vector<Value> items;
    for (const Value& item : value.items()) items.push_back(without_nulls(item));
    return Value::array(std::move(items));
  }
  if (!value.is_object()) return value;
  Value object = Value::object();
  for (const auto& [name, member] : value.members()) {
    if (!member.is_null()) object.set(name, without_nulls(member));
  }
  return object;
}

}  // namespace

Status write_parquet(const Format& format, NextRow next, const std::string& path, duckdb::Options options) {
  options.threads = 1;
  TRY_ASSIGN(const std::unique_ptr<duckdb::Database> database, duckdb::Database::open(options));
  TRY(database->add_table("examples", std::make_unique<RowTable>(std::move(next))));
  return database->write_parquet(
      fmt::format("SELECT unnest(from_json(\"row\", {})) FROM examples", duckdb::sql_text(format.columns)), path);
}

bool is_parquet(const std::string& path) {
  std::array<char, 4> magic{};
  std::ifstream file(path, std::ios::binary);
  return file.read(magic.data(), magic.size()) && std::string_view(magic.data(), magic.size()) == "PAR1";
}

Result<std::unique_ptr<ParquetRows>> ParquetRows::open(const std::string& path, const duckdb::Options& options) {
  auto rows = std::make_unique<ParquetRows>();
  TRY_ASSIGN(rows->database_, duckdb::Database::open(options));
  auto found = rows->database_->json_rows(fmt::format("FROM read_parquet({})", duckdb::sql_text(path)));
  if (!found) return fail_in(path, std::move(found).error());
  rows->rows_ = *std::move(found);
  return rows;
}

Result<bool> ParquetRows::next(std::string_view& row) {
  TRY_ASSIGN(const bool more, rows_->next(values_));
  if (!more) return false;
  TRY_ASSIGN(const Value value, json::parse(values_.front().value_or("{}")));
  row_ = without_nulls(value).dump();
  row = row_;
  return true;
}

}  // namespace gleaner::dataset
