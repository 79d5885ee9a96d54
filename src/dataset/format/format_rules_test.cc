// What trainers trip over, each as one line: docs/export-formats.md says where the rules are from.
#include <gtest/gtest.h>

#include "dataset/format/testing/conversations.h"

namespace gleaner::dataset {
namespace {

using namespace dataset::testing;

TEST(OpenAiTest, ArgumentsAreTextAndTheDeveloperStays) {
  EXPECT_EQ(line("openai", example(kDeveloper, kHello)),
            R"({"messages":[{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"},)"
            R"({"role":"assistant","content":"Hello"}]})");
  const std::string run = line("openai", example(kHi, kRun));
  EXPECT_NE(run.find(R"("arguments":"{\"a\":2}")"), std::string::npos) << run;
}

TEST(OpenAiTest, ImagesAreTheUsersOnly) {
  EXPECT_NE(line("openai", example(kImage, kHello)).find("image_url"), std::string::npos);
  EXPECT_EQ(line("openai", example(kHi, answers().back())), "content other than text that is not the user's");
  EXPECT_EQ(line("openai-dpo", example(kImage, kHello, kNo)), "content other than text");
}

TEST(OpenAiTest, ChecksWhatTheCookbookChecks) {
  EXPECT_EQ(first_problem("openai", "[]"), "expected an object; got an array");
  EXPECT_EQ(first_problem("openai", "{}"), "messages: missing");
  EXPECT_EQ(first_problem("openai", R"({"messages":[]})"), "messages: is empty");
  EXPECT_EQ(
      first_problem("openai", R"({"messages":[{"role":"bot","content":"x"},{"role":"assistant","content":"x"}]})"),
      R"(messages[0].role: expected one of system, developer, user, assistant, tool, function; got "bot")");
  EXPECT_EQ(first_problem("openai", R"({"messages":[{"role":"user"},{"role":"assistant","content":"x"}]})"),
            "messages[0].content: missing");
  EXPECT_EQ(
      first_problem("openai",
                    R"({"messages":[{"role":"user","content":"x","id":1},{"role":"assistant","content":"x"}]})"),
      "messages[0].id: expected only role, content, name, refusal, weight, function_call, tool_calls, tool_call_id");
  EXPECT_EQ(first_problem("openai", R"({"messages":[{"role":"user","content":"x"}]})"),
            "messages[0].role: the last message must be the assistant's: it is what is learned");
  EXPECT_EQ(
      first_problem("openai",
                    R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y","weight":2}]})"),
      "messages[1].weight: expected 0 or 1; got a number");
  EXPECT_EQ(
      first_problem(
          "openai",
          R"({"messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{}}}]}]})"),
      "messages[0].tool_calls[0].function.arguments: expected a string; got an object");
}

TEST(OpenAiDpoTest, ReadsTheOldNamesAndNeedsAnAssistant) {
  EXPECT_TRUE(
      problems_of(
          "openai-dpo",
          R"({"input":{"messages":[{"role":"user","content":"a"}]},"preferred_completion":[{"role":"assistant","content":"b"}],"non_preferred_completion":[{"role":"assistant","content":"c"}]})")
          .empty());
  EXPECT_EQ(
      first_problem(
          "openai-dpo",
          R"({"input":{"messages":[{"role":"user","content":"a"}]},"preferred_output":[{"role":"user","content":"b"}],"non_preferred_output":[{"role":"assistant","content":"c"}]})"),
      R"(preferred_output[0].role: expected one of assistant, tool; got "user")");
  EXPECT_EQ(line("openai-dpo", example(prompts()[13], kHello, kNo)),
            "a prompt that does not end on the user or a tool");
}

TEST(TrlTest, ArgumentsAreObjectsAndResultsHaveNames) {
  const std::string text = line("trl", example(kCalled, kHello));
  EXPECT_NE(text.find(R"("arguments":{"a":2})"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("name":"add"})"), std::string::npos) << text;
  EXPECT_EQ(line("trl", example(prompts()[24], kHello)), "arguments of a tool call that are no JSON object");
  EXPECT_EQ(
      first_problem("trl",
                    R"({"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]})"),
      "messages[0].tool_calls[0].function.arguments: expected an object; got a string");
}

TEST(TrlTest, DeveloperIsSystemAndWeightsHaveNoPlace) {
  EXPECT_TRUE(line("trl", example(kDeveloper, kHello)).starts_with(R"({"messages":[{"role":"system")"));
  EXPECT_EQ(line("trl", example(prompts()[14], kHello)), "a turn with weight 0");
  EXPECT_TRUE(line("trl-prompt-completion", example(prompts()[14], kHello)).starts_with("{"))
      << "only the answer is learned";
}

