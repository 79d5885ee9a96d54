#include "dataset/format/format.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "dataset/format/chat.h"
#include "record/messages.h"

namespace gleaner::dataset {
namespace {

const std::string kGolden = std::string(GLEANER_SOURCE_DIR) + "/tests/golden/export/formats/";

bool plain(const std::string& messages) {
  return messages.empty() || record::MessageInspector().inspect(messages).value().plain;
}

Example example(std::string prompt, std::string answer, std::string rejected = "", std::string tools = "") {
  Example out;
  out.task = rejected.empty() ? Task::kSupervised : Task::kPreference;
  out.plain = plain(prompt) && plain(answer) && plain(rejected);
  out.prompt = std::move(prompt);
  out.answer = std::move(answer);
  out.rejected = std::move(rejected);
  out.tools = std::move(tools);
  return out;
}

struct Written {
  bool done;
  std::string text;  // the line without its end, or the reason
};

Written write(const Format& format, const Example& from) {
  std::string out = "before\n";
  std::string reason;
  const auto done = format.append(from, out, reason);
  EXPECT_TRUE(done) << format.name << ": " << (done ? "" : done.error().message);
  if (!done || !*done) {
    EXPECT_EQ(out, "before\n") << format.name << " wrote something of what it left out";
    return {false, reason};
  }
  EXPECT_TRUE(out.ends_with("}\n")) << format.name;
  return {true, out.substr(7, out.size() - 8)};
}

std::string line(std::string_view format, Example from) {
  const Format& row = *find_format(format).value();
  from.task = row.task;
  return write(row, from).text;
}

Problems problems_of(std::string_view format, std::string_view text) {
  Problems problems;
  const auto value = json::parse(text);
  EXPECT_TRUE(value) << text;
  if (value) find_format(format).value()->check(*value, problems);
  return problems;
}

std::string first_problem(std::string_view format, std::string_view text) {
  const Problems problems = problems_of(format, text);
  return problems.empty() ? "" : problems.front();
}

constexpr const char* kHi = R"([{"role":"user","content":"Hi"}])";
constexpr const char* kHello = R"([{"role":"assistant","content":"Hello"}])";
constexpr const char* kNo = R"([{"role":"assistant","content":"No"}])";
constexpr const char* kSystem = R"([{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}])";
constexpr const char* kDeveloper = R"([{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"}])";
constexpr const char* kTurns =
    R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}])";
constexpr const char* kTwice = R"([{"role":"user","content":"Hi"},{"role":"user","content":"there"}])";
constexpr const char* kCalled =
    R"([{"role":"user","content":"2+3?"},{"role":"assistant","content":null,"tool_calls":[{"id":"call-1","type":"function","function":{"name":"add","arguments":"{\"a\": 2}"}}]},{"role":"tool","tool_call_id":"call-1","content":"5"}])";
constexpr const char* kCall =
    R"([{"role":"assistant","content":null,"tool_calls":[{"id":"call-2","type":"function","function":{"name":"add","arguments":"{\"a\":2}"}}]}])";
constexpr const char* kRun =
    R"([{"role":"assistant","content":"I add.","tool_calls":[{"id":"x","type":"function","function":{"name":"add","arguments":{"a":2}}},{"id":"y","type":"function","function":{"name":"add","arguments":{"b":3}}}]},{"role":"tool","tool_call_id":"y","content":"3"},{"role":"tool","tool_call_id":"x","content":""},{"role":"assistant","content":"5"}])";
constexpr const char* kImage =
    R"([{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}])";
constexpr const char* kTools = R"([{"type":"function","function":{"name":"add","strict":true}}])";

