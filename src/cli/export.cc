#include "dataset/export.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/report.h"

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
  record::Filter filter;
};

Status write_pieces(dataset::Export& run, std::FILE* file, const std::string& path) {
  Progress progress("exporting");
  std::string piece;
  bool more = true;
  while (more) {
    piece.clear();
    TRY_ASSIGN(more, run.next(piece));
    if (std::fwrite(piece.data(), 1, piece.size(), file) != piece.size()) {
      return fail(Code::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
    }
    progress.update(run.report().bytes, 0, run.report().examples);
  }
  if (std::fflush(file) != 0) return fail(Code::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
  return {};
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
                                           const std::string& path) {
  const dataset::Format& format = *options.format;
  TRY_ASSIGN(const std::unique_ptr<dataset::Export> run, dataset::Export::open(store, std::move(options)));
  if (!format.is_text()) {
    if (path == "-") return fail(Code::kInvalidArgument, fmt::format("--format {}: needs --output FILE", format.name));
    Progress progress("exporting");
    TRY(run->write_parquet(
        path, [&progress](const dataset::ExportReport& report) { progress.update(report.bytes, 0, report.examples); }));
    return run->report();
  }
  std::FILE* const file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) return fail(Code::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
  Status written = write_pieces(*run, file, path);
  if (file != stdout && std::fclose(file) != 0 && written)
    written = fail(Code::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
  if (!written) {
    std::error_code ignored;
    if (path != "-") std::filesystem::remove(path, ignored);
    return std::unexpected(std::move(written).error());
  }
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
  CLI::App* const command = add_command(
      app, context, "export", "Write a fine-tuning file",
      "  gleaner export --platform zapier --output train.jsonl\n"
      "  gleaner export --positive-only --min-response-length 50 --max-response-length 400 > train.jsonl\n"
      "  gleaner export --format trl-kto --filter '{\"metadata.plan\":\"paid\"}' --output kto.jsonl",
      [&context, options]() -> Result<int> {
        TRY_ASSIGN(dataset::ExportOptions wanted, to_export(context, *options));
        TRY_ASSIGN(const OpenStore open, context.open_store());
        TRY_ASSIGN(const dataset::ExportReport report, write_export(*open.store, std::move(wanted), options->output));
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
  command->add_option("--limit", options->limit, "at most so many examples");
}

}  // namespace gleaner::cli
