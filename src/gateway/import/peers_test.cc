#include "gateway/import/testing/imported.h"

namespace gleaner::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As Langfuse's export to a bucket writes them.
constexpr std::string_view kTrace = R"({"id":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","timestamp":
  "2026-01-02 03:04:05.000","name":"tram","environment":"default","project_id":"p","metadata":{"m":"1"},"user_id":"ann",
  "session_id":"s1","release":null,"version":null,"public":false,"bookmarked":false,"tags":["a"],"input":"Hi",
  "output":"There."})";
constexpr std::string_view kGeneration = R"({"id":"g-1","trace_id":"4aa4a730-bd6e-43db-809b-9d5fd81a812b",
  "project_id":"p","environment":"default","type":"GENERATION","parent_observation_id":null,"start_time":
  "2026-01-02 03:04:05.100","end_time":"2026-01-02 03:04:06.100","name":"answer","metadata":{},"level":"DEFAULT",
  "status_message":null,"version":null,"input":"[{\"role\":\"user\",\"content\":\"Where?\"}]","output":
  "{\"role\":\"assistant\",\"content\":\"There.\"}","provided_model_name":"gpt-4.1","model_parameters":
  "{\"temperature\":0.2}","usage_details":{"input":"11","output":"4"},"cost_details":{"total":"0.003"},
  "completion_start_time":null,"prompt_name":null,"prompt_version":null,"latency":1.0})";
constexpr std::string_view kScore = R"({"id":"s-1","timestamp":"2026-01-02 03:05:00.000","project_id":"p","environment":
  "default","trace_id":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","observation_id":"g-1","session_id":null,"name":
  "user-feedback","value":1,"source":"API","comment":"ok","data_type":"BOOLEAN","string_value":"True"})";

TEST(LangfuseExport, AGenerationIsWhatItWouldHaveBeenLive) {
  const auto one = import_auto("langfuse", kGeneration).interaction();
  EXPECT_THAT(one.id, ::testing::StartsWith("otlp_4aa4a730bd6e43db809b9d5fd81a812b_"));
  EXPECT_EQ(one.messages.text, R"([{"role":"user","content":"Where?"}])");
  EXPECT_EQ(one.output.text, R"({"role":"assistant","content":"There."})");
  EXPECT_EQ(one.model, "gpt-4.1");
  EXPECT_EQ(one.parameters.text, R"({"temperature":0.2})");
  EXPECT_EQ(one.latency_ms, 1000);
  EXPECT_THAT(one.usage.text, HasSubstr("prompt_tokens"));
  EXPECT_DOUBLE_EQ(one.cost_usd.value_or(0), 0.003);
}

TEST(LangfuseExport, ATraceAloneIsOne) {
  const auto one = import_auto("langfuse", kTrace).interaction();
  EXPECT_EQ(one.user_id, "ann");
  EXPECT_EQ(one.session_id, "s1");
  EXPECT_EQ(one.output.text, R"({"role":"assistant","content":"There."})");
}

TEST(LangfuseExport, ATraceAndItsObservationsAreJoined) {
  std::vector<json::Value> joined =
      join_langfuse_traces({parsed(kGeneration), parsed(kScore), parsed(kTrace), parsed(kGeneration)});
  ASSERT_EQ(joined.size(), 2);
  const Imported imported = import_auto("langfuse", joined[0].dump());
  ASSERT_EQ(imported.records.size(), 1);
  EXPECT_EQ(imported.interaction().user_id, "ann");
  EXPECT_EQ(imported.interaction().session_id, "s1");
  EXPECT_THAT(imported.interaction().tags, ElementsAre("a"));
  EXPECT_EQ(imported.interaction().model, "gpt-4.1");
  EXPECT_EQ(import_auto("langfuse", kGeneration).interaction().id, imported.interaction().id);
  const auto signal = import_auto("langfuse", joined[1].dump()).signal(0);
  EXPECT_EQ(signal.kind, record::SignalKind::kThumbsUp);
  EXPECT_EQ(signal.item_id, imported.interaction().id);
}

// As its API and its page have them.
TEST(LangfuseExport, ATraceMayHaveAllInside) {
  const Imported imported = import_auto("langfuse", R"({"id":"t","timestamp":"2026-01-02T03:04:05.000Z","name":"tram",
    "userId":"ann","sessionId":"s1","input":null,"output":null,"tags":[],"observations":[{"id":"g","traceId":"t",
    "type":"GENERATION","startTime":"2026-01-02T03:04:05.100Z","endTime":"2026-01-02T03:04:06.100Z","input":"Where?",
    "output":"There.","model":"m","usage":{"input":1,"output":2,"total":3,"unit":"TOKENS"}}],"scores":[{"id":"s",
    "traceId":"t","name":"relevance","value":0.5,"dataType":"NUMERIC"}]})");
  ASSERT_EQ(imported.records.size(), 2);
  EXPECT_EQ(imported.interaction().user_id, "ann");
  EXPECT_EQ(imported.signal(1).kind, record::SignalKind::kScore);
}

TEST(LangfuseExport, ObservationsOfATraceThatIsMissingStandTogether) {
  const std::vector<json::Value> joined = join_langfuse_traces({parsed(kGeneration)});
  ASSERT_EQ(joined.size(), 1);
  EXPECT_EQ(import_auto("langfuse", joined[0].dump()).interaction().model, "gpt-4.1");
}

TEST(LangfuseExport, WrongTimesAreTold) {
  EXPECT_THAT(import_as("langfuse", R"({"id":"g","traceId":"t","type":"SPAN","startTime":"soon"})").error,
              HasSubstr("startTime"));
}

