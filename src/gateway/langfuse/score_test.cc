#include "gateway/langfuse/score.h"

#include <gtest/gtest.h>

#include "record/codec.h"

namespace gleaner::gateway::langfuse {
namespace {

record::Signal signal_in(const std::string& members) {
  const auto fields = signal_of(*json::parse(R"({"traceId":"t","name":"n",)" + members + "}"), "made");
  EXPECT_TRUE(fields) << fields.error().message;
  const auto signal = record::Decoder().signal(fields ? fields->dump() : "{}");
  EXPECT_TRUE(signal) << signal.error().message;
  return signal.value_or(record::Signal{});
}

std::string refusal(const std::string& score) {
  const auto fields = signal_of(*json::parse(score), "made");
  EXPECT_FALSE(fields) << score;
  return fields ? "" : fields.error().message;
}

TEST(LangfuseScore, ACorrectionIsWhatShouldHaveBeenSaid) {
  const record::Signal one = signal_in(R"("dataType":"CORRECTION","value":"At the market.","source":"ANNOTATION")");
  EXPECT_EQ(one.kind, record::SignalKind::kCorrection);
  EXPECT_EQ(one.output.text, R"({"role":"assistant","content":"At the market."})");
  EXPECT_EQ(one.author, "human");
}

TEST(LangfuseScore, ABooleanIsTrueOrFalse) {
  EXPECT_EQ(signal_in(R"("dataType":"BOOLEAN","value":1)").value.text, "true");
  EXPECT_EQ(signal_in(R"("dataType":"BOOLEAN","value":0.0)").value.text, "false");
  EXPECT_EQ(signal_in(R"("value":1)").value.text, "1");
}

TEST(LangfuseScore, AWordIsAComment) {
  const record::Signal one = signal_in(R"("dataType":"CATEGORICAL","value":"curt","comment":"twice","configId":"c")");
  EXPECT_EQ(one.kind, record::SignalKind::kComment);
  EXPECT_EQ(one.text, "curt");
  EXPECT_EQ(one.reason, "n");
  EXPECT_EQ(one.metadata.text, R"({"comment":"twice","configId":"c"})");
}

// As the export to a bucket has it.
TEST(LangfuseScore, AnExportedRowIsTheSame) {
  const auto fields = signal_of(*json::parse(R"({"id":"s","timestamp":"2026-01-01 00:00:00.000","project_id":"p",
    "environment":"default","trace_id":"t","observation_id":null,"name":"tone","value":0,"source":"EVAL","comment":null,
    "data_type":"CATEGORICAL","string_value":"curt"})"),
                                "made");
  ASSERT_TRUE(fields) << fields.error().message;
  EXPECT_EQ(fields->find_string("text"), "curt");
  EXPECT_EQ(fields->find_string("author"), "model");
  EXPECT_EQ(fields->find_string("created_at"), "2026-01-01 00:00:00.000");
}

TEST(LangfuseScore, AChangedScoreIsAnotherSignal) {
  EXPECT_EQ(signal_in(R"("id":"s","value":1)").id, signal_in(R"("id":"s","value":1)").id);
  EXPECT_NE(signal_in(R"("id":"s","value":1)").id, signal_in(R"("id":"s","value":0)").id);
  EXPECT_NE(signal_in(R"("id":"s","value":1)").id, signal_in(R"("id":"r","value":1)").id);
}

TEST(LangfuseScore, OfASessionNamesIt) {
  const auto fields = signal_of(*json::parse(R"({"sessionId":"monday","name":"n","value":1})"), "made");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->find_string("item_id"), "session:monday");
}

TEST(LangfuseScore, MetadataMayBeAnything) {
  const auto metadata_of = [](const char* metadata) {
    return signal_in(std::string(R"("value":1,"metadata":)") + metadata).metadata.text;
  };
  EXPECT_EQ(metadata_of(R"({"shop":"west"})"), R"({"shop":"west"})");
  EXPECT_EQ(metadata_of(R"(["west"])"), R"({"metadata":["west"]})");
  EXPECT_EQ(metadata_of(R"("west")"), R"({"metadata":"west"})");
  EXPECT_EQ(metadata_of("{}"), "");
}

TEST(LangfuseScore, SaysWhatIsMissing) {
  EXPECT_TRUE(refusal(R"({"name":"n","value":1})").starts_with("traceId:"));
  EXPECT_TRUE(refusal(R"({"datasetRunId":"r","name":"n","value":1})").starts_with("datasetRunId:"));
  EXPECT_TRUE(refusal(R"({"traceId":"t","value":1})").starts_with("name:"));
  EXPECT_TRUE(refusal(R"({"traceId":"t","name":"n"})").starts_with("value:"));
  EXPECT_TRUE(refusal(R"({"traceId":"t","name":"n","value":[]})").starts_with("value:"));
  EXPECT_TRUE(refusal(R"({"traceId":"t","name":"n","value":0.5,"dataType":"BOOLEAN"})").starts_with("value:"));
  EXPECT_TRUE(refusal(R"({"traceId":{},"name":"n","value":1})").starts_with("traceId:"));
  EXPECT_FALSE(refusal("[]").empty());
}

}  // namespace
}  // namespace gleaner::gateway::langfuse
