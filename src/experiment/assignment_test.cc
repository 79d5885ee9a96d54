#include "experiment/assignment.h"

#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gleaner::experiment {
namespace {

// python3 -c 'import hashlib; d = hashlib.sha256(b"tuned\0ann").digest(); print((int.from_bytes(d[:8], "big") >> 11) /
// 2**53)'
TEST(PlaceTest, IsTheFormula) {
  EXPECT_DOUBLE_EQ(place("tuned", "ann"), 0.8609989361677156);
  EXPECT_DOUBLE_EQ(place("", ""), 0.4304816492364817);
}

TEST(PlaceTest, ExperimentsDrawByThemselves) {
  int both = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::string unit = fmt::format("user-{}", i);
    if (place("a", unit) < 0.5 && place("b", unit) < 0.5) ++both;
  }
  EXPECT_NEAR(both, 2'500, 150);
}

TEST(VariantTest, SharesAreKept) {
  constexpr std::array shares = {0.2, 0.1};
  std::array<int, 3> seen = {};
  for (int i = 0; i < 20'000; ++i) ++seen.at(variant_at(place("split", fmt::format("{}", i)), shares).value_or(2));
  EXPECT_NEAR(seen[0], 4'000, 200);
  EXPECT_NEAR(seen[1], 2'000, 150);
}

TEST(VariantTest, Edges) {
  constexpr std::array half = {0.5};
  EXPECT_EQ(variant_at(0, half), 0u);
  EXPECT_EQ(variant_at(0.5, half), std::nullopt);
  constexpr std::array all = {1.0};
  EXPECT_EQ(variant_at(0.999999, all), 0u);
  EXPECT_EQ(variant_at(0, {}), std::nullopt);
}

TEST(VariantTest, AShareThatGrowsTakesNobodysVariant) {
  constexpr std::array before = {0.1};
  constexpr std::array after = {0.3};
  for (int i = 0; i < 1'000; ++i) {
    const double at = place("grow", fmt::format("{}", i));
    if (variant_at(at, before)) {
      EXPECT_EQ(variant_at(at, after), 0u);
    }
  }
}

}  // namespace
}  // namespace gleaner::experiment
