#include "gateway/metric/named_metric.h"

#include <gtest/gtest.h>

namespace gleaner::gateway {
namespace {

struct MetricCase {
  const char* name;
  const char* value;  // JSON
  const char* said;   // the signal
};

class NamedMetric : public ::testing::TestWithParam<MetricCase> {};

TEST_P(NamedMetric, IsASignal) {
  json::Value signal = json::Value::object();
  say_metric(signal, GetParam().name, *json::parse(GetParam().value));
  EXPECT_EQ(signal.dump(), GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, NamedMetric,
    ::testing::Values(
        MetricCase{"user-feedback", "1", R"({"reason":"user-feedback","kind":"thumbs_up","author":"human"})"},
        MetricCase{"User Feedback", "true", R"({"reason":"User Feedback","kind":"thumbs_up","author":"human"})"},
        MetricCase{"thumbs", "0", R"({"reason":"thumbs","kind":"thumbs_down","author":"human"})"},
        MetricCase{"thumbs", "-1", R"({"reason":"thumbs","kind":"thumbs_down","author":"human"})"},
        MetricCase{"feedback", "\"Positive\"", R"({"reason":"feedback","kind":"thumbs_up","author":"human"})"},
        MetricCase{"thumbs_down", "true", R"({"reason":"thumbs_down","kind":"thumbs_down","author":"human"})"},
        MetricCase{"thumbs_down", "false", R"({"reason":"thumbs_down","kind":"score","value":false})"},
        MetricCase{"user_feedback", "4.5",
                   R"({"reason":"user_feedback","kind":"rating","value":4.5,"author":"human"})"},
        MetricCase{"rating", "1", R"({"reason":"rating","kind":"rating","value":1,"author":"human"})"},
        MetricCase{"hallucinated", "true", R"({"reason":"hallucinated","kind":"score","value":true})"},
        MetricCase{"relevance", "0.80", R"({"reason":"relevance","kind":"score","value":0.80})"},
        MetricCase{"exact_match", "\"passed\"",
                   R"({"reason":"exact_match","kind":"score","value":true,"metadata":{"label":"passed"}})"},
        MetricCase{"tone", "\"curt\"", R"({"reason":"tone","kind":"comment","text":"curt"})"}));

TEST(NamedMetricNote, LeavesOutWhatSaysNothing) {
  json::Value signal = json::Value::object();
  for (const char* const nothing : {"null", "\"\"", "{}", "[]"}) note(signal, "x", *json::parse(nothing));
  EXPECT_EQ(signal.dump(), "{}");
  note(signal, "a", json::Value::string("1"));
  note(signal, "b", json::Value::number("2"));
  EXPECT_EQ(signal.dump(), R"({"metadata":{"a":"1","b":2}})");
}

TEST(NamedMetricNote, CountsWhatIsTooMuch) {
  json::Value members = *json::parse(R"({"not":1,"empty":""})");
  for (size_t i = 0; i < kMaxNotes + 2; ++i) members.set("m" + std::to_string(i), json::Value::number("1"));
  json::Value signal = json::Value::object();
  note_members(signal, members, "not");
  const json::Value& metadata = *signal.find("metadata");
  EXPECT_EQ(metadata.members().size(), kMaxNotes + 1);
  EXPECT_EQ(metadata.members().front().first, "m0");
  EXPECT_EQ(metadata.find("members_not_kept")->text(), "2");
}

}  // namespace
}  // namespace gleaner::gateway
