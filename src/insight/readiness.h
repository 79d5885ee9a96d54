// Whether a platform has enough to train on. The formula and its bands are those of the product's definition
// (docs/readiness.md); 450 examples, 425 successful, 93 of quality, 105 with feedback give 85. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/store.h"

namespace gleaner::insight {

struct ReadinessCounts {
  int64_t total = 0;
  int64_t successful = 0;
  int64_t quality = 0;  // thumbs up, edited, or approved in review
  int64_t with_feedback = 0;
};

struct Readiness {
  std::string platform;
  ReadinessCounts counts;
  int score = 0;  // 0 to 100
  bool is_ready = false;
  std::string_view band;  // "not ready", "insufficient", "ready", "excellent"
  std::string_view recommendation;
};

int readiness_score(const ReadinessCounts& counts);
Readiness assess(std::string platform, const ReadinessCounts& counts);
ReadinessCounts counts_of(const store::Counters& counters);

// The JSON object of GET /api/feedback/readiness/{platform}.
std::string to_json(const Readiness& readiness);

}  // namespace gleaner::insight
