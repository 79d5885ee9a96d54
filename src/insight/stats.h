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

// What is measured, and what the archived records would take in the store.
struct Sizes {
  int64_t hot = 0;   // bytes that records take in the store
  int64_t cold = 0;  // bytes of archived objects
  // An estimate: archived records, uncompressed, times stored / uncompressed bytes of those of their platform that are
  // hot; of all that are hot where the platform has none; uncompressed where nothing is hot. A platform's hot and cold
  // records are taken to be of the same size, for how large the hot ones were is not counted apart.
  int64_t cold_if_hot = 0;
};

struct Costs {
  double hot = 0;  // dollars a month
  double cold = 0;
  double without_archiving = 0;  // if everything were hot, by Sizes::cold_if_hot
  double total() const { return hot + cold; }
  double savings() const { return without_archiving - total(); }
  double archived_if_hot() const { return without_archiving - hot; }  // of the archived records alone, as cold is
  double savings_percentage() const { return without_archiving > 0 ? 100 * savings() / without_archiving : 0; }
  // What could be saved if everything were cold.
  double possible_savings = 0;
};

struct Stats {
  store::Totals totals;
  store::Counters all;
  store::Archived archived;  // of all platforms
  Sizes sizes;
  Costs costs;
  std::vector<Readiness> readiness;  // by platform
  std::vector<std::string> recommendations;
  double feedback_rate() const;  // of interactions, 0 to 1
  double positive_rate() const;  // of interactions with a clear opinion, 0 to 1
};

double percentage(int64_t part, int64_t whole);  // 0 to 100, two decimals
store::Archived all_archived(const store::Totals& totals);
Sizes sizes_of(const store::Totals& totals);
Costs costs_of(const Sizes& sizes, const Prices& prices);
Stats make_stats(store::Totals totals, const Prices& prices);

// The JSON object of GET /api/feedback/stats.
std::string to_json(const Stats& stats);

}  // namespace gleaner::insight
