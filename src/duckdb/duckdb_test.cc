#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "duckdb/database.h"

namespace gleaner::duckdb {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Numbers, in parts of 1000, with every type of column.
class Numbers final : public Table {
 public:
  explicit Numbers(int parts, int bad_part = -1) : parts_(parts), bad_part_(bad_part) {}

  const std::vector<Column>& columns() const override {
    static const std::vector<Column> all = {{"n", Type::kInteger}, {"name", Type::kText},  {"half", Type::kNumber},
                                            {"even", Type::kBool}, {"at", Type::kTime},    {"names", Type::kTexts},
                                            {"info", Type::kJson}, {"filter", Type::kText}};
    return all;
  }

  Result<std::unique_ptr<TableScan>> scan(std::string_view filter, std::vector<size_t> wanted) const override {
    if (filter == "wrong") return fail(Code::kInvalidArgument, "filter: is wrong");
    return std::make_unique<Scan>(*this, std::string(filter), std::move(wanted));
  }

 private:
  struct Part final : TablePart {
    Part(int from, bool bad_part, const std::string& filter_text, const std::vector<size_t>& wanted_columns)
        : n(from), end(from + 1000), bad(bad_part), filter(filter_text), wanted(wanted_columns) {}

    Result<bool> next(Row& row) override {
      if (n == end) return false;
      if (bad && n == end - 1) return fail(Code::kDataLoss, "row 999 does not read");
      for (size_t i = 0; i < wanted.size(); ++i) set(row, i, wanted[i]);
      ++n;
      return true;
    }

    void set(Row& row, size_t i, size_t column) const {
      if (column != 0 && n % 10 == 9) return row.null(i);
      const std::vector<std::string> names = {"a", "the number " + std::to_string(n)};
      switch (column) {
        case 0:
          return row.integer(i, n);
        case 1:
          return row.text(i, names[1]);
        case 2:
          return row.number(i, n / 2.0);
        case 3:
          return row.flag(i, n % 2 == 0);
        case 4:
          return row.time(i, from_ms(1'000'000'000'000 + n));
        case 5:
          return row.texts(i, std::span(names).first(static_cast<size_t>(n % 3)));
        case 6:
          return row.text(i, "{\"n\":" + std::to_string(n) + "}");
        default:
          return row.text(i, filter);
      }
    }

    int n;
    const int end;
    const bool bad;
    const std::string filter;
    const std::vector<size_t> wanted;
  };

  struct Scan final : TableScan {
    Scan(const Numbers& the_table, std::string filter_text, std::vector<size_t> wanted_columns)
        : table(the_table), filter(std::move(filter_text)), wanted(std::move(wanted_columns)) {}
    size_t parts() const override { return static_cast<size_t>(table.parts_); }
    Result<std::unique_ptr<TablePart>> next_part() override {
      if (at == table.parts_) return nullptr;
      const int part = at++;
      return std::make_unique<Part>(part * 1000, part == table.bad_part_, filter, wanted);
    }
    const Numbers& table;
    const std::string filter;
    const std::vector<size_t> wanted;
    int at = 0;
  };

  const int parts_;
  const int bad_part_;
};

class DuckdbTest : public testing::Test {
 protected:
  void SetUp() override { open({.threads = 2}); }

  void open(const Options& options) {
    auto opened = Database::open(options);
    ASSERT_TRUE(opened) << opened.error().message;
    database_ = *std::move(opened);
    ASSERT_TRUE(database_->add_table("numbers", std::make_unique<Numbers>(5)));
    ASSERT_TRUE(database_->add_table("bad", std::make_unique<Numbers>(5, 3)));
  }

  static Result<std::vector<std::string>> all(Result<std::unique_ptr<Rows>> rows) {
    if (!rows) return std::unexpected(std::move(rows).error());
    std::vector<std::string> lines;
    std::vector<std::optional<std::string_view>> row;
    while (true) {
      TRY_ASSIGN(const bool more, (*rows)->next(row));
      if (!more) return lines;
      std::string line;
      for (const auto& value : row) line += (line.empty() ? "" : "|") + std::string(value.value_or("NULL"));
      lines.push_back(std::move(line));
    }
  }
  Result<std::vector<std::string>> ask(std::string_view sql) { return all(database_->rows(sql)); }

