// Moves old days into the archive, and says what that came to, in the report that earlier collectors print.
#include <algorithm>
#include <map>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "archive/archive_job.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "insight/stats.h"

namespace gleaner::cli {
namespace {

using archive::ArchiveReport;
using store::HotSlice;

struct Options {
  int64_t days_old = 0;  // 0: retention_days
  bool dry_run = false;
  bool stats_only = false;
  bool verbose = false;
};

constexpr const char* kHelp =
    "  gleaner archive --dry-run\n  gleaner archive --days-old 60 --verbose\n  gleaner archive --stats-only\n"
    "  gleaner archive --project all --json\n\n"
    "Moves whole days (UTC) that are older than --days-old days into archived objects: in the bucket s3_bucket, or in\n"
    "a folder where none is set. Each object is read back and compared before anything leaves the store. A run may be\n"
    "killed at any time and begun again; several at once do no harm. Everything that reads, reads both.\n\n"
    "It works whether or not ENABLE_DATA_ARCHIVING is set: that is for the server, which then does the same for all\n"
    "projects every day at archive_at. Without it, a line for cron:\n\n"
    "  0 2 * * * gleaner archive --project all --data-dir /srv/gleaner/data >> /var/log/gleaner-archive.log 2>&1\n\n"
    "Exit code 3: some days were left for the next run, because records came for them just then.";

constexpr int kWide = 80;
constexpr int kNarrow = 60;

std::string size(int64_t bytes) {
  return display_bytes(static_cast<uint64_t>(std::max<int64_t>(bytes, 0)));
}

std::string name(std::string_view text) {
  return one_line(printable(text));
}

// Dollars, with the digits that small ones need.
std::string dollars(double value) {
  const double much = std::abs(value);
  return fmt::format("{}${:.{}f}", value < 0 ? "-" : "", much, much >= 1 || much == 0 ? 2 : much >= 0.01 ? 4 : 6);
}

std::string line(int width, char of) {
  return std::string(static_cast<size_t>(width), of);
}

struct Sum {
  int64_t records = 0;
  int64_t bytes = 0;
};

std::map<std::string, Sum> by_platform(const std::vector<HotSlice>& plan) {
  std::map<std::string, Sum> out;
  for (const HotSlice& slice : plan) {
    Sum& sum = out[slice.platform];
    sum.records += slice.records;
    sum.bytes += slice.bytes;
  }
  return out;
}

Sum total(const std::vector<HotSlice>& plan) {
  Sum out;
  for (const HotSlice& slice : plan) {
    out.records += slice.records;
    out.bytes += slice.bytes;
  }
  return out;
}

// ------------------------------------------------------------------------------------------------------- what it costs

// What the store takes for these projects, and what the archive does.
struct Storage {
  int64_t hot_records = 0;
  insight::Sizes sizes;
  store::Archived cold;
  std::map<std::string, store::Archived> cold_by_platform;
  std::map<std::string, Sum> hot_by_platform;
};

Result<Storage> measure(store::Store& store, const std::vector<std::string>& projects) {
  Storage out;
  for (const std::string& project : projects) {
    TRY_ASSIGN(const store::Totals totals, store.totals(project));
    const insight::Sizes sizes = insight::sizes_of(totals);
    out.sizes.hot += sizes.hot;
    out.sizes.cold += sizes.cold;
    out.sizes.cold_if_hot += sizes.cold_if_hot;
    for (const auto& [platform, counters] : totals.by_platform) {
      Sum& sum = out.hot_by_platform[platform];
      sum.records += counters.interactions;
      sum.bytes += counters.stored_bytes;
      out.hot_records += counters.interactions;
    }
    for (const auto& [platform, archived] : totals.archived) {
      for (store::Archived* const one : {&out.cold, &out.cold_by_platform[platform]}) {
        one->records += archived.records;
        one->raw_bytes += archived.raw_bytes;
        one->stored_bytes += archived.stored_bytes;
        one->objects += archived.objects;
      }
      // Counters count archived records, too.
      out.hot_by_platform[platform].records -= archived.records;
      out.hot_records -= archived.records;
    }
  }
  return out;
}

insight::Prices prices_of(const Context& context) {
  return {context.config.hot_price_per_gb, context.config.cold_price_per_gb};
}

std::string hot_name(const Context& context) {
  return context.config.database_url.empty() ? "SQLite" : "PostgreSQL";
}

std::string cold_name(const Context& context) {
  return context.config.s3_bucket.empty() ? "folder" : "S3";
}

void print_storage(const Context& context, const Storage& storage, bool verbose) {
  const insight::Costs costs = insight::costs_of(storage.sizes, prices_of(context));
  fmt::print("Storage Statistics\n{}\n", line(kNarrow, '-'));
  fmt::print("  Active Records: {}\n  Archived Records: {} (in {} objects)\n",
             display_count(static_cast<uint64_t>(std::max<int64_t>(storage.hot_records, 0))),
             display_count(static_cast<uint64_t>(storage.cold.records)), storage.cold.objects);
  fmt::print("  Hot ({}): {}, {}/month\n", hot_name(context), size(storage.sizes.hot), dollars(costs.hot));
  fmt::print("  Cold ({}): {}, {}/month\n", cold_name(context), size(storage.cold.stored_bytes), dollars(costs.cold));
  fmt::print("  Without Archiving: {}/month\n", dollars(costs.without_archiving));
  fmt::print("  Saved: {}/month (~{:.0f}%)\n", dollars(costs.savings()), costs.savings_percentage());
  if (verbose) {
    fmt::print("  By Platform:\n");
    for (const auto& [platform, hot] : storage.hot_by_platform) {
      fmt::print("    {}:\n      hot: {} records, {}\n", name(platform), hot.records, size(hot.bytes));
      const auto cold = storage.cold_by_platform.find(platform);
      if (cold == storage.cold_by_platform.end()) continue;
      fmt::print("      cold: {} records, {}, {} objects\n", cold->second.records, size(cold->second.stored_bytes),
                 cold->second.objects);
    }
  }
  fmt::print("{}\n", line(kNarrow, '-'));
}

void write_storage(json::Writer& w, const Context& context, const Storage& storage) {
  const insight::Costs costs = insight::costs_of(storage.sizes, prices_of(context));
  w.key("hot").begin_object().field("records", storage.hot_records).field("bytes", storage.sizes.hot);
  w.field("monthly_usd", costs.hot).end_object();
  w.key("cold").begin_object().field("records", storage.cold.records).field("bytes", storage.cold.stored_bytes);
  w.field("raw_bytes", storage.cold.raw_bytes).field("objects", storage.cold.objects);
  w.field("monthly_usd", costs.cold).end_object();
  w.field("without_archiving_monthly_usd", costs.without_archiving).field("saved_monthly_usd", costs.savings());
  w.field("saved_percentage", costs.savings_percentage());
}

// ---------------------------------------------------------------------------------------------------------- the report

void print_title() {
  fmt::print("{0}\n  Training Data Archiving Tool\n  Gleaner {1}\n{0}\n\n", line(kWide, '='), GLEANER_VERSION);
}

void print_eligible(const std::vector<HotSlice>& plan, Day cutoff) {
  const Sum all = total(plan);
  fmt::print("Data Eligible for Archiving\n{}\n", line(kNarrow, '-'));
  fmt::print("  Total Records: {}\n  Total Size: {}\n  Cutoff Date: {}T00:00:00Z\n  By Platform:\n", all.records,
             size(all.bytes), format_day(cutoff));
  for (const auto& [platform, sum] : by_platform(plan))
    fmt::print("    {}:\n      count: {}\n      size: {}\n", name(platform), sum.records, sum.bytes);
  fmt::print("{}\n\n", line(kNarrow, '-'));
}

void print_archives(const ArchiveReport& report, bool with_project) {
  fmt::print("Archives Created\n{}\n", line(kNarrow, '-'));
  int number = 0;
  for (const store::Part& part : report.parts) {
    fmt::print("  Archive {}:\n", ++number);
    if (with_project) fmt::print("    Project: {}\n", name(part.project));
    fmt::print("    Platform: {}\n    Date: {}\n    Records: {}\n", name(part.platform), format_day(part.day),
               part.records);
    fmt::print("    Original Size: {}\n    Compressed Size: {}\n    Compression Ratio: {:.1f}%\n", size(part.raw_bytes),
               size(part.packed_bytes), archive::saved_percentage(part.raw_bytes, part.packed_bytes));
    fmt::print("    S3 Key: {}\n", part.key);
  }
  fmt::print("{}\n\n", line(kNarrow, '-'));
}

// The figures of print_storage, of what is archived now: by this run and by all before it.
void print_savings(const Context& context, const insight::Costs& costs) {
  const std::string before = fmt::format("Before ({}):", hot_name(context));
  const std::string after = fmt::format("After ({}):", cold_name(context));
  const size_t width = std::max<size_t>({before.size(), after.size(), std::string_view("Monthly Savings:").size()});
  const auto row = [width](std::string_view title, const std::string& text) {
    fmt::print("  {:<{}} {}\n", title, width, text);
  };
  fmt::print("💰 Cost Savings Estimate:\n");
  const double if_hot = costs.archived_if_hot();
  row(before, dollars(if_hot) + "/month");
  row(after, dollars(costs.cold) + "/month");
  const double share = if_hot > 0 ? 100 * costs.savings() / if_hot : 0;
  row("Monthly Savings:", fmt::format("{} (~{:.0f}% reduction)", dollars(costs.savings()), share));
  row("Yearly Savings:", dollars(12 * costs.savings()));
}

void print_left(std::FILE* to, const ArchiveReport& report) {
  if (report.left.empty()) return;
  fmt::print(to, "\nLeft for the next run:\n");
  for (const std::string& day : report.left) fmt::print(to, "  {}\n", name(day));
}

void write_report(json::Writer& w, const ArchiveReport& report) {
  w.field("archived_count", report.records).key("archives").begin_array();
  for (const store::Part& part : report.parts) {
    w.begin_object().field("project", part.project).field("platform", part.platform);
    w.field("date", format_day(part.day)).field("records_count", part.records);
    w.field("uncompressed_size", part.raw_bytes).field("compressed_size", part.packed_bytes);
    w.field("compression_ratio", archive::saved_percentage(part.raw_bytes, part.packed_bytes));
    w.field("s3_key", part.key).field("sha256", part.sha256).end_object();
  }
  w.end_array().key("left").begin_array();
  for (const std::string& day : report.left) w.string(day);
  w.end_array();
}

// ------------------------------------------------------------------------------------------------------------ the work

class Run {
 public:
  Run(const Context& context, const OpenStore& open, const Options& options)
      : context_(context), open_(open), options_(options) {
    days_old_ = options.days_old > 0 ? options.days_old : context.config.retention_days;
    if (context.project != kEveryProject) project_ = context.project;
  }

