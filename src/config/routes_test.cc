#include "config/routes.h"

#include <gtest/gtest.h>

namespace gleaner::config {
namespace {

constexpr std::string_view kWhole = R"(
[[route]]
experiment = "tuned"
upstream = "openai"
model = "gpt-4.1*"
project = "shop"
control = "base"

[[route.split]]
variant = "support-7b"
share = 0.25
upstream = "vllm"
model = "support"
key_env = "VLLM_KEY"

[[route.shadow]]
variant = "next"
share = 1
model = "gpt-5"

[[route]]
experiment = "second"
upstream = "anthropic"
[[route.split]]
variant = "small"
share = 0.5
model = "claude-small"
)";

TEST(RoutesTest, AreRead) {
  const auto routes = parse_routes(kWhole, "routes.toml");
  ASSERT_TRUE(routes) << routes.error().message;
  ASSERT_EQ(routes->size(), 2u);
  const Route& first = routes->front();
  EXPECT_EQ(first.experiment, "tuned");
  EXPECT_EQ(first.upstream, "openai");
  EXPECT_EQ(first.model, "gpt-4.1*");
  EXPECT_EQ(first.project, "shop");
  EXPECT_EQ(first.control, "base");
  ASSERT_EQ(first.split.size(), 1u);
  EXPECT_EQ(first.split[0].name, "support-7b");
  EXPECT_EQ(first.split[0].share, 0.25);
  EXPECT_EQ(first.split[0].upstream, "vllm");
  EXPECT_EQ(first.split[0].model, "support");
  EXPECT_EQ(first.split[0].key_env, "VLLM_KEY");
  ASSERT_EQ(first.shadows.size(), 1u);
  EXPECT_EQ(first.shadows[0].share, 1);
  EXPECT_EQ(first.shadows[0].upstream, "");
  EXPECT_EQ(routes->back().control, "control");
}

TEST(RoutesTest, AnEmptyFileHasNone) {
  const auto routes = parse_routes("# nothing yet\n", "routes.toml");
  ASSERT_TRUE(routes);
  EXPECT_TRUE(routes->empty());
}

struct Bad {
  std::string_view text;
  std::string_view message;
};

TEST(RoutesTest, SaysWhatIsWrongAndWhere) {
  const Bad cases[] = {
      {"x = 1", "r:1: \"x\" is not known here; expected route"},
      {"route = 1", "r:1: expected [[route]]"},
      {"[[route]]\nupstream = \"a\"", "r:1: \"experiment\" is missing"},
      {"[[route]]\nexperiment = \"a b\"\nupstream = \"a\"", "r:2: experiment: expected a name without spaces"},
      {"[[route]]\nexperiment = \"e\"\nupstream = \"a\"", "r:1: expected a [[route.split]] or a [[route.shadow]]"},
      {"[[route]]\nexperiment = \"e\"\nupstream = \"a\"\n[[route.split]]\nvariant = \"v\"\nshare = 0\nmodel = \"m\"",
       "r:4: share: expected a number above 0"},
      {"[[route]]\nexperiment = \"e\"\nupstream = \"a\"\n[[route.split]]\nvariant = \"v\"\nshare = 0.5",
       "r:4: expected an upstream, a model or both"},
      {"[[route]]\nexperiment = \"e\"\nupstream = \"a\"\n[[route.split]]\nvariant = \"control\"\nshare = 1\nmodel = "
       "\"m\"",
       "r:4: a second variant \"control\""},
      {"[[route]]\nexperiment = \"e\"\nupstream = \"a\"\n[[route.split]]\nvariant = \"v\"\nshare = 0.6\nmodel = \"m\"\n"
       "[[route.split]]\nvariant = \"w\"\nshare = 0.6\nmodel = \"n\"",
       "r:1: the shares of [[route.split]] add up to more than 1"},
      {"[[route]\n", "r:1: "},
  };
  for (const Bad& bad : cases) {
    const auto routes = parse_routes(bad.text, "r");
    ASSERT_FALSE(routes) << bad.text;
    EXPECT_EQ(routes.error().code, Code::kInvalidArgument);
    EXPECT_TRUE(routes.error().message.starts_with(bad.message)) << routes.error().message;
  }
}

}  // namespace
}  // namespace gleaner::config