  std::unique_ptr<Database> database_;
};

TEST_F(DuckdbTest, EveryTypeArrives) {
  EXPECT_THAT(ask("from numbers where n in (4, 9, 4995) order by n").value(),
              ElementsAre("4|the number 4|2.0|true|2001-09-09 01:46:40.004+00|[a]|{\"n\":4}|",
                          "9|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
                          "4995|the number 4995|2497.5|false|2001-09-09 01:46:44.995+00|[]|{\"n\":4995}|"));
  EXPECT_THAT(ask("select count(*), sum(n), min(half), max(info->>'n')::int from numbers").value(),
              ElementsAre("5000|12497500|0.0|998"));
  EXPECT_THAT(ask("select names[2] from numbers where n = 2").value(), ElementsAre("the number 2"));
}

TEST_F(DuckdbTest, FilterReachesTheTable) {
  EXPECT_THAT(ask("select distinct filter from read_numbers(filter := 'it''s') where filter is not null").value(),
              ElementsAre("it's"));
  const auto wrong = ask("from read_numbers(filter := 'wrong')");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message, "filter: is wrong");
}

TEST_F(DuckdbTest, ErrorOfATableKeepsItsCode) {
  const auto failed = ask("select sum(n) from bad");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kDataLoss);
  EXPECT_EQ(failed.error().message, "row 999 does not read");
  EXPECT_THAT(ask("select 1").value(), ElementsAre("1"));
}

TEST_F(DuckdbTest, OnlyOneStatementThatReads) {
  for (const char* const sql : {"create table t (a int)", "copy (select 1) to '/tmp/x'", "select 1; select 2",
                                "set threads = 1", "install json", "select 1) to '/tmp/x' --", "", "attach '/tmp/x'",
                                "drop view numbers", "nonsense", "select * from nothing"}) {
    const auto answer = ask(sql);
    ASSERT_FALSE(answer) << sql;
    EXPECT_EQ(answer.error().code, Code::kInvalidArgument) << sql << ": " << answer.error().message;
  }
  EXPECT_THAT(ask("select 1 ; ").value(), ElementsAre("1"));
  EXPECT_THAT(ask("select 1 -- one").value(), ElementsAre("1"));
  EXPECT_THAT(ask("describe select 1 a").value(), ElementsAre(HasSubstr("a|INTEGER")));
}

TEST_F(DuckdbTest, JsonRowsAndColumns) {
  EXPECT_THAT(all(database_->json_rows("select n, names, info from numbers where n = 2")).value(),
              ElementsAre(R"({"n":2,"names":["a","the number 2"],"info":{"n":2}})"));
  const auto rows = database_->rows("select n, name, half from numbers");
  ASSERT_TRUE(rows);
  ASSERT_EQ((*rows)->columns().size(), 3);
  EXPECT_TRUE((*rows)->columns()[0].numeric && !(*rows)->columns()[1].numeric && (*rows)->columns()[2].numeric);
}

TEST_F(DuckdbTest, ParquetIsWholeOrNotThere) {
  const std::string folder = testing::TempDir() + "/duckdb_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = folder + "/it's.parquet";
  ASSERT_TRUE(database_->write_parquet("from numbers order by n", path));
  EXPECT_THAT(ask("select count(*), sum(n) from read_parquet(" + sql_text(path) + ")").value(),
              ElementsAre("5000|12497500"));
  EXPECT_FALSE(database_->write_parquet("from bad", folder + "/bad.parquet"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  const auto nowhere = database_->write_parquet("from numbers", folder + "/none/x.parquet");
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Code::kUnavailable) << nowhere.error().message;
}

TEST_F(DuckdbTest, MemoryIsBounded) {
  open({.memory_mb = 64, .threads = 2});
  const auto answer = ask("select count(*) from (select distinct hash(a.n * 5000 + b.n) from numbers a, numbers b)");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::kResourceExhausted) << answer.error().message;
}

}  // namespace
}  // namespace gleaner::duckdb
