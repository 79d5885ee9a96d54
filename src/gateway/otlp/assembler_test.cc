#include "gateway/otlp/assembler.h"

#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/otlp/testing/assembling.h"

namespace gleaner::gateway::otlp {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using namespace std::chrono_literals;

Span span(int number, int parent, Attributes attributes, std::string_view trace = kTrace) {
  Span out;
  out.trace_id = trace;
  out.span_id = span_id(number);
  if (parent != 0) out.parent_span_id = span_id(parent);
  out.name = "span " + std::to_string(number);
  out.start_ns = 1'764'000'000'000'000'000 + static_cast<uint64_t>(number) * 1'000'000;
  out.end_ns = out.start_ns + 500'000;
  out.attributes = std::move(attributes);
  out.bytes = 1'000;
  return out;
}

Span model(int number, int parent, std::string said = "Hello.") {
  return span(number, parent,
              {attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.request.model", "m"),
               attribute("gen_ai.input.messages", R"([{"role":"user","parts":[{"type":"text","content":"Hi"}]}])"),
               attribute("gen_ai.output.messages",
                         R"([{"role":"assistant","parts":[{"type":"text","content":")" + said + R"("}]}])")});
}

Span silent_model(int number, int parent) {
  return span(number, parent, {attribute("gen_ai.operation.name", "chat"), attribute("gen_ai.request.model", "m")});
}

Span tool(int number, int parent) {
  return span(number, parent,
              {attribute("gen_ai.operation.name", "execute_tool"), attribute("gen_ai.tool.name", "look"),
               attribute("gen_ai.tool.call.result", "seen")});
}

Span agent(int number, int parent) {
  return span(number, parent, {attribute("gen_ai.operation.name", "invoke_agent")});
}

Span other(int number, int parent) {
  return span(number, parent, {attribute("http.route", "/")});
}

LogBatch log(int number, std::string name, std::string content) {
  LogRecord record;
  record.trace_id = kTrace;
  record.span_id = span_id(number);
  record.event_name = std::move(name);
  record.body = json::Value::object({{"content", json::Value::string(std::move(content))}});
  LogBatch batch;
  batch.resources.push_back({{}, {{{}, {record}}}});
  return batch;
}

using OtlpAssembler = Assembling;

TEST_F(OtlpAssembler, ALoneCallComesOutAtOnce) {
  add({model(2, 1), other(1, 0)});
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(2)));
  pass(1h);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(assembler_.held_spans(), 0U);
}

TEST_F(OtlpAssembler, ACallWaitsForItsAncestors) {
  add({model(3, 2)});
  EXPECT_THAT(ids(), IsEmpty());
  add({other(2, 1)});
  EXPECT_THAT(ids(), IsEmpty());
  add({other(1, 0)});
  EXPECT_THAT(ids(), SizeIs(1));
}

TEST_F(OtlpAssembler, ARunIsHeldUntilItIsQuiet) {
  add({model(2, 1), tool(3, 1)});
  pass(20s);
  EXPECT_THAT(ids(), IsEmpty());  // its root has not come
  add({agent(1, 0)});
  pass(9s);
  EXPECT_THAT(ids(), IsEmpty());
  add({model(4, 1, "Done.")});  // later than its parent
  pass(9s);
  EXPECT_THAT(ids(), IsEmpty());
  pass(1s);
  ASSERT_THAT(ids(), ::testing::ElementsAre(id_of(1)));
  const json::Value steps = *json::parse(last_.at(0).trajectory.text);
  ASSERT_EQ(steps.items().size(), 3U);
  EXPECT_EQ(steps.items()[0].find_string("id"), id_of(2));
  EXPECT_EQ(steps.items()[1].find_string("type"), "tool");
  EXPECT_EQ(steps.items()[2].find_string("id"), id_of(4));
  EXPECT_EQ(last_.at(0).output.text, R"({"role":"assistant","content":"Done."})");
  EXPECT_EQ(counts().steps, 3U);
}

TEST_F(OtlpAssembler, ATraceWithoutARootComesOutInTheEnd) {
  add({model(2, 1), agent(1, 99)});
  pass(59s);
  EXPECT_THAT(ids(), IsEmpty());
  pass(1s);
  EXPECT_THAT(ids(), SizeIs(1));
}

