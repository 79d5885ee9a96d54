#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "dataset/example.h"
#include "dataset/format/format.h"
#include "record/codec.h"

namespace gleaner::dataset {
namespace {

store::Stored stored(const std::string& interaction, std::initializer_list<const char*> signals = {}) {
  store::Stored out;
  record::Decoder decoder;
  auto decoded = decoder.interaction(interaction);
  EXPECT_TRUE(decoded) << (decoded ? "" : decoded.error().message);
  out.interaction = *std::move(decoded);
  for (const char* const json : signals) out.signals.push_back(decoder.signal(json).value());
  return out;
}

std::string line(const store::Stored& from) {
  std::vector<Example> examples;
  ExampleBuilder builder({});
  const auto left_out = builder.build(from, examples);
  EXPECT_TRUE(left_out);
  if (*left_out != LeftOut::kNothing) return std::string(left_out_name(*left_out));
  std::string out;
  std::string reason;
  const auto appended = find_format("openai").value()->append(examples.at(0), out, reason);
  EXPECT_TRUE(appended);
  return *appended ? out : reason;
}

TEST(ExampleTest, TheAnswerComesLast) {
  EXPECT_EQ(line(stored(R"({"messages":[{"role":"user","content":"2+3?"}],"output":"5"})")),
            "{\"messages\":[{\"role\":\"user\",\"content\":\"2+3?\"},{\"role\":\"assistant\",\"content\":\"5\"}]}\n");
}

TEST(ExampleTest, ACorrectionIsTheAnswer) {
  const auto from = stored(
      R"({"messages":[{"role":"user","content":"2+3?"}],"output":"6"})",
      {R"({"kind":"thumbs_down","interaction_id":"a"})", R"({"kind":"correction","interaction_id":"a","output":"4"})",
       R"({"kind":"edit","interaction_id":"a","output":"5"})", R"({"kind":"edit","interaction_id":"a"})"});
  EXPECT_EQ(line(from),
            "{\"messages\":[{\"role\":\"user\",\"content\":\"2+3?\"},{\"role\":\"assistant\",\"content\":\"5\"}]}\n");
}

TEST(ExampleTest, ACorrectedAgentKeepsItsSteps) {
  const auto run = stored(
      R"({"kind":"agent","messages":[{"role":"user","content":"2+3?"}],"output":"6",
          "trajectory":[{"thought":"t","action":{"tool":"add","arguments":{"a":2,"b":3}},"observation":"5"}]})",
      {R"({"kind":"correction","interaction_id":"a","output":"5"})"});
  const std::string steps =
      R"({"role":"assistant","content":"t","tool_calls":[{"id":"call_1","type":"function","function":)"
      R"({"name":"add","arguments":"{\"a\":2,\"b\":3}"}}]},{"role":"tool","tool_call_id":"call_1","content":"5"})";
  EXPECT_TRUE(line(run).contains(R"(,{"role":"tool","content":"5","tool_call_id":"call_1"},{"role":"assistant",)"
                                 R"("content":"5"}],"tools":)"))
      << line(run);
  for (const Task task : {Task::kPreference, Task::kUnpaired}) {
    std::vector<Example> examples;
    ExampleBuilder builder({.task = task});
    ASSERT_TRUE(builder.build(run, examples));
    ASSERT_EQ(examples.size(), task == Task::kPreference ? 1u : 2u);
    for (const Example& example : examples) {
      EXPECT_EQ(example.prompt, R"([{"role":"user","content":"2+3?"},)" + steps + "]");
      EXPECT_TRUE(example.tools_shown);
      EXPECT_FALSE(example.plain);
    }
    EXPECT_EQ(examples.back().answer, R"([{"role":"assistant","content":"5"}])");
    EXPECT_EQ(task == Task::kPreference ? examples[0].rejected : examples[0].answer,
              R"([{"role":"assistant","content":"6"}])");
  }
}

TEST(ExampleTest, AWorkflowIsItsArtifact) {
  EXPECT_EQ(
      line(stored(
          R"({"platform":"zapier","kind":"workflow","messages":[{"role":"user","content":"mail"}],"output":"Done.","artifact":{"a":"b"}})")),
      R"({"messages":[{"role":"system","content":"You are an expert zapier workflow generator."},{"role":"user","content":"mail"},)"
      R"({"role":"assistant","content":"{\"a\":\"b\"}"}]})"
      "\n");
}

TEST(ExampleTest, WhatFollowsTheLastTurnIsCutOff) {
  EXPECT_EQ(
      line(stored(
          R"({"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"Observation: done"}]})")),
      "{\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}]}\n");
}

TEST(ExampleTest, SaysWhyThereIsNone) {
  EXPECT_EQ(line(stored(R"({"output":"x"})")), "no input messages");
  EXPECT_EQ(line(stored(R"({"messages":[{"role":"system","content":"s"}],"output":"x"})")), "no input messages");
  EXPECT_EQ(line(stored(R"({"messages":[{"role":"user","content":"x"}]})")), "no answer to learn from");
  EXPECT_EQ(line(stored(R"({"messages":[{"role":"user","content":"x"}],"output":{"content":null}})")),
            "the answer has no text and no tool call");
}

// The golden file holds pairs of lines: an interaction, and the line of the training file it becomes.
TEST(OpenAiChatTest, MatchesTheGoldenFile) {
  std::ifstream file(std::string(GLEANER_SOURCE_DIR) + "/tests/golden/export/openai.jsonl");
  std::string interaction;
  std::string expected;
  int pairs = 0;
  while (std::getline(file, interaction) && std::getline(file, expected)) {
    EXPECT_EQ(line(stored(interaction)), expected + "\n");
    ++pairs;
  }
  EXPECT_EQ(pairs, 5);
}

}  // namespace
}  // namespace gleaner::dataset
