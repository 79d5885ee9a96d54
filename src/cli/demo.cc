// Replays the bundled interactions, with the feedback people might have given, as if they had happened lately.
#include "embedded/demo.h"

#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/record_writer.h"
#include "cli/report.h"

namespace gleaner::cli {
namespace {

constexpr const char* kPlatform = "zapier";

// One line of demo.jsonl: {"age_minutes":..., "interaction":{...}, "signals":[...]}.
Status replay(RecordWriter& writer, record::Decoder& decoder, std::string_view line, int64_t number, Time now) {
  TRY_ASSIGN(json::Value entry, json::parse(line));
  ++writer.counts().read;
  const json::Value* const age = entry.find("age_minutes");
  const Time at = now - std::chrono::minutes(age == nullptr ? 0 : age->as_integer().value_or(0));
  json::Value interaction = *entry.find("interaction");
  const std::string id = fmt::format("demo-{:04}", number);
  interaction.set("id", json::Value::string(id));
  interaction.set("created_at", json::Value::string(format_time(at)));
  TRY_ASSIGN(gateway::Record record, gateway::decode_interaction(interaction, decoder));
  TRY(writer.add(std::move(record)));
  const json::Value* const signals = entry.find("signals");
  for (size_t i = 0; signals != nullptr && i < signals->items().size(); ++i) {
    json::Value signal = signals->items()[i];
    signal.set("id", json::Value::string(fmt::format("{}-{}", id, i)));
    signal.set("interaction_id", json::Value::string(id));
    signal.set("created_at", json::Value::string(format_time(at + std::chrono::minutes(1))));
    TRY_ASSIGN(gateway::Record said, gateway::decode_signal(signal, decoder));
    TRY(writer.add(std::move(said)));
  }
  return {};
}

Status replay_all(RecordWriter& writer, Time now) {
  record::Decoder decoder;
  std::string_view rest = embedded::demo();
  for (int64_t number = 1; !rest.empty(); ++number) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (!line.empty()) TRY(replay(writer, decoder, line, number, now));
  }
  return writer.flush();
}

Result<int> demo(Context& context) {
  if (!context.sources.flags.contains("data_dir")) context.config.data_dir = "gleaner-demo";
  const std::string& directory = context.config.data_dir;
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const store::Totals before, open.store->totals(context.project));
  if (before.all().interactions > 0) {
    return fail(Code::kInvalidArgument,
                fmt::format("{} holds data already; name a fresh folder with --data-dir", directory));
  }
  TRY_ASSIGN(store::Project project, open.registry->project(context.project));
  TRY_ASSIGN(const std::unique_ptr<intake::Rulebook> rulebook, intake::Rulebook::make(context.config));
  RecordWriter writer(context.services, *open.store, *rulebook, std::move(project));
  TRY(replay_all(writer, context.services.clock.now()));
  TRY_ASSIGN(const insight::Stats stats, read_stats(context, *open.store));
  dataset::ExportOptions options;
  options.project = context.project;
  options.filter.platform = kPlatform;
  options.filter.success = true;
  TRY_ASSIGN(options.format, dataset::find_format("openai"));
  const std::string path = fmt::format("{}/{}_training.jsonl", directory, kPlatform);
  std::error_code ignored;  // the export says why it cannot be written
  std::filesystem::create_directories(directory, ignored);
  TRY_ASSIGN(const dataset::ExportReport report, write_export(*open.store, std::move(options), {.path = path}));
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object()
        .field("data_dir", directory)
        .field("read", writer.counts().read)
        .field("stored", writer.counts().stored);
    w.field("rejected", writer.counts().rejected).field("export", path).field("examples", report.examples);
    w.key("stats").raw(insight::to_json(stats)).end_object();
    fmt::print("{}\n", out);
    return kDone;
  }
  print_stats(stats);
  print_readiness(stats.readiness);
  print_heading("Export");
  fmt::print("  ");
  print_export(stdout, report, path);
  print_heading("Next");
  fmt::print("  gleaner view feedback --data-dir {0}\n  gleaner serve --first-key --data-dir {0}\n", directory);
  return kDone;
}

}  // namespace

void add_demo(CLI::App& app, Context& context) {
  add_command(app, context, "demo", "Fill a fresh store with bundled interactions and show what comes out",
              "  gleaner demo\n  gleaner demo --data-dir /tmp/demo --json", [&context] { return demo(context); });
}

}  // namespace gleaner::cli
