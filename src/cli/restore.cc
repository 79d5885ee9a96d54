// Brings archived days back into the store.
#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "archive/archive_job.h"
#include "archive/restorer.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"

namespace gleaner::cli {
namespace {

struct Options {
  std::string from;
  std::string to;
};

constexpr const char* kHelp =
    "  gleaner restore --from 2026-10-01 --to 2026-10-31\n  gleaner restore --from 2026-10-01 --to 2026-10-01 "
    "--json\n\n"
    "Both days are meant inclusively, and in UTC. A day comes back in one transaction, just as it was, and its "
    "objects\n"
    "are removed afterwards; one that does not read back in full stays in the archive. Days before an error stay\n"
    "restored. What is older than retention_days is archived again by the next run of `gleaner archive`.";

Result<Day> day_option(const char* name, const std::string& text) {
  auto day = parse_day(text);
  if (!day)
    return fail(Code::kInvalidArgument, fmt::format("{}: expected a day like 2026-10-31, got \"{}\"", name, text));
  return day;
}

// Restored records as bytes, about: a progress line speaks of both.
class RestoreBar {
 public:
  explicit RestoreBar(const std::vector<store::Part>& parts) : progress_("restoring") {
    for (const store::Part& part : parts) {
      records_ += static_cast<uint64_t>(part.records);
      bytes_ += static_cast<uint64_t>(part.raw_bytes);
    }
  }
  void update(const archive::RestoreProgress& now) {
    const auto done = static_cast<uint64_t>(now.records);
    progress_.update(records_ > 0 ? bytes_ / std::max<uint64_t>(records_, 1) * done : 0, bytes_, done);
  }

 private:
  Progress progress_;
  uint64_t records_ = 0;
  uint64_t bytes_ = 0;
};

Result<archive::RestoreReport> restore(const OpenStore& open, const std::string& project, Day from, Day to) {
  TRY_ASSIGN(const std::vector<store::Part> parts, open.catalog->parts(project, from, to));
  RestoreBar bar(parts);
  archive::ColdRecords cold(open.tiers());
  archive::LateSignals late(open.tiers(), cold);
  archive::RestorerOptions options;
  options.on_progress = [&bar](const archive::RestoreProgress& now) { bar.update(now); };
  return archive::Restorer(open.tiers(), late, std::move(options)).run(project, from, to);
}

Result<int> restore_days(const Context& context, const Options& options) {
  TRY_ASSIGN(const Day from, day_option("--from", options.from));
  TRY_ASSIGN(const Day last, day_option("--to", options.to));
  if (last < from)
    return fail(Code::kInvalidArgument, fmt::format("--to: {} is before --from {}", options.to, options.from));
  TRY_ASSIGN(const OpenStore open, context.open_store());
  TRY_ASSIGN(const std::vector<std::string> projects, chosen_projects(context, *open.registry));
  archive::RestoreReport all;
  for (const std::string& project : projects) {
    TRY_ASSIGN(const archive::RestoreReport one, restore(open, project, from, last + std::chrono::days(1)));
    all.days += one.days;
    all.records += one.records;
    all.objects += one.objects;
  }
  if (context.json) {
    std::string out;
    json::Writer w(out);
    w.begin_object().field("from", format_day(from)).field("to", format_day(last)).field("days", all.days);
    w.field("records", all.records).field("objects", all.objects).end_object();
    fmt::print("{}\n", out);
    return kDone;
  }
  fmt::print("{} records of {} days are back in the store; {} objects were removed\n",
             display_count(static_cast<uint64_t>(all.records)), all.days, all.objects);
  const bool again = from < archive::first_kept(context.services.clock.now(), context.config.retention_days);
  if (all.records > 0 && again) {
    fmt::print(
        "Days older than retention_days ({}) are archived again by the next run{}.\n", context.config.retention_days,
        context.config.archiving_enabled ? ", which the server begins at " + context.config.archive_at + " UTC" : "");
  }
  return kDone;
}

}  // namespace

void add_restore(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(app, context, "restore", "Bring archived days back into the store", kHelp,
                                        [&context, options] { return restore_days(context, *options); });
  command->add_option("--from", options->from, "the first day, inclusively: 2026-10-01")->required();
  command->add_option("--to", options->to, "the last day, inclusively: 2026-10-31")->required();
}

}  // namespace gleaner::cli
