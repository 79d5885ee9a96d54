#include <gtest/gtest.h>

#include "base/json.h"
#include "insight/readiness.h"
#include "insight/stats.h"

namespace gleaner::insight {
namespace {

TEST(ReadinessTest, FollowsTheFormula) {
  struct Case {
    ReadinessCounts counts;
    int score;
    bool ready;
    const char* recommendation;
  };
  const Case cases[] = {
      {{450, 425, 93, 105}, 85, true, "Ready for training"},
      {{0, 0, 0, 0}, 0, false, "Need more data - aim for 100+ examples"},
      {{49, 49, 49, 49}, 78, false, "Need more data - aim for 100+ examples"},
      {{100, 100, 50, 20}, 100, true, "Ready for training"},
      {{100, 100, 50, 9}, 89, false, "Need more feedback - encourage users to rate workflows"},
      {{1000, 1000, 300, 100}, 100, true, "Ready for training"},
      {{1000, 900, 20, 10}, 40, false, "Need more feedback - encourage users to rate workflows"},
      {{100, 100, 19, 20}, 75, false, "Continue collecting data"},
  };
  for (const Case& c : cases) {
    const Readiness readiness = assess("zapier", c.counts);
    EXPECT_EQ(readiness.score, c.score) << c.counts.total << " " << c.counts.quality;
    EXPECT_EQ(readiness.is_ready, c.ready) << c.counts.total;
    EXPECT_EQ(readiness.recommendation, c.recommendation) << c.counts.total;
  }
}

TEST(ReadinessTest, HasItsBands) {
  EXPECT_EQ(assess("p", ReadinessCounts{}).band, "not ready");
  EXPECT_EQ(assess("p", {100, 100, 5, 20}).band, "insufficient");
  EXPECT_EQ(assess("p", {100, 100, 19, 20}).band, "ready");
  EXPECT_EQ(assess("p", {450, 425, 93, 105}).band, "excellent");
}

TEST(StatsTest, CostsAreOfGigabytes) {
  const Costs costs = costs_of(int64_t{50} << 30, int64_t{10} << 30, {});
  EXPECT_DOUBLE_EQ(costs.hot, 6.25);
  EXPECT_DOUBLE_EQ(costs.cold, 0.15);
  EXPECT_DOUBLE_EQ(costs.without_archiving, 7.5);
  EXPECT_DOUBLE_EQ(costs.savings(), 1.10);
  EXPECT_NEAR(costs.savings_percentage(), 14.67, 0.01);
  EXPECT_NEAR(costs_of(52428800, 0, {}).hot, 0.0061, 0.0001);
}

TEST(StatsTest, HasTheShapeFrontEndsRead) {
  store::Totals totals;
  store::Counters& zapier = totals.by_platform["zapier"];
  zapier = {.interactions = 450,
            .succeeded = 425,
            .stored_bytes = 52428800,
            .signals = 105,
            .thumbs_up = 85,
            .thumbs_down = 12,
            .edits = 8,
            .with_feedback = 105,
            .positive = 85,
            .negative = 12,
            .quality = 93};
  totals.facets["language"]["en"] = 3;
  const auto json = json::parse(to_json(make_stats(std::move(totals), {})));
  ASSERT_TRUE(json) << json.error().message;
  EXPECT_EQ(json->find("overview")->find("total_records")->as_integer(), 450);
  EXPECT_EQ(json->find("storage")->find_string("supabase_size_display"), "50.00 MB");
  const json::Value& platform = *json->find("by_platform")->find("zapier");
  EXPECT_EQ(platform.find("success_rate")->text(), "94.44");
  EXPECT_EQ(platform.find("edited_count")->as_integer(), 8);
  EXPECT_EQ(json->find("training_readiness")->find("zapier")->find("readiness_score")->as_integer(), 85);
  EXPECT_EQ(json->find("recommendations")->items().front().text(), "✅ zapier: Ready for training with 450 examples");
  EXPECT_EQ(json->find("languages")->find("en")->as_integer(), 3);
}

}  // namespace
}  // namespace gleaner::insight
