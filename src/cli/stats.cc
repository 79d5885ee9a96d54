#include "insight/stats.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/report.h"

namespace gleaner::cli {
namespace {

std::string size(int64_t bytes) {
  return display_bytes(static_cast<uint64_t>(std::max<int64_t>(bytes, 0)));
}

std::string count(int64_t value) {
  return display_count(static_cast<uint64_t>(std::max<int64_t>(value, 0)));
}

void print_facet(const insight::Stats& stats, std::string_view facet, const std::string& title) {
  const auto found = stats.totals.facets.find(facet);
  if (found == stats.totals.facets.end()) return;
  std::vector<std::pair<std::string, int64_t>> values(found->second.begin(), found->second.end());
  std::ranges::stable_sort(values, [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr size_t kShown = 8;
  std::string line;
  for (size_t i = 0; i < values.size() && i < kShown; ++i)
    line += fmt::format("{}{} {}", i > 0 ? ", " : "", values[i].first, count(values[i].second));
  if (values.size() > kShown) line += fmt::format(", and {} more", values.size() - kShown);
  fmt::print("  {:<12} {}\n", title, line);
}

// Nothing while all of it is hot: that is said already.
void print_tiers(const insight::Stats& stats) {
  if (stats.archived.records == 0) return;
  const insight::Costs& costs = stats.costs;
  fmt::print("  hot   {} records in {}; ${:.4f} a month\n", count(stats.all.interactions - stats.archived.records),
             size(stats.sizes.hot), costs.hot);
  fmt::print("  cold  {} records in {}, {} objects; ${:.4f} a month\n", count(stats.archived.records),
             size(stats.sizes.cold), count(stats.archived.objects), costs.cold);
  fmt::print("  saved ${:.4f} a month, {:.1f} %: all of it hot would take about {}\n", costs.savings(),
             costs.savings_percentage(), size(stats.sizes.hot + stats.sizes.cold_if_hot));
}

}  // namespace

void print_stats(const insight::Stats& stats) {
  using Align = Table::Align;
  const store::Counters& all = stats.all;
  print_heading("Collected");
  fmt::print("  {} interactions, {} signals; {:.1f} % have feedback, {:.1f} % of it positive\n",
             count(all.interactions), count(all.signals), 100 * stats.feedback_rate(), 100 * stats.positive_rate());
  fmt::print("  {} of records kept in {}; ${:.4f} a month\n", size(all.raw_bytes),
             size(stats.sizes.hot + stats.sizes.cold), stats.costs.total());
  print_tiers(stats);
  if (all.interactions == 0) return;
  Table table;
  table.column("platform");
  for (const char* const title :
       {"interactions", "success", "thumbs up", "thumbs down", "edited", "with feedback", "quality", "size"}) {
    table.column(title, Align::kRight);
  }
  for (const auto& [platform, c] : stats.totals.by_platform) {
    const auto archived = stats.totals.archived.find(platform);
    const int64_t cold = archived != stats.totals.archived.end() ? archived->second.stored_bytes : 0;
    table.row({platform, count(c.interactions),
               fmt::format("{:.2f} %", insight::percentage(c.succeeded, c.interactions)), count(c.thumbs_up),
               count(c.thumbs_down), count(c.edits), count(c.with_feedback), count(c.quality),
               size(c.stored_bytes + cold)});
  }
  fmt::print("\n");
  table.print();
  fmt::print("\n");
  print_facet(stats, "kind", "kinds");
  print_facet(stats, "language", "languages");
  print_facet(stats, "intent", "intents");
  print_facet(stats, "model", "models");
  print_facet(stats, "tag", "tags");
}

void print_readiness(const std::vector<insight::Readiness>& readiness) {
  using Align = Table::Align;
  print_heading("Readiness");
  Table table;
  table.column("platform");
  table.column("score", Align::kRight);
  table.column("band");
  table.column("ready");
  for (const char* const title : {"total", "successful", "quality", "with feedback"})
    table.column(title, Align::kRight);
  table.column("recommendation");
  for (const insight::Readiness& r : readiness) {
    table.row({r.platform, fmt::format("{}", r.score), std::string(r.band), r.is_ready ? "yes" : "no",
               count(r.counts.total), count(r.counts.successful), count(r.counts.quality),
               count(r.counts.with_feedback), std::string(r.recommendation)});
  }
  if (table.empty()) {
    fmt::print("  nothing collected yet\n");
  } else {
    table.print();
  }
}

Result<insight::Stats> read_stats(const Context& context, store::Store& store) {
  TRY_ASSIGN(store::Totals totals, store.totals(context.project));
  const config::Config config = context.config.for_project(context.project);
  return insight::make_stats(std::move(totals), {config.hot_price_per_gb, config.cold_price_per_gb});
}

void add_stats(CLI::App& app, Context& context) {
  add_command(app, context, "stats", "Show what has been collected, by platform",
              "  gleaner stats\n  gleaner stats --json | jq .by_platform", [&context]() -> Result<int> {
                TRY_ASSIGN(const OpenStore open, context.open_store());
                TRY_ASSIGN(const insight::Stats stats, read_stats(context, *open.store));
                if (context.json) {
                  fmt::print("{}\n", insight::to_json(stats));
                  return kDone;
                }
                print_stats(stats);
                if (!stats.recommendations.empty()) print_heading("Recommendations");
                for (const std::string& text : stats.recommendations) fmt::print("  {}\n", text);
                return kDone;
              });
}

void add_readiness(CLI::App& app, Context& context) {
  auto platform = std::make_shared<std::string>();
  CLI::App* const command =
      add_command(app, context, "readiness", "Say whether there is enough to train on",
                  "  gleaner readiness\n  gleaner readiness zapier --json", [&context, platform]() -> Result<int> {
                    TRY_ASSIGN(const OpenStore open, context.open_store());
                    TRY_ASSIGN(const insight::Stats stats, read_stats(context, *open.store));
                    std::vector<insight::Readiness> wanted = stats.readiness;
                    if (!platform->empty()) {
                      std::erase_if(wanted, [&](const insight::Readiness& r) { return r.platform != *platform; });
                      if (wanted.empty()) wanted.push_back(insight::assess(*platform, insight::ReadinessCounts{}));
                    }
                    if (!context.json) {
                      print_readiness(wanted);
                      return kDone;
                    }
                    std::string out;
                    for (const insight::Readiness& r : wanted) out += (out.empty() ? "" : ",") + insight::to_json(r);
                    fmt::print("{}\n", platform->empty() ? "[" + out + "]" : out);
                    return kDone;
                  });
  command->add_option("platform", *platform, "only this platform");
}

}  // namespace gleaner::cli
