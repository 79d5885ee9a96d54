#include "record/verdict.h"

#include <gtest/gtest.h>

#include "record/codec.h"
#include "record/filter.h"

namespace gleaner::record {
namespace {

Verdict of(std::initializer_list<const char*> signals) {
  Verdict verdict;
  Decoder decoder;
  for (const char* const json : signals) {
    const auto signal = decoder.signal(json);
    EXPECT_TRUE(signal) << json;
    verdict.fold(*signal, true);
  }
  return verdict;
}

TEST(VerdictTest, WhatIsGoodEnoughToLearnFrom) {
  EXPECT_TRUE(of({R"({"kind":"thumbs_up","interaction_id":"a"})"}).quality());
  EXPECT_TRUE(of({R"({"kind":"edit","interaction_id":"a"})"}).quality());
  EXPECT_TRUE(of({R"({"kind":"correction","interaction_id":"a","output":"x"})"}).quality());
  EXPECT_TRUE(of({R"({"kind":"review","interaction_id":"a","value":"approved"})"}).quality());
  EXPECT_FALSE(of({R"({"kind":"thumbs_down","interaction_id":"a"})"}).quality());
  EXPECT_FALSE(of({R"({"kind":"like","interaction_id":"a"})"}).quality());
  EXPECT_FALSE(of({R"({"kind":"thumbs_up","interaction_id":"a"})",
                   R"({"kind":"review","interaction_id":"a","value":"rejected"})"})
                   .quality());
}

TEST(VerdictTest, EngagementIsNotFeedback) {
  const Verdict verdict =
      of({R"({"kind":"share","item_id":"a"})", R"({"kind":"bookmark","item_id":"a"})",
          R"({"kind":"like","item_id":"a"})", R"({"kind":"x","item_id":"a"})", R"({"kind":"view","item_id":"a"})"});
  EXPECT_EQ(verdict.engagement(), 3 + 2 + 1 - 1);
  EXPECT_EQ(verdict.feedback(), 0);
  EXPECT_EQ(verdict.viewers, 1);
  EXPECT_EQ(verdict.signals, 5);
}

TEST(VerdictTest, AViewIsCountedOncePerPerson) {
  Verdict verdict;
  Signal view;
  view.kind = SignalKind::kView;
  verdict.fold(view, true);
  verdict.fold(view, false);
  EXPECT_EQ(verdict.viewers, 1);
  EXPECT_EQ(verdict.signals, 2);
}

TEST(FilterTest, EveryConditionMustHold) {
  Interaction i;
  i.platform = "zapier";
  i.created_at = parse_time("2026-01-02").value();
  i.language = "en";
  i.response_chars = 100;
  i.tags = {"a", "b"};
  Filter filter;
  EXPECT_TRUE(filter.matches(i, {}, {}));
  filter.platform = "zapier";
  filter.language = "en";
  filter.tag = "b";
  filter.min_response_chars = 100;
  filter.max_response_chars = 100;
  filter.from = parse_time("2026-01-02").value();
  EXPECT_TRUE(filter.matches(i, {}, {}));
  filter.to = filter.from;
  EXPECT_FALSE(filter.matches(i, {}, {}));
  filter.to.reset();
  filter.feedback = Feedback::kPositive;
  EXPECT_FALSE(filter.matches(i, {}, {}));
  EXPECT_TRUE(filter.matches(i, of({R"({"kind":"thumbs_up","interaction_id":"a"})"}), {}));
}

}  // namespace
}  // namespace gleaner::record
