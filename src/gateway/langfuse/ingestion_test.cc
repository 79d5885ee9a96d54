#include "gateway/langfuse/ingestion.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/langfuse/id.h"
#include "gateway/langfuse/limit.h"
#include "gateway/otlp/assembler.h"
#include "gateway/otlp/decode.h"
#include "record/codec.h"

namespace gleaner::gateway::langfuse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::string_view kTrace = "4aa4a730-bd6e-43db-809b-9d5fd81a812b";

Ingested ingest(const std::string& events) {
  auto read = read_ingestion(R"({"batch":[)" + events + R"(],"metadata":{"sdk_name":"python"}})");
  EXPECT_TRUE(read) << read.error().message;
  return read ? *std::move(read) : Ingested{};
}

std::string event(std::string_view type, std::string_view body, std::string_view second = "01") {
  return R"({"id":"e-)" + std::string(second) + R"(","type":")" + std::string(type) +
         R"(","timestamp":"2026-11-22T10:02:)" + std::string(second) + R"(.500Z","body":)" + std::string(body) + "}";
}

std::vector<record::Interaction> interactions_of(const Ingested& ingested) {
  const auto batch = otlp::traces_from_json(ingested.spans);
  EXPECT_TRUE(batch) << batch.error().message;
  otlp::TraceAssembler assembler;
  if (batch) assembler.add_versions(*batch, from_ms(0));
  assembler.settle_all();
  return assembler.take().interactions;
}

// As langfuse 2.60 for Python writes them.
const std::string kWhole =
    event("trace-create", R"({"id":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","timestamp":"2026-11-22T10:02:01Z",
      "name":"tram","userId":"u1","sessionId":"s1","input":{"q":1},"metadata":{"m":1},"tags":["a"]})") +
    "," +
    event("generation-create", R"({"traceId":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","name":"chat","id":"g-1",
      "startTime":"2026-11-22T10:02:02.000Z","model":"gpt-4.1-mini","modelParameters":{"temperature":"0.2","top":"x"},
      "input":[{"role":"user","content":"Where?"}]})",
          "02") +
    "," +
    event("generation-update", R"({"traceId":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","id":"g-1",
      "endTime":"2026-11-22T10:02:04.500Z","completionStartTime":"2026-11-22T10:02:03.000Z",
      "output":{"role":"assistant","content":"There."},"level":"DEFAULT","metadata":{"shop":"west"},
      "usage":{"input":11,"output":4,"total":15,"unit":"TOKENS","inputCost":0.001,"outputCost":0.002}})",
          "03");

TEST(LangfuseIngestion, CreationAndUpdateAreOneInteraction) {
  const Ingested read = ingest(kWhole);
  ASSERT_THAT(read.events, SizeIs(3));
  for (const auto& one : read.events) EXPECT_FALSE(one.refused()) << one.error.message;
  const auto found = interactions_of(read);
  ASSERT_THAT(found, SizeIs(1));
  const record::Interaction& one = found.front();
  EXPECT_EQ(one.id, record_id(kTrace, "g-1"));
  EXPECT_EQ(one.messages.text, R"([{"role":"user","content":"Where?"}])");
  EXPECT_EQ(one.output.text, R"({"role":"assistant","content":"There."})");
  EXPECT_EQ(one.model, "gpt-4.1-mini");
  EXPECT_EQ(one.parameters.text, R"({"temperature":0.2,"top":"x"})");
  EXPECT_EQ(one.usage.text, R"({"prompt_tokens":11,"completion_tokens":4,"total_tokens":15})");
  EXPECT_DOUBLE_EQ(one.cost_usd.value_or(0), 0.003);
  EXPECT_EQ(one.latency_ms, 2500);
  EXPECT_EQ(one.ttft_ms, 1000);
  EXPECT_EQ(one.session_id, "s1");
  EXPECT_EQ(one.user_id, "u1");
  EXPECT_THAT(one.tags, ElementsAre("a"));
  EXPECT_THAT(one.metadata.text, HasSubstr(R"("shop":"west")"));
  EXPECT_THAT(one.items.text, HasSubstr(record_id(kTrace)));
  EXPECT_THAT(one.items.text, HasSubstr("session:s1"));
  EXPECT_FALSE(one.metadata.text.contains("gleaner.version")) << one.metadata.text;
}

