// SQL over everything that is kept.
#include "query/query.h"

#include <cerrno>
#include <cstring>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/line_reader.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/dataset.h"
#include "cli/output.h"

namespace gleaner::cli {
namespace {

constexpr size_t kMaxSql = size_t{1} << 20;
constexpr size_t kShownBytes = 60;  // of a cell

struct Options {
  std::string sql;
  std::string format = "table";
  std::string output = "-";
  uint64_t max_rows = 1000;
};

constexpr const char* kHelp =
    "  gleaner query \"select platform, count(*), sum(thumbs_up) from interactions group by all\"\n"
    "  gleaner query \"describe interactions\"\n"
    "  gleaner query \"select id, output->>'content' as answer from read_interactions(filter :=\n"
    "    '{\\\"created_at\\\":{\\\"gte\\\":\\\"2026-11-01\\\"}}') where negative\" --format csv --output bad.csv\n"
    "  gleaner query @report.sql --format json | jq .\n\n"
    "The tables are interactions, signals and examples (docs/query.md); the language is DuckDB's. Only statements "
    "that\n"
    "read are taken. read_interactions and read_signals take a condition as `dataset build --filter` does, by which\n"
    "days and blocks that cannot matter are not even opened.";

using Cells = std::vector<std::optional<std::string_view>>;

class Sink {
 public:
  explicit Sink(const std::string& path) : path_(path) {}
  ~Sink() {
    if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  Status open() {
    file_ = path_ == "-" ? stdout : std::fopen(path_.c_str(), "wb");
    return file_ != nullptr ? Status() : error();
  }
  Status write(std::string_view text) {
    return std::fwrite(text.data(), 1, text.size(), file_) == text.size() ? Status() : error();
  }
  Status close() {
    std::FILE* const file = std::exchange(file_, nullptr);
    const bool closed = file == stdout ? std::fflush(file) == 0 : std::fclose(file) == 0;
    return closed ? Status() : error();
  }

 private:
  std::unexpected<Error> error() const {
    return fail(Code::kUnavailable, fmt::format("{}: {}", path_, std::strerror(errno)));
  }
  const std::string path_;
  std::FILE* file_ = nullptr;
};

void append_csv(std::string& out, std::string_view value) {
  if (!value.empty() && value.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += value;
    return;
  }
  out += '"';  // also around an empty text, which is not NULL
  for (const char c : value) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

Status write_csv(duckdb::Rows& rows, Sink& sink) {
  std::string line;
  const auto end_cell = [&line](size_t i, size_t count) { line += i + 1 < count ? ',' : '\n'; };
  const size_t count = rows.columns().size();
  for (size_t i = 0; i < count; ++i) {
    append_csv(line, rows.columns()[i].name);
    end_cell(i, count);
  }
  Cells row;
  while (true) {
    TRY(sink.write(line));
    line.clear();
    TRY_ASSIGN(const bool more, rows.next(row));
    if (!more) return {};
    for (size_t i = 0; i < count; ++i) {
      if (row[i]) append_csv(line, *row[i]);
      end_cell(i, count);
    }
  }
}

// One array, or with `lines` a line for each row.
Status write_json(duckdb::Rows& rows, bool lines, Sink& sink) {
  Cells row;
  for (bool first = true;; first = false) {
    TRY_ASSIGN(const bool more, rows.next(row));
    if (!lines) TRY(sink.write(more ? (first ? "[" : ",\n") : (first ? "[]\n" : "]\n")));
    if (!more) return {};
    TRY(sink.write(row.front().value_or("null")));
    if (lines) TRY(sink.write("\n"));
  }
}

Status print_table(duckdb::Rows& rows, uint64_t max_rows) {
  Table table;
  for (const duckdb::Rows::Column& column : rows.columns())
    table.column(one_line(printable(column.name)), column.numeric ? Table::Align::kRight : Table::Align::kLeft);
  Cells row;
  uint64_t shown = 0;
  bool more = false;
  while (true) {
    TRY_ASSIGN(more, rows.next(row));
    if (!more || shown == max_rows) break;
    std::vector<std::string> cells;
    for (const auto& cell : row)
      cells.push_back(cell ? one_line(printable(std::string(truncate_utf8(*cell, kShownBytes)))) : "NULL");
    table.row(std::move(cells));
    ++shown;
  }
  table.print();
  if (more) fmt::print("  the first {} rows; --max-rows shows more, --format csv all\n", display_count(shown));
  return {};
}

Result<std::string> sql_of(const std::string& given) {
  if (given != "-" && !given.starts_with('@')) return given;
  TRY_ASSIGN(const std::unique_ptr<LineReader> file, LineReader::open(given == "-" ? given : given.substr(1), kMaxSql));
  return file->rest(kMaxSql);
}

Status write_rows(duckdb::Database& database, const std::string& sql, const std::string& format,
                  const Options& options) {
  const bool json = format == "json" || format == "jsonl";
  TRY_ASSIGN(const std::unique_ptr<duckdb::Rows> rows, json ? database.json_rows(sql) : database.rows(sql));
  if (format == "table") return print_table(*rows, options.max_rows);
  Sink sink(options.output);
  TRY(sink.open());
  TRY(json ? write_json(*rows, format == "jsonl", sink) : write_csv(*rows, sink));
  return sink.close();
}

Result<int> run(const Context& context, const Options& options) {
  const std::string format = context.json && options.format == "table" ? "json" : options.format;
  if (format == "parquet" && options.output == "-")
    return fail(Code::kInvalidArgument, "--format parquet: needs --output FILE");
  if (format == "table" && options.output != "-")
    return fail(Code::kInvalidArgument, "--output: needs --format csv, json, jsonl or parquet");
  TRY_ASSIGN(const std::string sql, sql_of(options.sql));
  TRY_ASSIGN(const OpenStore open, context.open_store());
  const dataset::Versions versions = versions_of(context);
  TRY_ASSIGN(const std::unique_ptr<duckdb::Database> database,
             query::open({*open.store, *open.catalog, versions, context.project}, duckdb::options_of(context.config)));
  if (format == "parquet") {
    TRY(database->write_parquet(sql, options.output));
  } else {
    TRY(write_rows(*database, sql, format, options));
  }
  return kDone;
}

}  // namespace

void add_query(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      add_command(app, context, "query", "Ask anything in SQL, of recent and archived data as one", kHelp,
                  [&context, options] { return run(context, *options); });
  command
      ->add_option("sql", options->sql, "one statement that reads; @FILE reads it from a file, - from standard input")
      ->required();
  command->add_option("--format", options->format, "table (default), csv, json, jsonl or parquet")
      ->check(CLI::IsMember({"table", "csv", "json", "jsonl", "parquet"}));
  command->add_option("--output,-o", options->output, "file to write (default: standard output)");
  command->add_option("--max-rows", options->max_rows, "of a table that is printed (default: 1000)");
}

}  // namespace gleaner::cli
