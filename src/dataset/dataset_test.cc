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