TEST(LangfuseExport, WhatIsWrongLeavesItsTraceAlone) {
  std::vector<json::Value> joined = join_langfuse_traces(
      {parsed(kTrace), parsed(kGeneration),
       parsed(
           R"({"id":"b","trace_id":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","type":"DANCE","start_time":"2026-01-02"})"),
       parsed(R"({"id":"c","trace_id":"4aa4a730-bd6e-43db-809b-9d5fd81a812b","type":"SPAN","start_time":"soon"})"),
       parsed(R"({"type":"SPAN","start_time":"2026-01-02"})"), parsed(R"({"name":"none"})"),
       parsed(R"({"name":"two"})"),
       parsed(R"({"id":"t2","timestamp":"soon","observations":[{"id":"g","traceId":"t2","type":"GENERATION","input":"A",
         "output":"B"},17],"scores":[{"id":"s","name":"n"}]})")});
  std::vector<std::string> told;
  for (const json::Value& one : joined) {
    const Imported imported = import_as("langfuse", one.dump());
    told.push_back(imported.error.empty() ? std::to_string(imported.records.size()) : imported.error.substr(0, 9));
  }
  EXPECT_THAT(told, ElementsAre("1", "type: exp", "startTime", "id: missi", "id: missi", "id: missi", "timestamp", "1",
                                "expected ", "value: mi"));
}

TEST(TensorZeroExport, AnInferenceWithoutInputOrOutputIsRefused) {
  for (const std::string_view missing : {"input", "output"}) {
    json::Value row = parsed(R"({"id":"0192f0c1-7e64-7000-8000-2f6a52c1a111","function_name":"f","variant_name":"v",
      "episode_id":"0192f0c1-7e64-7000-8000-2f6a52c1a222","input":{"messages":[]},"output":"x"})");
    row.set(std::string(missing), json::Value());
    EXPECT_EQ(import_as("tensorzero", row.dump()).error, std::string(missing) + ": missing");
  }
}

TEST(TensorZeroExport, AChatInference) {
  const auto one = import_auto("tensorzero", R"({"id":"0192f0c1-7e64-7000-8000-2f6a52c1a111","function_name":"draft",
    "variant_name":"gpt","episode_id":"0192f0c1-7e64-7000-8000-2f6a52c1a222","input":
    "{\"system\":\"Know.\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Where?\"}]}]}",
    "output":"[{\"type\":\"text\",\"text\":\"There.\"}]","tool_params":"","inference_params":
    "{\"chat_completion\":{\"temperature\":0.5,\"seed\":null}}","processing_time_ms":812,"timestamp":
    "2024-11-03 10:00:00","tags":{"user_id":"ann","team":"east"},"extra_body":null,"ttft_ms":null,"dynamic_tools":
    ["{\"name\":\"stops\",\"parameters\":{\"type\":\"object\"}}"]})")
                       .interaction();
  EXPECT_EQ(one.id, "0192f0c1-7e64-7000-8000-2f6a52c1a111");
  EXPECT_EQ(one.kind, "chat");
  EXPECT_EQ(one.platform, "draft");
  EXPECT_EQ(one.variant, "gpt");
  EXPECT_EQ(one.session_id, "0192f0c1-7e64-7000-8000-2f6a52c1a222");
  EXPECT_EQ(one.items.text, R"([{"id":"0192f0c1-7e64-7000-8000-2f6a52c1a222"}])");
  EXPECT_EQ(one.messages.text, R"([{"role":"system","content":"Know."},{"role":"user","content":"Where?"}])");
  EXPECT_EQ(one.output.text, R"({"role":"assistant","content":"There."})");
  EXPECT_EQ(one.parameters.text, R"({"temperature":0.5})");
  EXPECT_EQ(one.tools.text, R"([{"type":"function","function":{"name":"stops","parameters":{"type":"object"}}}])");
  EXPECT_EQ(one.latency_ms, 812);
  EXPECT_EQ(one.user_id, "ann");
  EXPECT_THAT(one.metadata.text, HasSubstr(R"("team":"east")"));
  EXPECT_EQ(format_time(*one.created_at).substr(0, 10), "2024-11-03");
}

TEST(TensorZeroExport, AJsonInference) {
  const auto one = import_auto("tensorzero", R"({"id":"0192f0c1-7e64-7000-8000-2f6a52c1a111","function_name":"extract",
    "variant_name":"gpt","episode_id":"0192f0c1-7e64-7000-8000-2f6a52c1a222","input":{"messages":[{"role":"user",
    "content":"Ann"}]},"output":"{\"raw\":\"{\\\"name\\\":1}\",\"parsed\":{\"name\":1}}","output_schema":"{}"})")
                       .interaction();
  EXPECT_EQ(one.kind, "extraction");
  EXPECT_EQ(one.output.text, R"({"role":"assistant","content":"{\"name\":1}"})");
}

TEST(TensorZeroExport, FeedbackFindsItsInference) {
  const auto signal = import_auto("tensorzero", R"({"id":"0192f0c1-7e64-7000-8000-000000000001","target_id":
    "0192f0c1-7e64-7000-8000-2f6a52c1a111","metric_name":"thumbs_up","value":true,"tags":{}})")
                          .signal(0);
  EXPECT_EQ(signal.kind, record::SignalKind::kThumbsUp);
  EXPECT_EQ(signal.item_id, "0192f0c1-7e64-7000-8000-2f6a52c1a111");
  EXPECT_EQ(format_time(*signal.created_at).substr(0, 10), "2024-11-03");
}

}  // namespace
}  // namespace gleaner::gateway
