#include "query/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "archive/testing/world.h"
#include "dataset/build.h"

namespace gleaner::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class QueryTest : public testing::Test {
 protected:
  QueryTest() {
    archive::fill(tiers_.store());
    // Never joined: nothing of that id comes.
    archive::put(tiers_.store(), {store::samples::signal("nobody", "lost", "report", "")});
  }

  Result<std::vector<std::string>> ask(std::string_view sql) {
    const auto tiers = tiers_.tiers();
    TRY_ASSIGN(const auto database, open({tiers_.store(), tiers.catalog, versions_, "default"}, {.threads = 2}));
    TRY_ASSIGN(const auto rows, database->rows(sql));
    std::vector<std::string> out;
    std::vector<std::optional<std::string_view>> row;
    while (true) {
      TRY_ASSIGN(const bool more, rows->next(row));
      if (!more) return out;
      std::string line;
      for (const auto& value : row) line += (line.empty() ? "" : "|") + std::string(value.value_or("NULL"));
      out.push_back(std::move(line));
    }
  }

  std::vector<std::string> expect(std::string_view sql) {
    auto rows = ask(sql);
    EXPECT_TRUE(rows) << sql << ": " << (rows ? "" : rows.error().message);
    return rows ? *std::move(rows) : std::vector<std::string>();
  }

  archive::Folder folder_;
  archive::TwoTiers tiers_{folder_.path()};
  const dataset::Versions versions_{folder_.path() + "/datasets", "default"};
};

TEST_F(QueryTest, RecentAndArchivedAreTheSame) {
  const std::vector<std::string> questions = {
      "select platform, language, count(*), sum(thumbs_up), sum(likes) from interactions group by all order by all",
      "select id, created_at, user_id, tags, messages, engagement, positive from interactions order by id",
      "select kind, count(*), count(distinct interaction_id) from signals group by all order by all",
      "select id, interaction_id, user_id, created_at from signals order by id",
  };
  std::vector<std::vector<std::string>> hot;
  for (const std::string& question : questions) hot.push_back(expect(question));
  EXPECT_EQ(hot[1].size(), 120);
  EXPECT_THAT(hot[2], ElementsAre("like|12|12", "report|1|1", "thumbs_up|30|30"));
  ASSERT_TRUE(tiers_.archive_all());
  for (size_t i = 0; i < questions.size(); ++i) EXPECT_EQ(expect(questions[i]), hot[i]) << questions[i];
}

TEST_F(QueryTest, ConditionNarrowsWhatIsRead) {
  const auto count = [this](const std::string& table, const std::string& filter) {
    return expect("select count(*) from read_" + table + "(filter := '" + filter + "')").front();
  };
  EXPECT_EQ(count("interactions", R"({"platform":"web","created_at":{"gte":"2026-11-19"}})"), "28");
  EXPECT_EQ(count("interactions", R"({"created_at":{"gte":"2026-11-18T23:00:00Z","lt":"2026-11-19"}})"), "0");
  EXPECT_EQ(count("signals", R"({"verdict.likes":{"gt":0}})"), "12");
  EXPECT_EQ(count("signals", R"({"verdict.reports":{"gt":0}})"), "0");
  const auto wrong = ask(R"(select 1 from read_interactions(filter := '{"nothing":1}'))");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kInvalidArgument);
  EXPECT_THAT(wrong.error().message, HasSubstr("nothing: expected and, or, not, signal, a field"));
}

TEST_F(QueryTest, ErrorsOfTheArchiveAreTold) {
  ASSERT_TRUE(tiers_.archive_all());
  const auto parts = tiers_.tiers().catalog.parts("default", std::nullopt, std::nullopt).value();
  ASSERT_TRUE(tiers_.objects().erase(parts.front().key));
  const auto failed = ask("select sum(length(messages::varchar)) from interactions");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kDataLoss) << failed.error().message;
}

TEST_F(QueryTest, ExamplesOfValidVersions) {
  EXPECT_THAT(expect("select count(*) from examples"), ElementsAre("0"));
  std::vector<store::Write> writes;
  for (int i = 0; i < 30; ++i) {
    const std::string n = std::to_string(i);
    writes.push_back(store::samples::interaction(
        "chat-" + n,
        R"("messages":[{"role":"user","content":"What is question )" + n + R"(?"}],"session_id":"s)" + n + "\""));
  }
  archive::put(tiers_.store(), std::move(writes));
  const auto recipe = dataset::parse_recipe(
      json::parse(R"({"filter":{"id":{"starts_with":"chat-"}},"near_duplicates":0,)"
                  R"("formats":["parquet","sharegpt","openai"],"splits":{"train":0.5,"test":0.5}})")
          .value());
  ASSERT_TRUE(recipe) << recipe.error().message;
  for (int i = 0; i < 2; ++i) {
    const auto built = dataset::build(tiers_.store(), versions_, tiers_.clock(),
                                      {.project = "default", .name = "chats", .recipe = *recipe});
    ASSERT_TRUE(built) << built.error().message;
  }
  EXPECT_THAT(expect("select dataset, version, format, count(*), count(distinct ids[1]) from examples group by all "
                     "order by all"),
              ElementsAre("chats|1|sharegpt|30|30", "chats|2|sharegpt|30|30"));
  // Each example is the one of its interaction, in whichever split it lies.
  EXPECT_THAT(expect("select count(*) from examples join interactions i on i.id = ids[1] where "
                     "(example->'conversations'->1->>'value') = (i.output->>'content')"),
              ElementsAre("60"));
  EXPECT_THAT(expect("select count(*) from read_parquet('" + versions_.find("chats@1")->folder +
                     "/parquet/*.parquet') p join examples e on e.ids = p.interaction_ids where version = 1"),
              ElementsAre("30"));
  ASSERT_TRUE(
      versions_.invalidate({.interactions = {"chat-7"}, .users = {}, .everything = false}, tiers_.clock().now()));
  EXPECT_THAT(expect("select count(*) from examples"), ElementsAre("0"));
}

TEST_F(QueryTest, AnotherProjectIsNotSeen) {
  EXPECT_THAT(expect("select count(*) from interactions where id = 'other'"), ElementsAre("0"));
}

}  // namespace
}  // namespace gleaner::query
