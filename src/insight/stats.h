// Where a project stands, from the counters the store keeps: what it cost nothing to know. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "insight/readiness.h"
#include "store/store.h"

namespace gleaner::insight {

// Dollars per GB (1,073,741,824 bytes) and month.
struct Prices {
  double hot_per_gb = 0.125;
  double cold_per_gb = 0.015;
};

struct Costs {
  double hot = 0;  // dollars a month
  double cold = 0;
  double without_archiving = 0;  // if everything were hot
  double total() const { return hot + cold; }
  double savings() const { return without_archiving - total(); }
  double savings_percentage() const { return without_archiving > 0 ? 100 * savings() / without_archiving : 0; }
  // What could be saved if everything were cold.
  double possible_savings = 0;
};

struct Stats {
  store::Totals totals;
  store::Counters all;
  Costs costs;
  std::vector<Readiness> readiness;  // by platform
  std::vector<std::string> recommendations;
  double feedback_rate() const;  // of interactions, 0 to 1
  double positive_rate() const;  // of interactions with a clear opinion, 0 to 1
};

double percentage(int64_t part, int64_t whole);  // 0 to 100, two decimals
Costs costs_of(int64_t hot_bytes, int64_t cold_bytes, const Prices& prices);
Stats make_stats(store::Totals totals, const Prices& prices);

// The JSON object of GET /api/feedback/stats.
std::string to_json(const Stats& stats);

}  // namespace gleaner::insight
