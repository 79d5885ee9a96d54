#include "record/condition.h"

#include <gtest/gtest.h>

#include "record/codec.h"
#include "record/filter.h"

namespace gleaner::record {
namespace {

Interaction sample() {
  auto decoded = Decoder().interaction(
      R"({"id":"a1","platform":"web","kind":"chat","created_at":"2026-11-20T10:00:00Z","output":"x","model":"small",
          "success":false,"tags":["billing","refund"],"quality_score":7.5,"latency_ms":120,"error":"timeout",
          "metadata":{"customer":{"tier":"gold","seats":12,"trial":false},"labels":["a","b"]}})");
  EXPECT_TRUE(decoded) << decoded.error().message;
  return *std::move(decoded);
}

Verdict verdict() {
  Verdict v;
  v.thumbs_up = 2;
  v.likes = 3;
  v.dismissals = 1;
  v.viewers = 10;
  v.ratings = 2;
  v.rating_sum = 9;
  return v;
}

std::vector<Signal> signals() {
  std::vector<Signal> out;
  for (const char* const json :
       {R"({"kind":"score","interaction_id":"a1","value":0.75,"author":"model","metadata":{"name":"helpful"},
            "created_at":"2026-11-20T11:00:00Z"})",
        R"({"kind":"score","interaction_id":"a1","value":0.25,"author":"human","metadata":{"name":"polite"}})",
        R"({"kind":"thumbs_up","interaction_id":"a1","user_id":"u-1"})"}) {
    auto decoded = Decoder().signal(json);
    EXPECT_TRUE(decoded) << json;
    out.push_back(*std::move(decoded));
  }
  return out;
}

TEST(ConditionTest, HoldsOrNot) {
  struct Case {
    const char* json;
    bool holds;
  };
  const Case cases[] = {
      {R"({"platform":"web"})", true},
      {R"({"platform":{"ne":"web"}})", false},
      {R"({"platform":["n8n","web"]})", true},
      {R"({"platform":{"not_in":["n8n","web"]}})", false},
      {R"({"platform":"web","kind":"agent"})", false},
      {R"({"or":[{"kind":"agent"},{"platform":"web"}]})", true},
      {R"({"and":[{"kind":"chat"},{"not":{"platform":"web"}}]})", false},
      {R"({"not":{"and":[{"kind":"chat"},{"platform":"n8n"}]}})", true},
      {R"({"quality_score":{"gte":7,"lt":8}})", true},
      {R"({"quality_score":{"gt":7.5}})", false},
      {R"({"created_at":{"gte":"2026-11-20T10:00:00Z","lt":"2026-11-20T10:00:01+00:00"}})", true},
      {R"({"created_at":{"lt":"2026-11-20"}})", false},
      {R"({"success":false})", true},
      {R"({"tags":"refund"})", true},
      {R"({"tags":{"ne":"refund"}})", false},
      {R"({"tags":{"contains":"refund"}})", true},
      {R"({"tags":{"contains":"fund"}})", false},
      {R"({"tags":{"starts_with":"bill"}})", true},
      {R"({"model":{"contains":"mal"}})", true},
      {R"({"language":"en"})", false},
      {R"({"language":{"ne":"en"}})", true},
      {R"({"language":null})", true},
      {R"({"language":{"exists":true}})", false},
      {R"({"error":{"exists":true}})", true},
      {R"({"trajectory":{"exists":false}})", true},
      {R"({"metadata.customer.tier":"gold"})", true},
      {R"({"metadata.customer.seats":{"gt":10}})", true},
      {R"({"metadata.customer.trial":false})", true},
      {R"({"metadata.customer.none":{"exists":false}})", true},
      {R"({"metadata.labels":"b"})", true},
      {R"({"metadata.customer.seats":"12"})", false},
      {R"({"verdict.viewers":{"gte":10},"verdict.net_likes":{"gt":0}})", true},
      {R"({"verdict.net_likes":{"gt":2}})", false},
      {R"({"verdict.positive":true})", true},
      {R"({"verdict.engagement":{"gte":2}})", true},
      {R"({"verdict.rating_mean":{"gte":4.5}})", true},
      {R"({"signal":{"kind":"score","metadata.name":"helpful","value":{"gte":0.7}}})", true},
      {R"({"signal":{"kind":"score","metadata.name":"polite","value":{"gte":0.7}}})", false},
      {R"({"signal":{"or":[{"user_id":"u-2"},{"kind":["thumbs_up","like"]}]}})", true},
      {R"({"signal":{"kind":"score","not":{"author":["human","model"]}}})", false},
      {R"({"not":{"signal":{"author":"code"}}})", true},
      {R"({"and":[{"platform":"web"},{"signal":{"created_at":{"gt":"2026-11-20T10:59:59Z"}}}]})", true},
      {R"({"signal":{"reason":{"exists":true}}})", false},
  };
  const Interaction interaction = sample();
  const Verdict v = verdict();
  for (const Case& c : cases) {
    const auto condition = Condition::parse(std::string_view(c.json));
    ASSERT_TRUE(condition) << c.json << ": " << condition.error().message;
    EXPECT_EQ((*condition)->matches(interaction, v, signals()), c.holds) << c.json;
  }
}

