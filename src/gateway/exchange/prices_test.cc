#include "gateway/exchange/prices.h"

#include <string>

#include <gtest/gtest.h>

namespace gleaner::gateway::exchange {
namespace {

constexpr std::string_view kRows = R"(
# model          input output cached write
gpt-4.1          2     8      0.5
gpt-4.1-mini     0.4   1.6    0.1
azure/gpt-4.1    3     9
claude-          3     15     0.3   3.75
local/*          0     0
)";

record::Interaction call(std::string_view provider, std::string_view model, std::string_view usage) {
  record::Interaction one;
  one.provider = provider;
  one.model = model;
  one.usage.text = usage;
  return one;
}

TEST(Prices, TheLongestNameAndTheProvidersOwnCount) {
  const auto table = PriceTable::parse(kRows);
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->find("openai", "gpt-4.1-mini-2025-04-14")->input, 0.4);
  EXPECT_EQ(table->find("openai", "gpt-4.1-2025-04-14")->input, 2);
  EXPECT_EQ(table->find("azure", "gpt-4.1")->input, 3);
  EXPECT_EQ(table->find("openrouter", "openai/gpt-4.1")->input, 2);
  EXPECT_EQ(table->find("local", "anything")->output, 0);
  EXPECT_EQ(table->find("openai", "o3"), nullptr);
}

TEST(Prices, CountCachedTokensByThemselves) {
  const PriceTable table = *PriceTable::parse(kRows);
  auto one = call("anthropic", "claude-sonnet-4-5",
                  R"({"prompt_tokens":1000000,"completion_tokens":100000,)"
                  R"("prompt_tokens_details":{"cached_tokens":500000,"cache_write_tokens":200000}})");
  table.set_cost(one);
  EXPECT_DOUBLE_EQ(one.cost_usd.value(), 0.3 * 3 + 0.5 * 0.3 + 0.2 * 3.75 + 0.1 * 15);
  auto plain = call("openai", "gpt-4.1", R"({"prompt_tokens":1000,"completion_tokens":0})");
  table.set_cost(plain);
  EXPECT_DOUBLE_EQ(plain.cost_usd.value(), 0.002);
}

TEST(Prices, AreNotMadeUp) {
  const PriceTable table = *PriceTable::parse(kRows);
  auto unknown = call("openai", "o3", R"({"prompt_tokens":1000})");
  table.set_cost(unknown);
  EXPECT_FALSE(unknown.cost_usd);
  auto silent = call("openai", "gpt-4.1", "");
  table.set_cost(silent);
  EXPECT_FALSE(silent.cost_usd);
  auto told = call("openai", "gpt-4.1", R"({"prompt_tokens":1000})");
  told.cost_usd = 7;
  table.set_cost(told);
  EXPECT_EQ(told.cost_usd, 7);
}

TEST(Prices, ErrorsNameLineAndColumn) {
  EXPECT_EQ(PriceTable::parse("\ngpt-4 1 x").error().message,
            "line 2: OUTPUT: expected dollars per million tokens such as 0.15, got \"x\"");
  EXPECT_EQ(PriceTable::parse("gpt-4 1").error().message,
            "line 1: expected \"MODEL INPUT OUTPUT [CACHED_INPUT [CACHE_WRITE]]\", got 2 columns");
  EXPECT_FALSE(parse_price("gpt-4 1 -1"));
  EXPECT_FALSE(parse_price("gpt-4 1 nan"));
}

}  // namespace
}  // namespace gleaner::gateway::exchange