TEST(TrlTest, ColumnsTellTheType) {
  EXPECT_EQ(
      first_problem("trl",
                    R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"label":true})"),
      "label: belongs to another type of dataset");
  EXPECT_TRUE(
      problems_of("trl", R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"id":1})")
          .empty());
  EXPECT_EQ(
      first_problem(
          "trl-preference",
          R"({"prompt":[{"role":"system","content":"a"}],"chosen":[{"role":"assistant","content":"b"}],"rejected":[{"role":"assistant","content":"c"}]})"),
      R"(prompt[0].role: expected one of user, tool, assistant; got "system")");
  EXPECT_EQ(
      first_problem(
          "trl-preference",
          R"({"prompt":[],"chosen":[{"role":"assistant","content":"b"}],"rejected":[{"role":"assistant","content":"c"}]})"),
      "prompt: is empty");
  EXPECT_EQ(
      first_problem(
          "trl-kto",
          R"({"prompt":[{"role":"user","content":"a"}],"completion":[{"role":"assistant","content":"b"}],"label":"true"})"),
      "label: expected a boolean; got a string");
}

TEST(ShareGptTest, SidesAlternate) {
  EXPECT_EQ(line("sharegpt", example(kTwice, kHello)),
            R"({"conversations":[{"from":"human","value":"Hi\n\nthere"},{"from":"gpt","value":"Hello"}]})");
  EXPECT_EQ(line("sharegpt", example(kHi, kRun)), "text beside a tool call");
  EXPECT_EQ(line("sharegpt", example(prompts()[12], kHello)), "an assistant who speaks first");
  EXPECT_EQ(
      line("sharegpt", example(kCalled, kHello)),
      R"({"conversations":[{"from":"human","value":"2+3?"},{"from":"function_call","value":"{\"name\":\"add\",\"arguments\":{\"a\":2}}"},)"
      R"({"from":"observation","value":"5"},{"from":"gpt","value":"Hello"}]})");
}

TEST(LlamaFactoryTest, ChecksWhatItsConverterSkips) {
  EXPECT_EQ(
      first_problem("llama-factory", R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"b"}]})"),
      R"(messages[1].role: expected one of assistant, function_call; got "user")");
  EXPECT_EQ(first_problem("llama-factory", R"({"messages":[{"role":"user","content":"a"}]})"),
            "messages: expected an even number of turns; got 1");
  EXPECT_EQ(
      first_problem(
          "llama-factory-dpo",
          R"({"messages":[{"role":"user","content":"a"}],"chosen":[{"role":"assistant","content":"a"}],"rejected":{"role":"assistant","content":"b"}})"),
      "chosen: expected an object; got an array");
  EXPECT_EQ(
      first_problem("llama-factory",
                    R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":[]})"),
      "tools: expected a string; got an array");
  EXPECT_EQ(
      line("llama-factory", example(kSystem, kHello)),
      R"({"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}],"system":"Be brief.","tools":""})");
}

TEST(AxolotlTest, TurnsAreMaskedAndJsonStaysText) {
  EXPECT_NE(line("axolotl", example(prompts()[14], kHello)).find(R"("train":false)"), std::string::npos);
  const std::string text = line("axolotl", example(kCalled, kHello, "", kTools));
  EXPECT_NE(text.find(R"("tools":"[{)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("arguments":"{\"a\": 2}")"), std::string::npos) << text;
  EXPECT_EQ(
      first_problem("axolotl",
                    R"({"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{"}}]}]})"),
      "messages[0].tool_calls[0].function.arguments: expected the JSON of an object");
  EXPECT_EQ(line("axolotl-dpo", example(kHi, kRun, kNo)), "tool calls");
}

TEST(TogetherTest, HasNothingBesideMessagesAndNoEqualNeighbours) {
  EXPECT_EQ(line("together", example(kTwice, kHello, "", kTools)),
            R"({"messages":[{"role":"user","content":"Hi\n\nthere"},{"role":"assistant","content":"Hello"}]})");
  EXPECT_EQ(line("together", example(kCalled, kHello)), "tool calls");
  EXPECT_EQ(line("together", example(prompts()[19], kHello)),
            "images that are not up to ten JPEG, PNG or WebP of 10 MB inside the message");
  EXPECT_EQ(
      first_problem("together",
                    R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}],"tools":[]})"),
      "tools: expected only messages");
  EXPECT_EQ(
      first_problem(
          "together",
          R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})"),
      R"(messages[1].role: the same as that of the message before: "user")");
  EXPECT_EQ(
      first_problem(
          "together-dpo",
          R"({"input":{"messages":[{"role":"user","content":"a"}]},"preferred_output":[{"role":"assistant","content":"b"},{"role":"assistant","content":"b"}],"non_preferred_output":[{"role":"assistant","content":"b"}]})"),
      "preferred_output: expected exactly one message");
  EXPECT_EQ(first_problem("together", R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"}]},)"
                                      R"({"role":"assistant","content":"b"}]})"),
            "messages: expected the contents of all messages to be texts, or of all to be parts");
}