  Result<int> show_stats() {
    TRY_ASSIGN(const std::vector<std::string> names, chosen_projects(context_, *open_.registry));
    TRY_ASSIGN(const Storage storage, measure(*open_.store, names));
    if (!context_.json) {
      print_title();
      print_storage(context_, storage, options_.verbose);
      return kDone;
    }
    std::string out;
    json::Writer w(out);
    w.begin_object();
    write_storage(w, context_, storage);
    w.end_object();
    fmt::print("{}\n", out);
    return kDone;
  }

  Result<int> run() {
    TRY_ASSIGN(const std::vector<std::string> projects, chosen_projects(context_, *open_.registry));
    if (!context_.json) {
      print_title();
      fmt::print("📊 Analyzing data to archive...\n\n");
    }
    archive::ArchiveJob job(open_.tiers(), context_.services.clock, job_options());
    cutoff_ = archive::first_kept(context_.services.clock.now(), days_old_);
    TRY_ASSIGN(plan_, job.plan(days_old_, project_));
    if (!context_.json) print_eligible(plan_, cutoff_);
    if (options_.dry_run || plan_.empty()) return end_without_work();
    announce();
    const Status done = job.run(plan_, report_);
    progress_.reset();
    const auto storage = measure(*open_.store, projects);
    return end(done, storage ? insight::costs_of(storage->sizes, prices_of(context_)) : insight::Costs{});
  }

