#include "experiment/assignment.h"

#include <cstdint>
#include <string>

#include "base/hash.h"

namespace gleaner::experiment {

double place(std::string_view experiment, std::string_view unit) {
  std::string text(experiment);
  text += '\0';
  text += unit;
  const Sha256 digest = sha256(text);
  uint64_t head = 0;
  for (size_t i = 0; i < sizeof head; ++i) head = head << 8 | static_cast<uint8_t>(digest[i]);
  constexpr int kFractionBits = 53;
  return static_cast<double>(head >> (64 - kFractionBits)) / static_cast<double>(uint64_t{1} << kFractionBits);
}

std::optional<size_t> variant_at(double place, std::span<const double> shares) {
  double end = 0;
  for (size_t i = 0; i < shares.size(); ++i) {
    end += shares[i];
    if (place < end) return i;
  }
  return {};
}

}  // namespace gleaner::experiment