TEST(ConditionTest, SaysWhatIsWrong) {
  struct Case {
    const char* json;
    const char* says;
  };
  const Case cases[] = {
      {R"([])", "filter: expected an object with a condition, got an array"},
      {R"({})", "filter: expected an object with a condition, got an object"},
      {R"({"and":[]})", "and: expected an array of conditions, got an array"},
      {R"({"and":[{"platform":"a"},7]})", "and[1]: expected an object with a condition, got a number"},
      {R"({"colour":"red"})", "colour: expected and, or, not, signal, a field (id, platform,"},
      {R"({"platform.name":"red"})", "platform.name: expected and, or, not, signal, a field"},
      {R"({"signal":"thumbs_up"})", "signal: expected an object with a condition, got \"thumbs_up\""},
      {R"({"signal":{"platform":"web"}})", "signal.platform: expected and, or, not, a field (id, interaction_id,"},
      {R"({"signal":{"signal":{"kind":"score"}}})", "signal.signal: expected and, or, not, a field (id,"},
      {R"({"verdict.love":1})", "verdict.love: expected one of signals, thumbs_up,"},
      {R"({"platform":{"is":"a"}})", "platform: expected an operator, one of eq, ne,"},
      {R"({"platform":{"in":"a"}})", "platform.in: expected an array of values, got \"a\""},
      {R"({"or":[{"created_at":{"gt":5}}]})", "or[0].created_at.gt: expected an RFC 3339 time, got a number"},
      {R"({"created_at":{"gt":"soon"}})", "created_at.gt: "},
      {R"({"model":{"contains":5}})", "model.contains: expected a string, got a number"},
      {R"({"model":{"eq":[1]}})", "model.eq: expected a string, a number, true or false, got an array"},
      {R"({"model":{"exists":1}})", "model.exists: expected true or false, got a number"},
      {R"({"model":)", "not valid JSON"},
  };
  for (const Case& c : cases) {
    const auto condition = Condition::parse(std::string_view(c.json));
    ASSERT_FALSE(condition) << c.json;
    EXPECT_TRUE(condition.error().message.starts_with(c.says)) << c.json << "\n  says: " << condition.error().message;
    EXPECT_EQ(condition.error().code, Code::kInvalidArgument);
  }
}

TEST(FilterTest, AConditionNarrowsWhatStoresLookAtFirst) {
  Filter filter;
  const auto json = json::parse(
      R"({"and":[{"platform":"web"},{"created_at":{"gte":"2026-11-20T00:00:00Z","lt":"2026-11-21T00:00:00Z"}},
          {"or":[{"success":true},{"kind":"chat"}]},{"success":{"eq":false}}]})");
  ASSERT_TRUE(filter.set_condition(json.value()));
  EXPECT_EQ(filter.platform, "web");
  EXPECT_EQ(filter.success, false);
  EXPECT_EQ(format_time(filter.from.value()), "2026-11-20T00:00:00.000Z");
  EXPECT_EQ(format_time(filter.to.value()), "2026-11-21T00:00:00.000Z");
  EXPECT_TRUE(filter.matches(sample(), verdict(), {}));

  Filter either;
  ASSERT_TRUE(either.set_condition(json::parse(R"({"or":[{"platform":"n8n"},{"platform":"web"}]})").value()));
  EXPECT_EQ(either.platform, "");
  EXPECT_TRUE(either.matches(sample(), verdict(), {}));
  either.platform = "n8n";
  EXPECT_FALSE(either.matches(sample(), verdict(), {}));
}

}  // namespace
}  // namespace gleaner::record
