// A log-linear histogram of durations in nanoseconds, in the manner of HdrHistogram: every power of two is cut into 128
// steps, so a percentile is at most 0.8 % too high and never too low. 34 KiB, no allocation while recording.
//
// Thread contract: one thread at a time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace gleaner::bench {

class Histogram {
 public:
  // Negative values count as 0, values past about 18 minutes as that.
  void add(int64_t ns) {
    const auto value = static_cast<uint64_t>(std::clamp<int64_t>(ns, 0, kLargest));
    ++counts_[index_of(value)];
    ++total_;
    max_ = std::max(max_, value);
  }

  uint64_t count() const { return total_; }
  double max_ms() const { return static_cast<double>(max_) / 1e6; }

  // The milliseconds that a share of `quantile` (0..1) of the recorded values does not exceed; 0 if there are none.
  double percentile_ms(double quantile) const {
    const auto rank = static_cast<uint64_t>(std::ceil(quantile * static_cast<double>(total_)));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += counts_[i];
      if (seen >= rank && seen > 0) return static_cast<double>(std::min(upper_edge(i), max_)) / 1e6;
    }
    return 0;
  }

 private:
  static constexpr int kStepBits = 7;
  static constexpr uint64_t kSteps = uint64_t{1} << kStepBits;
  static constexpr int kValueBits = 40;
  static constexpr int64_t kLargest = (int64_t{1} << kValueBits) - 1;
  static constexpr size_t kBuckets = (kValueBits - kStepBits + 1) * kSteps;

  // Bucket block 0 holds the values below kSteps one by one; block b > 0 holds [kSteps << (b-1), kSteps << b).
  static size_t index_of(uint64_t value) {
    if (value < kSteps) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kStepBits;
    return static_cast<size_t>(shift + 1) * kSteps + ((value >> shift) - kSteps);
  }

  static uint64_t upper_edge(size_t index) {
    const uint64_t block = index / kSteps;
    if (block == 0) return index;
    return ((kSteps + index % kSteps + 1) << (block - 1)) - 1;
  }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t total_ = 0;
  uint64_t max_ = 0;
};

}  // namespace gleaner::bench
