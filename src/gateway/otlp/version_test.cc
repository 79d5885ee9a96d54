#include "gateway/otlp/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/otlp/testing/assembling.h"

namespace gleaner::gateway::otlp {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

using OtlpVersions = Assembling;

// What gateway/langfuse makes of an event: a version of a span, made at that second.
Span version(int number, int parent, std::string_view type, int made, Attributes said = {}) {
  Span out;
  out.trace_id = kTrace;
  out.span_id = span_id(number);
  if (parent != 0) out.parent_span_id = span_id(parent);
  out.attributes = std::move(said);
  out.attributes.push_back(attribute("langfuse.observation.type", std::string(type)));
  out.attributes.push_back({"gleaner.version", json::Value::number(std::to_string(made) + "000000000")});
  out.bytes = 500;
  return out;
}

Span begun(int number, int made) {
  Span out = version(number, 1, "generation", made,
                     {attribute("langfuse.observation.input", R"([{"role":"user","content":"Hi"}])"),
                      attribute("langfuse.observation.model.name", "m")});
  out.start_ns = 1'764'000'000'000'000'000;
  return out;
}

Span ended(int number, int made, std::string said = "Hello.") {
  Span out = version(number, 1, "generation", made, {attribute("langfuse.observation.output", std::move(said))});
  out.end_ns = 1'764'000'002'000'000'000;
  return out;
}

Span trace(int made, Attributes said = {}) {
  return version(1, 0, "trace", made, std::move(said));
}

TEST_F(OtlpVersions, VersionsOfASpanAreOne) {
  add_versions({trace(1), begun(2, 2)});
  pass(3s);
  add_versions({ended(2, 3)});
  EXPECT_THAT(ids(), IsEmpty());
  pass(10s);
  ASSERT_THAT(ids(), ::testing::ElementsAre(id_of(2)));
  const record::Interaction& one = last_.front();
  EXPECT_EQ(one.messages.text, R"([{"role":"user","content":"Hi"}])");
  EXPECT_EQ(one.output.text, R"({"role":"assistant","content":"Hello."})");
  EXPECT_EQ(one.model, "m");
  EXPECT_EQ(one.latency_ms, 2000);
  EXPECT_EQ(ignored(Ignored::kDuplicate), 1U);
  EXPECT_EQ(counts().spans, 3U);
  EXPECT_EQ(assembler_.held_bytes(), 0U);
}

TEST_F(OtlpVersions, TheVersionMadeLastHasTheLastWord) {
  add_versions({ended(2, 5, "Later."), trace(1)});
  add_versions({ended(2, 4, "Earlier."), begun(2, 3)});
  pass(10s);
  ASSERT_THAT(ids(), SizeIs(1));
  EXPECT_THAT(last_.front().output.text, HasSubstr("Later."));
  EXPECT_THAT(last_.front().messages.text, HasSubstr("Hi"));
}

TEST_F(OtlpVersions, ACallWithoutAnswerIsWaitedForLonger) {
  add_versions({trace(1), begun(2, 2)});
  pass(5min);
  EXPECT_THAT(ids(), IsEmpty());
  add_versions({ended(2, 3)});
  pass(10s);
  EXPECT_THAT(ids(), SizeIs(1));
  add_versions({ended(2, 4)});
  pass(20s);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(ignored(Ignored::kDuplicate), 2U);

  add_versions({version(7, 0, "trace", 1)});
  add_versions({begun(8, 1)});
  pass(11min);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(8)));
}

TEST_F(OtlpVersions, AnAssumedParentMovesNoSpan) {
  const auto assumed = [](Span span) {
    span.attributes.push_back(attribute("gleaner.assumed_parent", "true"));
    return span;
  };
  const auto agent = [](int number) {
    return version(number, 1, "agent", 2, {attribute("langfuse.observation.output", "Open.")});
  };
  Span begin = begun(2, 3);
  begin.parent_span_id = span_id(9);
  add_versions({trace(1), agent(9), begin});
  add_versions({assumed(ended(2, 4))});
  pass(10s);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(9)));

  // The other way round.
  add_versions({assumed(ended(5, 4)), version(8, 1, "agent", 2, {attribute("langfuse.observation.output", "Shut.")})});
  begin = begun(5, 3);
  begin.parent_span_id = span_id(8);
  add_versions({begin});
  pass(10s);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(8)));
  EXPECT_EQ(counts().steps, 2U);
}

TEST_F(OtlpVersions, AVersionCountsOnlyWhereNobodyElseCanHaveMadeIt) {
  TraceAssembler other{options_};
  TraceBatch batch;
  batch.resources.push_back({{}, {{{}, "", {begun(2, 2), ended(2, 3)}}}});
  other.add_traces(batch, now_);
  other.settle_all();
  EXPECT_EQ(other.counts().ignored_by(Ignored::kDuplicate), 1U);
  const auto out = other.take().interactions;
  ASSERT_THAT(out, SizeIs(1));
  EXPECT_TRUE(out.front().output.empty());
}