const std::vector<std::string>& prompts() {
  static const std::vector<std::string> all = {
      kHi,
      kSystem,
      kDeveloper,
      kTurns,
      kTwice,
      kCalled,
      kImage,
      R"([])",
      R"([{"role":"system","content":"only"}])",
      R"([{"content":"turned around","role":"user"}])",
      R"([{"role":"user","content":""}])",
      R"([{"role":"user","content":"\"quoted\\\\\" \u00e9 ünï 你好 🚀 \u2028 \\"}])",
      R"([{"role":"assistant","content":"Welcome."},{"role":"user","content":"Hi"}])",
      R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"}])",
      R"([{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":0},{"role":"user","content":"c"}])",
      R"([{"role":"user","content":"a","weight":7},{"role":"assistant","content":"b","weight":1},{"role":"user","content":"c"}])",
      R"([{"role":"user","content":"a"},{"role":"system","content":"late"},{"role":"user","content":"b"}])",
      R"([{"role":"system","content":"one"},{"role":"developer","content":"two"},{"role":"user","content":"a"}])",
      R"([{"role":"user","content":[{"type":"text","text":"one"},"two",{"type":"input_text","text":"three"}],"name":"ann lee"}])",
      R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.org/a.png"}}]}])",
      R"([{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}])",
      R"([{"role":"user","content":[{"type":"image","source":{"type":"base64","data":"AA"}}]}])",
      R"([{"role":"user","content":"f"},{"role":"assistant","content":null,"function_call":{"name":"add","arguments":"{}"}},{"role":"function","name":"add","content":"0"}])",
      R"([{"role":"user","content":"f"},{"role":"assistant","content":"text","function_call":{"name":"add","arguments":"{}"}},{"role":"function","name":"add","content":"0"}])",
      R"([{"role":"user","content":"f"},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"add","arguments":"not json"}}]},{"role":"tool","tool_call_id":"a","content":"x"}])",
      R"([{"role":"user","content":"f"},{"role":"assistant","tool_calls":[{"function":{"name":"add"}},{"function":{"name":"sub","arguments":""}}]},{"role":"tool","content":"x"},{"role":"tool","name":"sub","content":"{\"y\":1}"},{"role":"user","content":"and?"}])",
      R"([{"role":"user","content":"f"},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"add","arguments":"{}"}}]},{"role":"user","content":"never mind"}])",
      R"([{"role":"tool","tool_call_id":"lost","content":"x"},{"role":"user","content":"and?"}])",
      R"([{"role":"user","content":"f"},{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"a b","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":"x"}])",
      R"([{"role":"critic","content":"x"},{"role":"user","content":"and?"}])",
      R"([{"role":"user","content":{"json":[1,2]}}])",
      R"([{"role":"user","content":null},{"role":"user","content":"x","extra":{"a":1}}])",
      R"([{"role":"user","content":"x"},{"role":"assistant","content":null,"refusal":"I will not."},{"role":"user","content":"y"}])"};
  return all;
}

const std::vector<std::string>& answers() {
  static const std::vector<std::string> all = {
      kHello,
      kNo,
      kCall,
      kRun,
      R"([{"role":"assistant","content":""}])",
      R"([{"role":"assistant","content":null,"refusal":"I will not."}])",
      R"([{"role":"assistant","content":"Hello","weight":0}])",
      R"([{"role":"assistant","content":"Hello","weight":1,"reasoning_content":"hm","annotations":[],"audio":null}])",
      R"([{"role":"assistant","content":[{"type":"text","text":"in"},{"type":"text","text":"parts"}]}])",
      R"([{"role":"assistant","content":"one"},{"role":"assistant","content":"two"}])",
      R"([{"role":"assistant","content":"one"},{"role":"user","content":"and?"},{"role":"assistant","content":"two"}])",
      R"([{"role":"assistant","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}])"};
  return all;
}

const std::vector<std::string>& tool_lists() {
  static const std::vector<std::string> all = {
      "",
      "[]",
      kTools,
      R"([{"type":"function","name":"add","description":"adds","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":false}}])",
      R"([{"name":"add","input_schema":{"type":"object"}}])",
      R"([{"type":"function","function":{"name":"add","description":null,"parameters":{"$ref":"#/x"}}}])",
      R"([{"type":"function","function":{"name":"add","parameters":{"type":"object","properties":{"a":{"type":["integer","null"]}}}}}])",
      R"([{"type":"web_search"}])"};
  return all;
}

// Every example of the world in every format: what is written passes the format's own check, and what is not says why.
TEST(FormatTest, WhatIsWrittenPassesTheCheck) {
  std::map<std::string_view, int> written;
  std::map<std::string_view, std::set<std::string>> reasons;
  for (const Format& format : formats()) {
    for (const std::string& prompt : prompts()) {
      for (size_t a = 0; a < answers().size(); ++a) {
        for (const std::string& tools : tool_lists()) {
          const std::string rejected = format.task == Task::kPreference ? answers()[(a + 1) % answers().size()] : "";
          Example from = example(prompt, answers()[a], rejected, tools);
          from.task = format.task;
          from.label = a % 2 == 0;
          from.metadata = a % 3 == 0 ? "" : R"({"id":"i","tags":["x"]})";
          const Written got = write(format, from);
          if (!got.done) {
            EXPECT_FALSE(got.text.empty()) << format.name;
            reasons[format.name].insert(got.text);
            continue;
          }
          ++written[format.name];
          ASSERT_EQ(got.text.find('\n'), std::string::npos);
          const Problems problems = problems_of(format.name, got.text);
          EXPECT_TRUE(problems.empty()) << format.name << ": " << problems.front() << "\n" << got.text;
        }
      }
    }
  }
  for (const Format& format : formats()) {
    EXPECT_GT(written[format.name], 20) << format.name;
    EXPECT_GT(reasons[format.name].size(), 3u) << format.name;
  }
}