 private:
  // Where --verbose speaks: not into the JSON.
  std::FILE* verbose_to() const { return context_.json ? stderr : stdout; }

  archive::ArchiveJobOptions job_options() {
    archive::ArchiveJobOptions options;
    options.upload = context_.services.upload_options(context_.config);
    options.on_progress = [this](const archive::ArchiveProgress& now) {
      if (!progress_) return;
      progress_->update(static_cast<uint64_t>(now.bytes), static_cast<uint64_t>(now.total_bytes),
                        static_cast<uint64_t>(now.records));
    };
    if (!options_.verbose) return options;
    options.on_step = [this](const std::string& project, Day day, std::string_view step) {
      fmt::print(verbose_to(), "  {} of {}: {}\n", format_day(day), name(project), step);
      std::fflush(verbose_to());
    };
    options.on_part = [this](const store::Part& part) {
      fmt::print(verbose_to(), "  {} of {}: {} records, {} to {}: {}\n", format_day(part.day), name(part.project),
                 part.records, size(part.raw_bytes), size(part.packed_bytes), part.key);
      std::fflush(verbose_to());
    };
    return options;
  }

  void announce() {
    if (!context_.json) {
      fmt::print("📦 Initializing archiving service...\n\n");
      fmt::print("🚀 Archiving data older than {} days to {}...\n", days_old_, open_.objects->describe());
      fmt::print("This may take a few minutes depending on data volume...\n\n");
      std::fflush(stdout);
    }
    if (!options_.verbose) progress_.emplace("archiving");
  }