TEST_F(OtlpVersions, WhatManyVersionsAddHasALimit) {
  for (int i = 0; i < 20; ++i) {
    Attributes said;
    for (int k = 0; k < 100; ++k) {
      said.push_back(attribute("langfuse.observation.metadata.m" + std::to_string(100 * i + k), "x"));
    }
    add_versions({version(2, 1, "generation", i + 1, std::move(said))});
  }
  add_versions({trace(1), begun(2, 30), ended(2, 31)});
  EXPECT_LT(assembler_.held_bytes(), 100'000U);
  pass(10s);
  ASSERT_THAT(ids(), SizeIs(1));
  EXPECT_THAT(last_.front().output.text, HasSubstr("Hello."));
  EXPECT_THAT(last_.front().metadata.text, HasSubstr("m255"));
  EXPECT_FALSE(last_.front().metadata.text.contains("m256"));
}

// A resource as large as it may be stands beside every span that is held.
TEST_F(OtlpVersions, WhereSpansComeFromCounts) {
  const std::string name(10'000, 'x');
  TraceBatch batch;
  batch.resources.push_back({{{attribute("service.name", name)}}, {{{}, "", {begun(2, 2), begun(3, 2)}}}});
  assembler_.add_versions(batch, now_);
  EXPECT_GT(assembler_.held_bytes(), 20'000U);
  assembler_.settle_all();
  EXPECT_EQ(assembler_.held_bytes(), 0U);
}

TEST_F(OtlpVersions, ATraceWithoutAnAnswerIsWaitedForLonger) {
  const Attributes asked = {attribute("langfuse.trace.input", "Hi"), attribute("langfuse.user.id", "ann")};
  add_versions({trace(1, asked)});
  pass(30s);
  add_versions({begun(2, 30), ended(2, 31)});
  pass(10s);
  ASSERT_THAT(ids(), ::testing::ElementsAre(id_of(2)));
  EXPECT_EQ(last_.front().user_id, "ann");
  EXPECT_FALSE(last_.front().metadata.text.contains("late"));
  EXPECT_THAT(last_.front().items.text, HasSubstr(R"({"id":"otlp_)" + std::string(kTrace) + R"("})"));
}

TEST_F(OtlpVersions, ATraceWithoutAnAnswerIsNone) {
  add_versions({trace(1, {attribute("langfuse.trace.input", "Hi")})});
  pass(11min);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(assembler_.held_bytes(), 0U);
  EXPECT_EQ(ignored(Ignored::kNoContent), 1U);
}

TEST_F(OtlpVersions, ASpanThatHasNotEndedIsWaitedFor) {
  Span running = version(4, 1, "span", 1);
  running.start_ns = 1'764'000'000'000'000'000;
  add_versions({trace(1), running});
  pass(30s);
  EXPECT_GT(assembler_.held_spans(), 0U);
  running.end_ns = running.start_ns + 1;
  Span call = begun(2, 30);
  call.parent_span_id = running.span_id;
  add_versions({running, call, ended(2, 31)});
  pass(10s);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(2)));
  EXPECT_FALSE(last_.front().metadata.text.contains("late"));
  EXPECT_EQ(assembler_.held_spans(), 0U);
  EXPECT_EQ(ignored(Ignored::kNotGenAi), 1U);
}

TEST_F(OtlpVersions, ATraceIsACallWhereNothingInItIs) {
  const Attributes said = {attribute("langfuse.trace.input", "Hi"), attribute("langfuse.trace.output", "Hello.")};
  add_versions({trace(1, said), version(2, 1, "span", 2)});
  pass(10s);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(1)));
  EXPECT_THAT(last_.front().output.text, HasSubstr("Hello."));
}

TEST_F(OtlpVersions, ATraceWithACallInItOnlySaysWhoItWas) {
  const Attributes said = {attribute("langfuse.trace.input", "Hi"), attribute("langfuse.trace.output", "Hello."),
                           attribute("langfuse.user.id", "ann"), attribute("langfuse.session.id", "s")};
  add_versions({begun(2, 2), ended(2, 3)});
  add_versions({trace(1, said)});
  pass(10s);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(2)));
  EXPECT_EQ(last_.front().user_id, "ann");
  EXPECT_EQ(last_.front().session_id, "s");
  EXPECT_EQ(ignored(Ignored::kRepeatsCalls), 1U);
}

TEST_F(OtlpVersions, ALateCallKnowsWhoItsTraceWasOf) {
  add_versions({trace(1, {attribute("langfuse.user.id", "ann")}), begun(2, 2), ended(2, 3)});
  pass(10s);
  EXPECT_THAT(ids(), SizeIs(1));
  add_versions({begun(3, 30), ended(3, 31), trace(1)});
  pass(10s);
  ASSERT_THAT(ids(), ::testing::ElementsAre(id_of(3)));
  EXPECT_EQ(last_.front().user_id, "ann");
  EXPECT_THAT(last_.front().metadata.text, HasSubstr(R"("late":true)"));
}

}  // namespace
}  // namespace gleaner::gateway::otlp
