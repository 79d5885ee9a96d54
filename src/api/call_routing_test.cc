#include "api/call_routing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gleaner::api {
namespace {

class CallRoutingTest : public ::testing::Test {
 protected:
  static std::optional<std::string> environment(const std::string& name) {
    if (name == "LOCAL_KEY") return "sk-local";
    return {};
  }
  Result<CallRouting> make(std::string_view text) const {
    TRY_ASSIGN(auto routes, config::parse_routes(text, "routes.toml"));
    return CallRouting::make(std::move(routes), upstreams_, environment);
  }
  Routing decide(const CallRouting& routing, const std::string& model, const std::string& unit,
                 std::string_view project = "shop", std::string_view id = "i-1") const {
    gateway::exchange::CallFacts facts;
    facts.model = model;
    facts.unit = unit;
    return routing.decide("openai", upstreams_.at("openai"), project, facts, id);
  }

  Upstreams upstreams_ = parse_upstreams("local=http://127.0.0.1:9").value();
};

constexpr std::string_view kHalf = R"(
[[route]]
experiment = "half"
upstream = "openai"
model = "gpt-4.1*"
project = "shop"
[[route.split]]
variant = "tuned"
share = 0.5
upstream = "local"
model = "tuned-7b"
key_env = "LOCAL_KEY"
[[route.shadow]]
variant = "next"
share = 0.25
model = "gpt-5"
)";

TEST_F(CallRoutingTest, HalfGoesElsewhere) {
  const auto routing = make(kHalf);
  ASSERT_TRUE(routing) << routing.error().message;
  EXPECT_TRUE(routing->concerns("openai"));
  EXPECT_FALSE(routing->concerns("anthropic"));
  int tuned = 0;
  int shadows = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Routing routed = decide(*routing, "gpt-4.1-mini", fmt::format("user:{}", i), "shop", fmt::format("i-{}", i));
    EXPECT_EQ(routed.call.experiment, "half");
    if (routed.call.variant == "tuned") {
      ++tuned;
      EXPECT_TRUE(routed.call.elsewhere);
      EXPECT_EQ(routed.call.provider, "local");
      EXPECT_EQ(routed.call.model, "tuned-7b");
      EXPECT_EQ(routed.call.key.reveal(), "sk-local");
    } else {
      EXPECT_EQ(routed.call.variant, "control");
      EXPECT_FALSE(routed.call.elsewhere);
      EXPECT_EQ(routed.call.provider, "openai");
      EXPECT_EQ(routed.call.model, "");
      EXPECT_TRUE(routed.call.key.empty());
    }
    for (const CallPlan& shadow : routed.shadows) {
      ++shadows;
      EXPECT_EQ(shadow.variant, "next");
      EXPECT_FALSE(shadow.elsewhere);
    }
  }
  EXPECT_NEAR(tuned, 1'000, 100);
  EXPECT_NEAR(shadows, 500, 80);
}

TEST_F(CallRoutingTest, AUserStaysWithAVariant) {
  const auto routing = make(kHalf);
  ASSERT_TRUE(routing);
  const std::string first = decide(*routing, "gpt-4.1", "user:7", "shop", "i-1").call.variant;
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(decide(*routing, "gpt-4.1-mini", "user:7", "shop", fmt::format("x-{}", i)).call.variant, first);
}

TEST_F(CallRoutingTest, OtherCallsGoWhereTheyAskTo) {
  const auto routing = make(kHalf);
  ASSERT_TRUE(routing);
  for (const Routing& routed : {decide(*routing, "gpt-5", "u"), decide(*routing, "gpt-4.1", "u", "other")}) {
    EXPECT_EQ(routed.call.provider, "openai");
    EXPECT_EQ(routed.call.experiment, "");
    EXPECT_TRUE(routed.shadows.empty());
  }
}

TEST_F(CallRoutingTest, CredentialsGoNowhereElseAndNothingIsDoneTwice) {
  const auto routing =
      make(std::string(kHalf) + "[[route.shadow]]\nvariant = \"away\"\nshare = 1\nupstream = \"local\"\n");
  ASSERT_TRUE(routing) << routing.error().message;
  gateway::exchange::CallFacts facts{.model = "gpt-4.1", .has_credentials = true};
  for (int i = 0; i < 50; ++i) {
    facts.unit = fmt::format("user:{}", i);
    const Routing routed = routing->decide("openai", upstreams_.at("openai"), "shop", facts, fmt::format("i-{}", i));
    EXPECT_EQ(routed.call.variant, "control");
    for (const CallPlan& shadow : routed.shadows) EXPECT_EQ(shadow.variant, "next");
  }
  facts = {.model = "gpt-4.1", .unit = "user:1", .has_effects = true};
  EXPECT_TRUE(routing->decide("openai", upstreams_.at("openai"), "shop", facts, "i").shadows.empty());
}

TEST_F(CallRoutingTest, SaysWhatIsWrong) {
  const auto split = [](std::string_view upstream, std::string_view more) {
    return fmt::format(
        "[[route]]\nexperiment = \"e\"\nupstream = \"{}\"\n[[route.split]]\nvariant = \"v\"\nshare = 1\n{}", upstream,
        more);
  };
  const auto message = [&](const std::string& text) {
    const auto routing = make(text);
    return routing ? std::string() : routing.error().message;
  };
  EXPECT_EQ(message(split("nowhere", "model = \"m\"")), "routes_file: experiment e: there is no upstream \"nowhere\"");
  EXPECT_EQ(message(split("openai", "upstream = \"x\"")), "routes_file: experiment e: there is no upstream \"x\"");
  EXPECT_EQ(message(split("openai", "upstream = \"anthropic\"")),
            "routes_file: experiment e: openai and anthropic speak different APIs");
  EXPECT_EQ(message(split("openai", "model = \"m\"\nkey_env = \"ABSENT\"")),
            "routes_file: experiment e: ABSENT is not set in the environment");
}

}  // namespace
}  // namespace gleaner::api