TEST(LangfuseIngestion, TheSameBatchAgainIsTheSame) {
  const std::string events =
      kWhole + "," +
      event("score-create", R"({"traceId":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","observationId":"g-1",
        "name":"user-feedback","value":1})",
            "04");
  otlp::TraceAssembler assembler;
  std::set<std::string> signals;
  for (const bool settled : {false, false, true}) {
    const Ingested read = ingest(events);
    for (const json::Value& one : read.signals) signals.emplace(one.find_string("id").value_or(""));
    const auto batch = otlp::traces_from_json(read.spans);
    ASSERT_TRUE(batch);
    if (settled) assembler.settle_all();
    assembler.add_versions(*batch, from_ms(0));
  }
  assembler.settle_all();
  EXPECT_EQ(signals.size(), 1U);
  const auto found = assembler.take().interactions;
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.front().id, record_id(kTrace, "g-1"));
  EXPECT_EQ(assembler.counts().interactions, 1U);
  EXPECT_EQ(assembler.counts().ignored_by(otlp::Ignored::kDuplicate), 7U);
}

TEST(LangfuseIngestion, AnEndWithoutItsParentLeavesTheSpanWhereItIs) {
  const std::string create =
      event("agent-create", R"({"traceId":"t","id":"a","input":"Open?","output":"Yes."})") + "," +
      event("generation-create", R"({"traceId":"t","id":"g","parentObservationId":"a","input":"Open?"})", "02");
  const std::string update = event("generation-update", R"({"traceId":"t","id":"g","output":"Yes.",
    "endTime":"2026-11-22T10:02:05Z"})",
                                   "03");
  for (const std::string& events : {create + "," + update, update + "," + create}) {
    const auto found = interactions_of(ingest(events));
    ASSERT_THAT(found, SizeIs(1)) << events;
    EXPECT_EQ(found.front().id, record_id("t", "a"));
    EXPECT_THAT(found.front().items.text, HasSubstr(record_id("t", "g")));
    EXPECT_FALSE(found.front().metadata.text.contains("assumed"));
  }
}

// langfuse 2's generation.end() does not say what the generation is in.
TEST(LangfuseIngestion, AScoreOfASpanIsOfTheCallInside) {
  const auto found = interactions_of(
      ingest(event("span-create", R"({"traceId":"t","id":"s","startTime":"2026-11-22T10:02:01Z","output":"x"})") + "," +
             event("generation-create", R"({"traceId":"t","id":"g","parentObservationId":"s","input":"Hi"})", "02") +
             "," + event("generation-update", R"({"traceId":"t","id":"g","output":"Hello."})", "03")));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found.front().items.text, HasSubstr(record_id("t", "s")));
}

TEST(LangfuseIngestion, MetadataHasALimit) {
  std::string metadata;
  for (int i = 0; i < 300; ++i) metadata += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
  const auto found = interactions_of(ingest(event(
      "generation-create", R"({"traceId":"t","id":"g","input":"Hi","output":"Yes.","metadata":{)" + metadata + "}}")));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found.front().metadata.text, HasSubstr(R"("m255")"));
  EXPECT_FALSE(found.front().metadata.text.contains(R"("m256")"));
  EXPECT_THAT(found.front().metadata.text, HasSubstr(R"("members_not_kept":"44")"));
}

TEST(LangfuseIngestion, MoreEventsThanABatchMayHaveAreRefused) {
  const auto batch = [](size_t count) {
    std::string body = R"({"metadata":{"a":1,"b":[1,2,"],[\""]},"batch":[17)";
    for (size_t i = 1; i < count; ++i) body += ",17";
    return body + "]}";
  };
  EXPECT_TRUE(read_ingestion(batch(kMaxElements)));
  const auto read = read_ingestion(batch(kMaxElements + 1));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kTooLarge);
}