TEST_F(OtlpAssembler, AgentsInsideOneAnotherAreOneRun) {
  add({model(4, 3), tool(5, 3), agent(3, 2), other(2, 1), agent(1, 0)});
  pass(10s);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(1)));
  EXPECT_EQ(counts().steps, 2U);
  EXPECT_EQ(ignored(Ignored::kRepeatsCalls), 1U);
}

TEST_F(OtlpAssembler, TwoRunsOfOneTraceAreTwo) {
  add({model(3, 2), agent(2, 1), model(5, 4), agent(4, 1), other(1, 0)});
  pass(10s);
  EXPECT_THAT(ids(), ::testing::UnorderedElementsAre(id_of(2), id_of(4)));
}

TEST_F(OtlpAssembler, OfCallsInsideOneAnotherTheInnermostWithContentCounts) {
  add({model(3, 2, "inner"), model(2, 1, "outer"), silent_model(4, 3), other(1, 0)});
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(3)));
  pass(10s);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(ignored(Ignored::kRepeatsCalls), 1U);
  EXPECT_EQ(ignored(Ignored::kNoContent), 1U);
}

TEST_F(OtlpAssembler, WhatComesLateIsNotLost) {
  add({model(2, 1), agent(1, 0)});
  pass(10s);
  EXPECT_THAT(ids(), SizeIs(1));
  add({tool(3, 1), model(4, 1, "late")});
  EXPECT_THAT(ids(), IsEmpty());
  pass(10s);
  ASSERT_THAT(ids(), ::testing::UnorderedElementsAre(id_of(3), id_of(4)));
  for (const auto& one : last_) {
    EXPECT_THAT(one.metadata.text, HasSubstr(R"("late":true)"));
    EXPECT_THAT(one.metadata.text, HasSubstr(R"("trace_id":")" + std::string(kTrace)));
  }
  EXPECT_EQ(counts().late, 2U);
}

TEST_F(OtlpAssembler, ASpanThatComesAgainIsCounted) {
  add({model(1, 0), model(1, 0)});
  EXPECT_THAT(ids(), SizeIs(1));
  add({model(1, 0)});
  pass(10s);
  add({model(1, 0)});
  pass(1h);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(ignored(Ignored::kDuplicate), 3U);
}

TEST_F(OtlpAssembler, ContentInLogsFindsItsSpan) {
  add(log(1, "gen_ai.user.message", "Hi"));
  add({silent_model(1, 0)});
  add(log(1, "gen_ai.choice", "Hello."));
  EXPECT_THAT(ids(), IsEmpty());
  pass(10s);
  ASSERT_THAT(ids(), ::testing::ElementsAre(id_of(1)));
  EXPECT_EQ(last_[0].messages.text, R"([{"role":"user","content":"Hi"}])");
  EXPECT_EQ(last_[0].output.text, R"({"role":"assistant","content":"Hello."})");
  EXPECT_EQ(last_[0].model, "m");
  add(log(1, "gen_ai.choice", "Hello again."));
  EXPECT_EQ(counts().late_logs, 1U);
  EXPECT_EQ(counts().content_logs, 2U);
}

TEST_F(OtlpAssembler, ContentInLogsWithoutASpanIsAnInteraction) {
  add(log(1, "gen_ai.user.message", "Hi"));
  add(log(1, "unrelated", "x"));
  pass(60s);
  EXPECT_THAT(ids(), ::testing::ElementsAre(id_of(1)));
  EXPECT_EQ(counts().interactions, 0U);
  EXPECT_EQ(counts().interactions_of_logs, 1U);
  EXPECT_EQ(counts().ignored_logs, 1U);
}

TEST_F(OtlpAssembler, ACallWithoutContentIsCounted) {
  add({silent_model(1, 0)});
  pass(10s);
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(ignored(Ignored::kNoContent), 1U);
}

TEST_F(OtlpAssembler, SpansWithoutIdsComeOutByWhatTheySay) {
  Span one = model(1, 0, "one");
  Span two = model(1, 0, "two");
  one.trace_id = two.trace_id = "";
  add({one, two, one});
  const auto all = ids();
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_NE(all[0], all[1]);
  EXPECT_EQ(all[0], all[2]);
}

TEST_F(OtlpAssembler, SessionAndUserOfSpansAroundCount) {
  add({model(2, 1), span(1, 0, {attribute("session.id", "s"), attribute("user.id", "u")})});
  ids();
  ASSERT_THAT(last_, SizeIs(1));
  EXPECT_EQ(last_[0].session_id, "s");
  EXPECT_EQ(last_[0].user_id, "u");
}

TEST_F(OtlpAssembler, TellsWhichBatchesAreStillNeeded) {
  EXPECT_EQ(assembler_.first_unsettled(), 1U);
  add({model(1, 0)});
  EXPECT_EQ(assembler_.first_unsettled(), 2U);
  add({tool(12, 11)});
  add({other(13, 11)});
  EXPECT_EQ(assembler_.first_unsettled(), 2U);
  add({agent(11, 0)});
  pass(10s);
  EXPECT_EQ(assembler_.first_unsettled(), 5U);
}

TEST_F(OtlpAssembler, ParentsInACircleDoNoHarm) {
  add({model(1, 2), model(2, 1), agent(3, 4), tool(4, 3)});
  pass(60s);
  EXPECT_THAT(ids(), Not(IsEmpty()));
  EXPECT_EQ(assembler_.held_spans(), 0U);
}

class OtlpBounds : public OtlpAssembler {
 protected:
  void with(AssemblerOptions options) { bounded_ = std::make_unique<TraceAssembler>(options); }
  void add_to(std::vector<Span> spans) {
    TraceBatch batch;
    batch.resources.push_back({{}, {{{}, "", std::move(spans)}}});
    bounded_->add_traces(batch, now_);
  }
  static std::string trace(int number) {
    std::string id = std::to_string(number);
    return std::string(31 - id.size(), '0') + id + "a";
  }
  std::unique_ptr<TraceAssembler> bounded_;
};

TEST_F(OtlpBounds, ALongTraceComesOutInPieces) {
  with({.max_trace_spans = 3});
  for (int i = 2; i < 10; ++i) add_to({tool(i, 1)});
  EXPECT_LE(bounded_->held_spans(), 3U);
  bounded_->settle_all();
  EXPECT_EQ(bounded_->take().interactions.size(), 8U);
  EXPECT_EQ(bounded_->counts().late, 4U);
}

TEST_F(OtlpBounds, TheTraceThatWasQuietLongestGoesFirst) {
  with({.max_traces = 2});
  for (int i = 1; i <= 2; ++i) {
    Span one = tool(i, 99);
    one.trace_id = trace(i);
    add_to({one});
  }
  Span again = tool(7, 99);
  again.trace_id = trace(1);
  Span third = tool(3, 99);
  third.trace_id = trace(3);
  add_to({again, third});
  const auto out = bounded_->take().interactions;
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].id, "otlp_" + trace(2) + "_" + span_id(2));
}