TEST(MistralTest, IdsAreNineCharactersAndTheSameAlways) {
  const std::string text = line("mistral", example(kCalled, kHello, "", kTools));
  const json::Value value = json::parse(text).value();
  const auto& messages = value.find("messages")->items();
  const std::string id(messages[1].find("tool_calls")->items()[0].find_string("id").value());
  EXPECT_EQ(id, "ziInc5cz7") << "ids written before must be written again";
  EXPECT_EQ(messages[2].find_string("tool_call_id"), id);
  EXPECT_NE(text.find(R"("description":"")"), std::string::npos) << text;
  EXPECT_EQ(line("mistral", example(kHi, kRun)), "text beside a tool call");
  EXPECT_EQ(line("mistral", example(prompts()[16], kHello)), "a system message inside the conversation");
  EXPECT_EQ(
      first_problem(
          "mistral",
          R"({"messages":[{"role":"assistant","tool_calls":[{"id":"abc","function":{"name":"f","arguments":"{}"}}]}]})"),
      R"(messages[0].tool_calls[0].id: expected 9 letters and digits; got "abc")");
  EXPECT_EQ(
      first_problem(
          "mistral",
          R"({"messages":[{"role":"assistant","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]})"),
      "tools[0].function.description: missing");
}

TEST(BedrockTest, ClaudeIsStrictlyInTurns) {
  EXPECT_EQ(
      line("bedrock-claude", example(kSystem, kHello)),
      R"({"system":"Be brief.","messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]})");
  EXPECT_EQ(first_problem("bedrock-claude",
                          R"({"messages":[{"role":"system","content":"x"},{"role":"assistant","content":"x"}]})"),
            R"(messages[0].role: expected one of user, assistant; got "system")");
  EXPECT_EQ(first_problem("bedrock-claude", R"({"messages":[{"role":"assistant","content":"x"}]})"),
            "messages[0].role: expected user in the first message");
  EXPECT_EQ(first_problem("bedrock-converse", R"({"schemaVersion":"bedrock-conversion-2024","messages":[]})"),
            R"(schemaVersion: expected one of bedrock-conversation-2024; got "bedrock-conversion-2024")");
}

TEST(GeminiTest, ResultsOfOneTurnAreOneContent) {
  const json::Value value = json::parse(line("gemini", example(kHi, kRun, "", kTools))).value();
  const auto& contents = value.find("contents")->items();
  ASSERT_EQ(contents.size(), 4u);
  EXPECT_EQ(contents[1].find_string("role"), "model");
  EXPECT_EQ(contents[2].find("parts")->items().size(), 2u);
  EXPECT_EQ(contents[2].find("parts")->items()[0].dump(),
            R"({"functionResponse":{"name":"add","response":{"result":3}}})");
  EXPECT_EQ(line("gemini", example(kHi, kHello, "", tool_lists()[5])),
            "parameters of a tool that are more than Gemini's part of JSON Schema");
  EXPECT_EQ(
      first_problem(
          "gemini-preference",
          R"({"contents":[{"role":"user","parts":[{"text":"a"}]}],"completions":[{"score":1,"completion":{"role":"model","parts":[{"text":"b"}]}}]})"),
      "completions: expected two: one with score 1 and one with score 0");
}

TEST(AlpacaTest, HasOneQuestionAndAnswer) {
  EXPECT_EQ(line("alpaca", example(kSystem, kHello)),
            R"({"instruction":"Hi","input":"","output":"Hello","system":"Be brief."})");
  EXPECT_EQ(line("alpaca", example(kTurns, kHello)), "more than one question and answer");
  EXPECT_EQ(line("prompt-response", example(kHi, kHello)), R"({"prompt":"Hi","response":"Hello"})");
  EXPECT_EQ(line("prompt-response", example(kSystem, kHello)), "a system prompt");
}

}  // namespace
}  // namespace gleaner::dataset
