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
  const Costs costs = costs_of({int64_t{50} << 30, int64_t{10} << 30, int64_t{10} << 30}, {});
  EXPECT_DOUBLE_EQ(costs.hot, 6.25);
  EXPECT_DOUBLE_EQ(costs.cold, 0.15);
  EXPECT_DOUBLE_EQ(costs.without_archiving, 7.5);
  EXPECT_DOUBLE_EQ(costs.savings(), 1.10);
  EXPECT_NEAR(costs.savings_percentage(), 14.67, 0.01);
  EXPECT_NEAR(costs_of({52428800, 0, 0}, {}).hot, 0.0061, 0.0001);
  const Costs dear = costs_of({int64_t{1} << 30, int64_t{2} << 30, int64_t{8} << 30}, {10, 1});
  EXPECT_DOUBLE_EQ(dear.total(), 12);
  EXPECT_DOUBLE_EQ(dear.without_archiving, 90);
  EXPECT_DOUBLE_EQ(dear.savings(), 78);
  EXPECT_DOUBLE_EQ(dear.possible_savings, 9);
}

TEST(StatsTest, ArchivedRecordsWouldTakeWhatHotOnesTake) {
  store::Totals totals;
  // A quarter of the records is hot, and a byte of them takes 400 / (4000 / 4) in the store.
  totals.by_platform["zapier"] = {.interactions = 100, .raw_bytes = 4000, .stored_bytes = 400};
  totals.archived["zapier"] = {.records = 75, .raw_bytes = 3000, .stored_bytes = 300, .objects = 3};
  EXPECT_EQ(sizes_of(totals).hot, 400);
  EXPECT_EQ(sizes_of(totals).cold, 300);
  EXPECT_EQ(sizes_of(totals).cold_if_hot, 1200);
  // Another platform, all of it archived, goes by all that is hot: 125 of 150 records are not.
  totals.by_platform["make"] = {.interactions = 50, .raw_bytes = 2000};
  totals.archived["make"] = {.records = 50, .raw_bytes = 2000, .stored_bytes = 100, .objects = 1};
  EXPECT_EQ(sizes_of(totals).cold_if_hot, 1200 + 2000 * 400 / 1000);
  EXPECT_EQ(all_archived(totals).records, 125);
  EXPECT_EQ(all_archived(totals).objects, 4);
}

TEST(StatsTest, WhereNothingIsHotArchivedRecordsCountUncompressed) {
  store::Totals totals;
  totals.by_platform["zapier"] = {.interactions = 10, .raw_bytes = 1000};
  totals.archived["zapier"] = {.records = 10, .raw_bytes = 1000, .stored_bytes = 200, .objects = 1};
  EXPECT_EQ(sizes_of(totals).cold_if_hot, 1000);
  EXPECT_EQ(sizes_of({}).cold_if_hot, 0);
}

TEST(StatsTest, SaysWhatIsArchived) {
  store::Totals totals;
  totals.by_platform["zapier"] = {.interactions = 100, .raw_bytes = 4000, .stored_bytes = int64_t{1} << 30};
  totals.archived["zapier"] = {.records = 75, .raw_bytes = 3000, .stored_bytes = int64_t{1} << 29, .objects = 3};
  const auto json = json::parse(to_json(make_stats(std::move(totals), {1, 0.5})));
  ASSERT_TRUE(json) << json.error().message;
  const json::Value& overview = *json->find("overview");
  EXPECT_EQ(overview.find("total_records")->as_integer(), 100);
  EXPECT_EQ(overview.find("active_records")->as_integer(), 25);
  EXPECT_EQ(overview.find("archived_records")->as_integer(), 75);
  const json::Value& storage = *json->find("storage");
  EXPECT_EQ(storage.find_string("supabase_size_display"), "1.00 GB");
  EXPECT_EQ(storage.find_string("archived_size_display"), "512.00 MB");
  EXPECT_EQ(storage.find("total_size_bytes")->as_integer(), (int64_t{1} << 30) + (int64_t{1} << 29));
  const json::Value& costs = *json->find("costs");
  EXPECT_DOUBLE_EQ(costs.find("supabase_monthly_usd")->as_double(), 1);
  EXPECT_DOUBLE_EQ(costs.find("r2_monthly_usd")->as_double(), 0.25);
  EXPECT_DOUBLE_EQ(costs.find("cost_without_archiving_usd")->as_double(), 4);
  EXPECT_DOUBLE_EQ(costs.find("savings_monthly_usd")->as_double(), 2.75);
  EXPECT_EQ(json->find("by_platform")->find("zapier")->find("archived_count")->as_integer(), 75);
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
