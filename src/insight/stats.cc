#include "insight/stats.h"

#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace gleaner::insight {
namespace {

constexpr double kGigabyte = 1024.0 * 1024.0 * 1024.0;
constexpr double kLowFeedbackRate = 0.1;
constexpr double kWorthSaving = 0.01;  // dollars a month

double rounded(double value, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

double rate(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

// Bytes in the store for each uncompressed one, of records that are hot; nothing where there are none.
std::optional<double> stored_rate(const store::Counters& all, const store::Archived& cold) {
  const int64_t hot = all.interactions - cold.records;
  if (hot <= 0 || all.raw_bytes <= 0) return std::nullopt;
  const double hot_raw = static_cast<double>(all.raw_bytes) * rate(hot, all.interactions);
  return static_cast<double>(all.stored_bytes) / hot_raw;
}

std::vector<std::string> recommend(const Stats& stats) {
  std::vector<std::string> out;
  for (const Readiness& r : stats.readiness) {
    if (r.is_ready)
      out.push_back(fmt::format("✅ {}: Ready for training with {} examples", r.platform, r.counts.total));
  }
  if (stats.all.interactions == 0) {
    out.emplace_back("No interactions yet. Send the first one to POST /v1/interactions.");
    return out;
  }
  if (stats.feedback_rate() < kLowFeedbackRate) {
    out.emplace_back("💡 Low feedback rate. Encourage users to rate workflows for better training data.");
  }
  for (const Readiness& r : stats.readiness) {
    if (!r.is_ready) out.push_back(fmt::format("{}: {} (score {})", r.platform, r.recommendation, r.score));
  }
  if (stats.costs.possible_savings >= kWorthSaving) {
    out.push_back(fmt::format("💰 Archiving can save significant costs. Potential savings: ~${:.2f} USD/month",
                              stats.costs.possible_savings));
  }
  return out;
}

void write_size(json::Writer& w, const std::string& name, int64_t bytes) {
  w.field(name + "_size_bytes", bytes)
      .field(name + "_size_display", display_bytes(static_cast<uint64_t>(std::max<int64_t>(bytes, 0))));
}

void write_platform(json::Writer& w, const store::Counters& c, const store::Archived& archived) {
  w.begin_object().field("total_interactions", c.interactions).field("successful_interactions", c.succeeded);
  w.field("success_rate", percentage(c.succeeded, c.interactions)).field("thumbs_up_count", c.thumbs_up);
  w.field("thumbs_down_count", c.thumbs_down)
      .field("edited_count", c.edits)
      .field("total_feedback_count", c.with_feedback);
  w.field("quality_count", c.quality).field("stored_bytes", c.stored_bytes).field("raw_bytes", c.raw_bytes);
  w.field("archived_count", archived.records).field("archived_bytes", archived.stored_bytes).end_object();
}

void write_facet(json::Writer& w, std::string_view name, const Stats& stats, std::string_view facet) {
  w.key(name).begin_object();
  const auto found = stats.totals.facets.find(facet);
  if (found != stats.totals.facets.end()) {
    for (const auto& [value, count] : found->second) w.field(value, count);
  }
  w.end_object();
}

void write_overview(json::Writer& w, const Stats& stats) {
  const store::Counters& all = stats.all;
  w.key("overview").begin_object().field("total_records", all.interactions);
  w.field("active_records", all.interactions - stats.archived.records)
      .field("archived_records", stats.archived.records);
  w.field("compressed_records", all.compressed).field("records_with_feedback", all.with_feedback);
  w.field("archived_objects", stats.archived.objects).end_object();
}

void write_storage(json::Writer& w, const Stats& stats) {
  w.key("storage").begin_object();
  write_size(w, "supabase", stats.sizes.hot);
  write_size(w, "archived", stats.sizes.cold);
  write_size(w, "total", stats.sizes.hot + stats.sizes.cold);
  write_size(w, "archived_if_hot", stats.sizes.cold_if_hot);
  w.end_object();
}

void write_costs(json::Writer& w, const Costs& costs) {
  constexpr int kDecimals = 6;
  w.key("costs").begin_object().field("supabase_monthly_usd", rounded(costs.hot, kDecimals));
  w.field("r2_monthly_usd", rounded(costs.cold, kDecimals))
      .field("total_monthly_usd", rounded(costs.total(), kDecimals));
  w.field("cost_without_archiving_usd", rounded(costs.without_archiving, kDecimals));
  w.field("savings_monthly_usd", rounded(costs.savings(), kDecimals));
  w.field("savings_percentage", rounded(costs.savings_percentage(), 1)).end_object();
}

}  // namespace

double percentage(int64_t part, int64_t whole) {
  return rounded(100 * rate(part, whole), 2);
}

double Stats::feedback_rate() const {
  return rate(all.with_feedback, all.interactions);
}

double Stats::positive_rate() const {
  return rate(all.positive, all.positive + all.negative);
}

store::Archived all_archived(const store::Totals& totals) {
  store::Archived all;
  for (const auto& [platform, archived] : totals.archived) {
    all.records += archived.records;
    all.raw_bytes += archived.raw_bytes;
    all.stored_bytes += archived.stored_bytes;
    all.objects += archived.objects;
  }
  return all;
}

Sizes sizes_of(const store::Totals& totals) {
  const store::Counters all = totals.all();
  const store::Archived cold = all_archived(totals);
  const double usual = stored_rate(all, cold).value_or(1);
  double cold_if_hot = 0;
  for (const auto& [platform, archived] : totals.archived) {
    const auto found = totals.by_platform.find(platform);
    const store::Counters counters = found != totals.by_platform.end() ? found->second : store::Counters{};
    cold_if_hot += static_cast<double>(archived.raw_bytes) * stored_rate(counters, archived).value_or(usual);
  }
  return {all.stored_bytes, cold.stored_bytes, static_cast<int64_t>(std::llround(cold_if_hot))};
}

Costs costs_of(const Sizes& sizes, const Prices& prices) {
  const auto cost = [](int64_t bytes, double per_gb) { return static_cast<double>(bytes) / kGigabyte * per_gb; };
  Costs costs;
  costs.hot = cost(sizes.hot, prices.hot_per_gb);
  costs.cold = cost(sizes.cold, prices.cold_per_gb);
  costs.without_archiving = cost(sizes.hot + sizes.cold_if_hot, prices.hot_per_gb);
  costs.possible_savings = costs.hot - cost(sizes.hot, prices.cold_per_gb);
  return costs;
}

Stats make_stats(store::Totals totals, const Prices& prices) {
  Stats stats;
  stats.totals = std::move(totals);
  stats.all = stats.totals.all();
  stats.archived = all_archived(stats.totals);
  stats.sizes = sizes_of(stats.totals);
  stats.costs = costs_of(stats.sizes, prices);
  for (const auto& [platform, counters] : stats.totals.by_platform)
    stats.readiness.push_back(assess(platform, counts_of(counters)));
  stats.recommendations = recommend(stats);
  return stats;
}

std::string to_json(const Stats& stats) {
  const store::Counters& all = stats.all;
  std::string out;
  json::Writer w(out);
  w.begin_object();
  write_overview(w, stats);
  write_storage(w, stats);
  write_costs(w, stats.costs);
  w.key("by_platform").begin_object();
  for (const auto& [platform, counters] : stats.totals.by_platform) {
    const auto archived = stats.totals.archived.find(platform);
    w.key(platform);
    write_platform(w, counters, archived != stats.totals.archived.end() ? archived->second : store::Archived{});
  }
  w.end_object().key("training_readiness").begin_object();
  for (const Readiness& readiness : stats.readiness) w.key(readiness.platform).raw(to_json(readiness));
  w.end_object().key("recommendations").begin_array();
  for (const std::string& text : stats.recommendations) w.string(text);
  w.end_array().field("total_interactions", all.interactions).field("feedback_count", all.with_feedback);
  w.field("feedback_rate", rounded(stats.feedback_rate(), 4)).field("positive_rate", rounded(stats.positive_rate(), 4));
  w.field("corrections", all.edits);
  write_facet(w, "languages", stats, "language");
  write_facet(w, "intents", stats, "intent");
  write_facet(w, "kinds", stats, "kind");
  write_facet(w, "models", stats, "model");
  write_facet(w, "relevance", stats, "relevance");
  write_facet(w, "tags", stats, "tag");
  w.end_object();
  return out;
}

}  // namespace gleaner::insight
