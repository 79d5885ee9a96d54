// Exchanges by hand and what is recorded of them: tests/golden/exchange/NAME.exchange.json and NAME.record.json.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "gateway/exchange/testing/replay.h"

namespace gleaner::gateway::exchange {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(GLEANER_SOURCE_DIR) / "tests/golden/exchange";

std::string contents(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& file : fs::directory_iterator(kFolder)) {
    const std::string name = file.path().filename().string();
    const size_t end = name.find(".exchange.json");
    if (end != std::string::npos) names.push_back(name.substr(0, end));
  }
  std::ranges::sort(names);
  return names;
}

class ExchangeGolden : public ::testing::TestWithParam<std::string> {};

TEST_P(ExchangeGolden, BecomesThisRecordHoweverItComes) {
  const auto row = json::parse(contents(kFolder / (GetParam() + ".exchange.json")));
  ASSERT_TRUE(row) << row.error().message;
  const std::string expected = contents(kFolder / (GetParam() + ".record.json"));
  std::mt19937 random(7);
  using testing::Pieces;
  for (const Pieces pieces : {Pieces::kWhole, Pieces::kBytes, Pieces::kRandom, Pieces::kRandom, Pieces::kRandom}) {
    const testing::Replayed replayed = testing::replay(*row, pieces, random);
    EXPECT_EQ(replayed.record + "\n", expected);
    EXPECT_EQ(replayed.broken, "");
  }
}

INSTANTIATE_TEST_SUITE_P(Exchanges, ExchangeGolden, ::testing::ValuesIn(golden_names()),
                         [](const auto& named) { return named.param; });

}  // namespace
}  // namespace gleaner::gateway::exchange
