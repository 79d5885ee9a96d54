#include "insight/readiness.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"

namespace gleaner::insight {
namespace {

constexpr int kReadyScore = 70;
constexpr int64_t kMinTotal = 50;
constexpr int64_t kMinSuccessful = 30;
constexpr int64_t kMinWithFeedback = 10;
constexpr int64_t kMinQuality = 20;

std::string_view band_of(int score) {
  if (score <= 40) return "not ready";
  if (score < kReadyScore) return "insufficient";
  return score < 85 ? "ready" : "excellent";
}

std::string_view recommend(const Readiness& readiness) {
  const ReadinessCounts& c = readiness.counts;
  if (readiness.is_ready) return "Ready for training";
  if (c.total < kMinTotal || c.successful < kMinSuccessful) return "Need more data - aim for 100+ examples";
  if (readiness.score < kReadyScore || c.with_feedback < kMinWithFeedback) {
    return "Need more feedback - encourage users to rate workflows";
  }
  return "Continue collecting data";
}

}  // namespace

int readiness_score(const ReadinessCounts& c) {
  if (c.total <= 0) return 0;
  const auto total = static_cast<double>(c.total);
  const double success_rate = static_cast<double>(c.successful) / total;
  const double volume = 40 * success_rate * std::min(1.0, total / 100);
  const double quality = 40 * std::min(1.0, static_cast<double>(c.quality) / std::max(50.0, 0.3 * total));
  const double feedback = 20 * std::min(1.0, static_cast<double>(c.with_feedback) / std::max(20.0, 0.1 * total));
  // A whole number must not fall to the one below because a fraction has no exact binary form.
  constexpr double kRounding = 1e-9;
  return static_cast<int>(std::floor(volume + quality + feedback + kRounding));
}

Readiness assess(std::string platform, const ReadinessCounts& counts) {
  Readiness readiness{std::move(platform), counts, readiness_score(counts)};
  readiness.is_ready = readiness.score >= kReadyScore && counts.total >= kMinTotal &&
                       counts.successful >= kMinSuccessful && counts.with_feedback >= kMinWithFeedback &&
                       counts.quality >= kMinQuality;
  readiness.band = band_of(readiness.score);
  readiness.recommendation = recommend(readiness);
  return readiness;
}

ReadinessCounts counts_of(const store::Counters& counters) {
  return {counters.interactions, counters.succeeded, counters.quality, counters.with_feedback};
}

std::string to_json(const Readiness& readiness) {
  std::string out;
  json::Writer w(out);
  w.begin_object().field("platform", readiness.platform).field("total_examples", readiness.counts.total);
  w.field("successful_examples", readiness.counts.successful).field("quality_examples", readiness.counts.quality);
  w.field("examples_with_feedback", readiness.counts.with_feedback).field("readiness_score", readiness.score);
  w.field("recommendation", readiness.recommendation)
      .field("is_ready", readiness.is_ready)
      .field("band", readiness.band)
      .end_object();
  return out;
}

}  // namespace gleaner::insight