// The way without a parser writes what the way with one writes.
TEST(FormatTest, PassingOnChangesNothing) {
  for (const std::string_view name : {"openai", "trl", "axolotl", "together"}) {
    for (const std::string& prompt : prompts()) {
      Example from = example(prompt, kHello, "", kTools);
      if (!chat::outline(from).simple) continue;
      const Written quick = write(*find_format(name).value(), from);
      from.plain = false;
      const Written slow = write(*find_format(name).value(), from);
      ASSERT_EQ(quick.done, slow.done) << name << prompt;
      if (!quick.done) continue;
      const json::Value a = json::parse(quick.text).value();
      const json::Value b = json::parse(slow.text).value();
      const auto& left = a.find("messages")->items();
      const auto& right = b.find("messages")->items();
      ASSERT_EQ(left.size(), right.size()) << name << prompt;
      for (size_t i = 0; i < left.size(); ++i) {
        EXPECT_EQ(left[i].find_string("role"), right[i].find_string("role"));
        EXPECT_EQ(left[i].find_string("content"), right[i].find_string("content"));
      }
    }
  }
}

TEST(OutlineTest, TellsWhatNeedsNoParser) {
  const auto simple = [](const std::string& prompt) { return chat::outline(example(prompt, kHello)).simple; };
  EXPECT_TRUE(simple(kHi));
  EXPECT_TRUE(simple(R"([{"content":"a \"role\":\"tool\" \\","role":"user"}])"));
  EXPECT_FALSE(simple(R"([{"role":"user","content":"a","name":"b"}])"));
  EXPECT_FALSE(simple(R"([{"role":"tool","content":"a"},{"role":"user","content":"b"}])"));
  EXPECT_FALSE(simple(R"([{"role":"user","content":""}])"));
  EXPECT_FALSE(simple(R"([{"role":"assistant","content":"a"}])")) << "nobody asks";
  EXPECT_FALSE(simple(R"([{"role": "user", "content": "spaces"}])"));
  EXPECT_TRUE(chat::outline(example(kDeveloper, kHello)).developer);
  EXPECT_FALSE(chat::outline(example(kTwice, kHello)).alternates);
}

// A pair of files: examples, and the line each becomes in a format, or why it becomes none.
Example golden_example(const std::string& text) {
  const json::Value value = json::parse(text).value();
  const auto part = [&](std::string_view name) {
    const json::Value* const found = value.find(name);
    return found == nullptr ? std::string() : found->dump();
  };
  Example out = example(part("prompt"), part("answer"), part("rejected"), part("tools"));
  out.task = parse_task(value.find_string("task").value()).value();
  if (const json::Value* const label = value.find("label")) out.label = label->as_bool();
  out.metadata = part("metadata");
  return out;
}

class GoldenTest : public testing::TestWithParam<std::string_view> {};

TEST_P(GoldenTest, Matches) {
  const Format& format = *find_format(GetParam()).value();
  std::ifstream examples(kGolden + "examples.jsonl");
  std::ifstream expected(fmt::format("{}{}.jsonl", kGolden, format.name));
  std::string text;
  std::string want;
  int lines = 0;
  while (std::getline(examples, text)) {
    const Example from = golden_example(text);
    if (from.task != format.task) continue;
    ASSERT_TRUE(std::getline(expected, want)) << "the golden file is too short";
    const Written got = write(format, from);
    EXPECT_EQ(got.done ? got.text : fmt::format(R"({{"left_out":"{}"}})", got.text), want);
    ++lines;
  }
  EXPECT_FALSE(std::getline(expected, want)) << "the golden file is too long";
  EXPECT_GT(lines, 3);
}

std::vector<std::string_view> names() {
  std::vector<std::string_view> out;
  for (const Format& format : formats()) out.push_back(format.name);
  return out;
}

INSTANTIATE_TEST_SUITE_P(Formats, GoldenTest, testing::ValuesIn(names()), [](const auto& info) {
  std::string name(info.param);
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(FormatTest, AnUnknownFormatNamesTheKnown) {
  const std::string words = find_format("csv").error().message;
  EXPECT_TRUE(words.starts_with("output_format: expected one of openai, openai-dpo, trl, ")) << words;
  EXPECT_TRUE(words.ends_with("; got \"csv\"")) << words;
}

TEST(FormatTest, TheDocumentationHasEveryFormat) {
  std::ifstream file(std::string(GLEANER_SOURCE_DIR) + "/docs/export-formats.md");
  const std::string docs((std::istreambuf_iterator<char>(file)), {});
  for (const Format& format : formats())
    EXPECT_NE(docs.find(fmt::format("\n### {}\n", format.name)), std::string::npos) << format.name;
}

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
