// Whether a trainer would take a training file, ours or somebody else's.
#include "dataset/validate.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"

namespace gleaner::cli {
namespace {

using dataset::LineProblems;
using dataset::ValidationReport;

struct Options {
  std::vector<std::string> files;
  std::string format;
  uint64_t max_problems = 100;
};

constexpr const char* kHelp =
    "  gleaner validate train.jsonl\n  gleaner validate train.jsonl held_out.jsonl --format together\n"
    "  gleaner validate pairs.jsonl.gz --format openai-dpo --json | jq '.files[].lines_with_problems'\n"
    "  gleaner export --format trl | gleaner validate - --format trl\n\n"
    "Checks every line by the rules of the format's trainers, and the file as a whole. A line that is repeated, in "
    "the\n"
    "file or in one before it, is told and is no mistake. Nothing is changed, and no store is opened.\n\n"
    "The exit code is 0 if all files are valid, 3 if there are problems, 2 for a file whose format cannot be told.";

void write_line(json::Writer& w, const LineProblems& line) {
  w.begin_object().field("line", line.line).field("offset", line.offset).key("problems").begin_array();
  for (const std::string& problem : line.problems) w.string(printable(problem));
  w.end_array().end_object();
}

void write_texts(json::Writer& w, const std::vector<std::string>& texts) {
  w.begin_array();
  for (const std::string& text : texts) w.string(printable(text));
  w.end_array();
}

void write_file(json::Writer& w, const ValidationReport& report) {
  w.begin_object().field("path", printable(report.path)).field("format", report.format->name);
  w.field("guessed", report.guessed).field("valid", report.valid()).field("bytes", report.bytes);
  w.field("lines", report.lines).field("bad_lines", report.bad_lines).field("problems", report.problems);
  w.field("repeated", report.repeated).field("in_other_files", report.shared);
  write_texts(w.key("problems_of_file"), report.of_file);
  write_texts(w.key("notes"), report.notes);
  w.key("lines_with_problems").begin_array();
  for (const LineProblems& line : report.shown) write_line(w, line);
  w.end_array().end_object();
}

void print_json(const std::vector<ValidationReport>& reports, bool valid) {
  std::string out;
  json::Writer w(out);
  w.begin_object().field("valid", valid).key("files").begin_array();
  for (const ValidationReport& report : reports) write_file(w, report);
  w.end_array().end_object();
  fmt::print("{}\n", out);
}

void print(const ValidationReport& report) {
  fmt::print("{}: {}{}, {} lines, {}\n", one_line(printable(report.path)), report.format->name,
             report.guessed ? " (guessed; --format says otherwise)" : "", display_count(report.lines),
             display_bytes(report.bytes));
  uint64_t shown = report.of_file.size();
  for (const std::string& problem : report.of_file) fmt::print("  the file: {}\n", problem);
  for (const LineProblems& line : report.shown) {
    for (const std::string& problem : line.problems)
      fmt::print(
          "  {}: {}\n",
          report.parquet ? fmt::format("row {}", line.line) : fmt::format("line {} (byte {})", line.line, line.offset),
          one_line(printable(problem)));
    shown += line.problems.size();
  }
  if (report.problems > shown)
    fmt::print("  and {} more problems; --max-problems shows them\n", display_count(report.problems - shown));
  if (report.repeated > 0)
    fmt::print("  note: {} lines are in the file twice, the first of them line {}\n", display_count(report.repeated),
               report.first_repeated);
  if (report.shared > 0) fmt::print("  note: {} lines are in a file before it too\n", display_count(report.shared));
  for (const std::string& note : report.notes) fmt::print("  note: {}\n", note);
  if (report.valid()) {
    fmt::print("  {}\n", strong("valid"));
  } else {
    fmt::print("  {}: {} problems, {} lines of {}\n", strong("NOT valid"), display_count(report.problems),
               display_count(report.bad_lines), display_count(report.lines));
  }
}

Result<int> validate_all(const Context& context, const Options& options) {
  dataset::ValidationOptions wanted;
  wanted.max_problems = options.max_problems;
  wanted.duckdb = duckdb::options_of(context.config);
  if (!options.format.empty()) {
    TRY_ASSIGN(wanted.format, dataset::find_format(options.format));
  }
  Progress progress("validating");
  wanted.on_progress = [&progress](uint64_t done, uint64_t total, uint64_t lines) {
    progress.update(done, total, lines);
  };
  dataset::SeenLines seen;
  std::vector<ValidationReport> reports;
  for (const std::string& file : options.files) {
    TRY_ASSIGN(ValidationReport report, dataset::validate_file(file, wanted, seen, static_cast<int>(reports.size())));
    if (!context.json) print(report);
    reports.push_back(std::move(report));
  }
  const bool valid = std::ranges::all_of(reports, &ValidationReport::valid);
  if (context.json) print_json(reports, valid);
  return valid ? kDone : kSomeRejected;
}

}  // namespace

void add_validate(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(app, context, "validate", "Check training files as their trainers would", kHelp,
                                        [&context, options] { return validate_all(context, *options); });
  std::string formats;
  for (const dataset::Format& format : dataset::formats())
    formats += fmt::format("{}{}", formats.empty() ? "" : ", ", format.name);
  command->add_option("files", options->files, "files to check, plain, gzip, zstd or Parquet; - for standard input")
      ->required();
  command->add_option("--format", options->format, fmt::format("{} (default: the one that fits best)", formats));
  command->add_option("--max-problems", options->max_problems, "print so many problems of a file (default: 100)");
}

}  // namespace gleaner::cli