TEST_F(OtlpBounds, BytesAndSpansAreBounded) {
  with({.max_spans = 5});
  for (int i = 1; i < 50; ++i) {
    Span one = tool(i, 99);
    one.trace_id = trace(i);
    add_to({one});
    EXPECT_LE(bounded_->held_spans(), 5U);
  }
  with({.max_bytes = 4'500});
  for (int i = 1; i < 50; ++i) {
    Span one = tool(i, 99);
    one.trace_id = trace(i);
    add_to({one});
    EXPECT_LE(bounded_->held_bytes(), 4'500U);
  }
  bounded_->settle_all();
  EXPECT_EQ(bounded_->held_bytes(), 0U);
  EXPECT_EQ(bounded_->take().interactions.size(), 49U);
}

// Of Langfuse's calls, the last one that began answers for the trace, and for the spans around it.
TEST_F(OtlpAssembler, JudgementsOfATraceGoToItsLastCall) {
  Span first = model(2, 1);
  Span second = model(3, 4);
  for (Span* const one : {&first, &second}) one->attributes.push_back(attribute("langfuse.session.id", "s"));
  add({first, second, other(4, 1), other(1, 0)});
  ASSERT_THAT(ids(), SizeIs(2));
  const std::string trace_item = R"({"id":"otlp_)" + std::string(kTrace) + R"("})";
  EXPECT_EQ(last_[0].items.text, "");
  EXPECT_EQ(last_[1].items.text,
            R"([{"id":")" + id_of(4) + R"("},{"id":")" + id_of(1) + R"("},)" + trace_item + R"(,{"id":"session:s"}])");
}

TEST_F(OtlpAssembler, WithoutLangfuseNoItemsAreMade) {
  add({model(2, 1), other(1, 0)});
  ASSERT_THAT(ids(), SizeIs(1));
  EXPECT_EQ(last_.front().items.text, "");
}

}  // namespace
}  // namespace gleaner::gateway::otlp
