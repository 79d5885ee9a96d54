#include "dataset/export.h"

#include <cerrno>
#include <cstring>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/report.h"
#include "dataset/export_file.h"

namespace gleaner::cli {
namespace {

struct Options {
  std::string output = "-";
  std::string format = "openai";
  std::string condition;
  std::string from;
  std::string to;
  bool positive_only = false;
  bool success_only = false;
  bool with_feedback_only = false;
  int64_t min_response_length = -1;
  int64_t max_response_length = -1;
  uint64_t limit = 0;
  bool resume = false;
  record::Filter filter;
};

// Hands each piece of the export to `write`.
template <typename Write>
Status each_piece(dataset::Export& run, Write write) {
  Progress progress("exporting");
  std::string piece;
  bool more = true;
  while (more) {
    piece.clear();
    TRY_ASSIGN(more, run.next(piece));
    TRY(write(piece));
    progress.update(run.report().bytes, 0, run.report().examples);
  }
  return {};
}

Result<dataset::ExportReport> write_stream(store::Store& store, dataset::ExportOptions options) {
  TRY_ASSIGN(const std::unique_ptr<dataset::Export> run, dataset::Export::open(store, std::move(options)));
  const auto failed = [] { return fail(Code::kUnavailable, fmt::format("standard output: {}", std::strerror(errno))); };
  TRY(each_piece(*run, [&](std::string_view piece) -> Status {
    if (std::fwrite(piece.data(), 1, piece.size(), stdout) != piece.size()) return failed();
    return {};
  }));
  if (std::fflush(stdout) != 0) return failed();
  return run->report();
}

Result<dataset::ExportReport> write_parquet(store::Store& store, dataset::ExportOptions options,
                                            const std::string& path) {
  TRY_ASSIGN(const std::unique_ptr<dataset::Export> run, dataset::Export::open(store, std::move(options)));
  Progress progress("exporting");
  TRY(run->write_parquet(
      path, [&progress](const dataset::ExportReport& report) { progress.update(report.bytes, 0, report.examples); }));
  return run->report();
}

// Everything that decides which lines the file has.
std::string wish_of(const Context& context, const Options& options) {
  std::string out;
  json::Writer w(out);
  w.begin_object().field("project", context.project).field("format", options.format).field("filter", options.condition);
  w.field("platform", options.filter.platform).field("kind", options.filter.kind);
  w.field("language", options.filter.language).field("intent", options.filter.intent);
  w.field("from", options.from).field("to", options.to).field("positive_only", options.positive_only);
  w.field("success_only", options.success_only).field("with_feedback_only", options.with_feedback_only);
  w.field("min_response_length", options.min_response_length).field("max_response_length", options.max_response_length);
  w.field("limit", options.limit).end_object();
  return out;
}

Result<dataset::ExportOptions> to_export(const Context& context, const Options& options) {
  dataset::ExportOptions out;
  out.project = context.project;
  out.filter = options.filter;
  out.limit = options.limit;
  out.duckdb = duckdb::options_of(context.config);
  TRY_ASSIGN(out.format, dataset::find_format(options.format));
  if (options.success_only) out.filter.success = true;
  if (options.with_feedback_only) out.filter.feedback = record::Feedback::kAny;
  if (options.positive_only) out.filter.feedback = record::Feedback::kPositive;
  if (options.min_response_length >= 0) out.filter.min_response_chars = options.min_response_length;
  if (options.max_response_length >= 0) out.filter.max_response_chars = options.max_response_length;
  if (!options.from.empty()) {
    TRY_ASSIGN(out.filter.from, parse_time(options.from));
  }
  if (!options.to.empty()) {
    TRY_ASSIGN(out.filter.to, parse_time(options.to));
  }
  if (!options.condition.empty()) {
    auto json = json::parse(options.condition);
    if (!json) return fail_in("--filter", std::move(json).error());
    if (Status set = out.filter.set_condition(*json); !set) return fail_in("--filter", std::move(set).error());
  }
  return out;
}

std::string to_json(const dataset::ExportReport& report, const std::string& path) {
  std::string out;
  json::Writer w(out);
  w.begin_object().field("output", path).field("examples", report.examples).field("interactions", report.interactions);
  w.field("bytes", report.bytes).key("left_out").begin_object();
  for (const auto& [reason, count] : report.left_out) w.field(reason, count);
  w.end_object().end_object();
  return out;
}

}  // namespace

Result<dataset::ExportReport> write_export(store::Store& store, dataset::ExportOptions options,
                                           const ExportTarget& target) {
  const dataset::Format& format = *options.format;
  const bool to_file = target.path != "-";
  if (!to_file && !format.is_text())
    return fail(Code::kInvalidArgument, fmt::format("--format {}: needs --output FILE", format.name));
  if (target.resume && !(to_file && format.is_text()))
    return fail(Code::kInvalidArgument, "--resume: needs --output FILE and a format of lines");
  if (!to_file) return write_stream(store, std::move(options));
  if (!format.is_text()) return write_parquet(store, std::move(options), target.path);
  TRY_ASSIGN(const std::unique_ptr<dataset::ExportFile> file,
             dataset::ExportFile::open({.path = target.path, .wish = target.wish, .resume = target.resume}));
  options.start = file->start();
  TRY_ASSIGN(const std::unique_ptr<dataset::Export> run, dataset::Export::open(store, std::move(options)));
  TRY(each_piece(*run, [&](std::string_view piece) { return file->append(piece, run->cursor(), run->report()); }));
  TRY(file->finish());
  return run->report();
}

void print_export(std::FILE* to, const dataset::ExportReport& report, const std::string& path) {
  fmt::print(to, "{} examples from {} interactions, {}{}\n", display_count(report.examples),
             display_count(report.interactions), display_bytes(report.bytes), path == "-" ? "" : " in " + path);
  for (const auto& [reason, count] : report.left_out)
    fmt::print(to, "  left out: {} ({})\n", display_count(count), reason);
}

void add_export(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      add_command(app, context, "export", "Write a fine-tuning file",
                  "  gleaner export --platform zapier --output train.jsonl\n"
                  "  gleaner export --positive-only --min-response-length 50 --max-response-length 400 > train.jsonl\n"
                  "  gleaner export --format sharegpt --output train.jsonl --resume\n"
                  "  gleaner export --format trl-kto --filter '{\"metadata.plan\":\"paid\"}' --output kto.jsonl",
                  [&context, options]() -> Result<int> {
                    TRY_ASSIGN(dataset::ExportOptions wanted, to_export(context, *options));
                    TRY_ASSIGN(const OpenStore open, context.open_store());
                    TRY_ASSIGN(const dataset::ExportReport report,
                               write_export(*open.store, std::move(wanted),
                                            {options->output, wish_of(context, *options), options->resume}));
                    std::FILE* const to = options->output == "-" ? stderr : stdout;
                    if (context.json) {
                      fmt::print(to, "{}\n", to_json(report, options->output));
                    } else {
                      print_export(to, report, options->output);
                    }
                    return kDone;
                  });
  std::string formats;
  for (const dataset::Format& format : dataset::formats())
    formats += fmt::format("{}{}", formats.empty() ? "" : ", ", format.name);
  command->add_option("--output,-o", options->output, "file to write (default: standard output)");
  command->add_option("--format", options->format, fmt::format("{} (default: openai)", formats));
  command->add_option("--filter", options->condition, "condition as JSON (docs/datasets.md) that must hold as well");
  command->add_option("--platform", options->filter.platform, "only this platform");
  command->add_option("--kind", options->filter.kind, "only this kind");
  command->add_option("--language", options->filter.language, "only this language");
  command->add_option("--intent", options->filter.intent, "only this intent");
  command->add_option("--from", options->from, "only from this time on (RFC 3339)");
  command->add_option("--to", options->to, "only before this time (RFC 3339)");
  command->add_flag("--positive-only", options->positive_only, "only interactions with positive feedback");
  command->add_flag("--success-only", options->success_only, "only interactions that succeeded");
  command->add_flag("--with-feedback-only", options->with_feedback_only, "only interactions with feedback");
  command->add_option("--min-response-length", options->min_response_length, "characters of the answer, at least");
  command->add_option("--max-response-length", options->max_response_length, "characters of the answer, at most");
  command->add_flag("--resume", options->resume, "go on with FILE.partial of the same export, if there is one");
  command->add_option("--limit", options->limit, "at most so many examples");
}

}  // namespace gleaner::cli