  int end_without_work() {
    if (context_.json) {
      print_json({}, {});
    } else if (plan_.empty()) {
      fmt::print("✅ No data to archive\n");
    } else {
      if (options_.verbose) {
        for (const HotSlice& slice : plan_)
          fmt::print("  {} of {}, {}: {} records, {}\n", format_day(slice.day), name(slice.project),
                     name(slice.platform), slice.records, size(slice.bytes));
        fmt::print("\n");
      }
      fmt::print("🔍 Dry run: nothing was archived\n");
    }
    return kDone;
  }

  Result<int> end(const Status& done, const insight::Costs& costs) {
    if (context_.json) {
      print_json(done, costs);
    } else {
      if (options_.verbose) fmt::print("\n");
      if (done) fmt::print("✅ Successfully archived {} records!\n\n", report_.records);
      if (!done) fmt::print("❌ Stopped behind {} records; the next run goes on there\n\n", report_.records);
      if (!report_.parts.empty()) {
        print_archives(report_, project_.empty());
        print_savings(context_, costs);
      }
    }
    print_left(context_.json ? stderr : stdout, report_);
    std::fflush(stdout);
    if (!done) return std::unexpected(done.error());
    return report_.left.empty() ? kDone : kSomeRejected;
  }

  void print_json(const Status& done, const insight::Costs& costs) const {
    std::string out;
    json::Writer w(out);
    const Sum all = total(plan_);
    w.begin_object().field("success", done.has_value()).field("dry_run", options_.dry_run);
    w.field("days_old", days_old_).field("cutoff_date", format_day(cutoff_)).key("eligible").begin_object();
    w.field("records", all.records).field("bytes", all.bytes).key("by_platform").begin_object();
    for (const auto& [platform, sum] : by_platform(plan_)) {
      w.key(platform).begin_object().field("count", sum.records).field("size", sum.bytes).end_object();
    }
    w.end_object().end_object();
    write_report(w, report_);
    w.key("costs").begin_object().field("before_monthly_usd", costs.archived_if_hot());
    w.field("after_monthly_usd", costs.cold).field("savings_monthly_usd", costs.savings()).end_object();
    if (!done) w.field("error", done.error().message);
    w.end_object();
    fmt::print("{}\n", out);
  }

  const Context& context_;
  const OpenStore& open_;
  const Options& options_;
  int64_t days_old_ = 0;
  std::string project_;  // empty for all
  Day cutoff_;
  std::vector<HotSlice> plan_;
  ArchiveReport report_;
  std::optional<Progress> progress_;
};

Result<int> archive_old(const Context& context, const Options& options) {
  TRY_ASSIGN(const OpenStore open, context.open_store());
  Run run(context, open, options);
  return options.stats_only ? run.show_stats() : run.run();
}

}  // namespace

void add_archive(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = add_command(app, context, "archive", "Move old days into the archive", kHelp,
                                        [&context, options] { return archive_old(context, *options); });
  command->add_option("--days-old", options->days_old, "days that stay in the store (default: retention_days)")
      ->check(CLI::Range(1, 36500));
  command->add_flag("--dry-run", options->dry_run, "show what would be archived, and change nothing");
  command->add_flag("--stats-only", options->stats_only, "show only what is hot and cold, and what that saves");
  command->add_flag("--verbose", options->verbose, "name every step and object");
}

}  // namespace gleaner::cli