TEST(LangfuseIngestion, AFailedCallIsOne) {
  const auto found =
      interactions_of(ingest(event("generation-create", R"({"traceId":"t","id":"g","input":"Hi","level":"ERROR",
        "statusMessage":"too slow","endTime":"2026-11-22T10:02:04Z"})")));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.front().success, false);
  EXPECT_EQ(found.front().error.text, R"({"message":"too slow"})");
}

TEST(LangfuseIngestion, AnAgentsToolsAreItsSteps) {
  const auto found = interactions_of(ingest(
      event("agent-create", R"({"traceId":"t","id":"a","name":"clerk","input":"Open?","output":"Yes."})") + "," +
      event("tool-create", R"({"traceId":"t","id":"b","parentObservationId":"a","name":"hours","input":{"day":"Monday"},
        "output":"until six"})") +
      "," + event("observation-create", R"({"traceId":"t","id":"c","type":"GENERATION","parentObservationId":"a",
        "input":"Open?","output":"Yes."})")));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.front().kind, "agent");
  EXPECT_THAT(found.front().trajectory.text, HasSubstr(R"("arguments":{"day":"Monday"})"));
}

TEST(LangfuseIngestion, ScoresAreSignalsOfWhatTheyName) {
  const Ingested read =
      ingest(event("score-create", R"({"id":"s","traceId":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","name":"user-feedback",
        "value":1.0,"comment":"ok"})") +
             "," + event("score-create", R"({"traceId":"t","observationId":"g","name":"x","value":"y"})"));
  ASSERT_THAT(read.signals, SizeIs(2));
  EXPECT_EQ(read.events[0].signal, 0);
  EXPECT_EQ(read.events[1].signal, 1);
  const auto signal = record::Decoder().signal(read.signals[0].dump());
  ASSERT_TRUE(signal) << signal.error().message;
  EXPECT_EQ(signal->kind, record::SignalKind::kThumbsUp);
  EXPECT_EQ(signal->item_id, "otlp_4aa4a730bd6e43db809b9d5fd81a812b");
  EXPECT_EQ(signal->text, "ok");
  EXPECT_EQ(format_time(*signal->created_at), "2026-11-22T10:02:01.500Z");
  EXPECT_EQ(read.signals[1].find_string("item_id"), record_id("t", "g"));
}

TEST(LangfuseIngestion, WhatIsWrongIsRefusedAlone) {
  const Ingested read =
      ingest(event("trace-create", R"({"id":"t"})", "01") + "," + event("dance-create", R"({"id":"x"})", "02") + "," +
             event("span-create", R"({"id":"x","startTime":"yesterday"})", "03") + "," +
             event("score-create", R"({"name":"x","value":1})", "04") + ",17," +
             event("sdk-log", R"({"log":{}})", "06") + R"(,{"id":"e-07","type":"span-create"},)" +
             event("span-create", R"({"traceId":"t","id":"x","endTime":"2300-01-01T00:00:00Z"})", "08") +
             R"(,{"id":"e-09","type":"trace-create","timestamp":"9999-12-31T00:00:00Z","body":{"id":"t"}},)" +
             event("span-create", R"({"traceId":"t","id":"x","endTime":"2262-04-11T00:00:00Z"})", "10"));
  EXPECT_TRUE(otlp::traces_from_json(read.spans));
  std::vector<std::string> refused;
  for (const auto& one : read.events) {
    if (one.refused()) refused.push_back(one.id + ": " + one.error.message.substr(0, one.error.message.find(' ')));
  }
  EXPECT_THAT(refused, ElementsAre("e-02: type:", "e-03: startTime:", "e-04: traceId:", ": expected",
                                   "e-07: body:", "e-08: endTime:", "e-09: timestamp:"));
  EXPECT_EQ(read.events[1].text, event("dance-create", R"({"id":"x"})", "02"));
}

TEST(LangfuseIngestion, ABodyThatIsNoBatchIsAnError) {
  for (const char* const body : {"", "[]", "{}", R"({"batch":{}})", "{"}) {
    const auto read = read_ingestion(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, Code::kInvalidArgument);
  }
  EXPECT_TRUE(read_ingestion(R"({"batch":[]})"));
}

TEST(LangfuseIds, AreOnesOfOpenTelemetry) {
  EXPECT_EQ(trace_id("0AF7651916CD43DD8448EB211C80319C"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(trace_id(kTrace), "4aa4a730bd6e43db809b9d5fd81a812b");
  EXPECT_EQ(span_id("00f067aa0ba90201"), "00f067aa0ba90201");
  for (const std::string_view own : {"my-trace", "", "zz7651916cd43dd8448eb211c80319cx"}) {
    EXPECT_EQ(trace_id(own).size(), 32U);
    EXPECT_EQ(span_id(own).size(), 16U);
  }
  EXPECT_NE(trace_id("a"), trace_id("b"));
  EXPECT_NE(root_span_id("a"), root_span_id("b"));
}

}  // namespace
}  // namespace gleaner::gateway::langfuse
