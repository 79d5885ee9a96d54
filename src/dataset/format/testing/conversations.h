// A small world of conversations, odd ones too, and what the tests of the formats do with them. One thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dataset/format/format.h"
#include "record/messages.h"

namespace gleaner::dataset::testing {

inline bool plain(const std::string& messages) {
  return messages.empty() || record::MessageInspector().inspect(messages).value().plain;
}

inline Example example(std::string prompt, std::string answer, std::string rejected = "", std::string tools = "") {
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

inline Written write(const Format& format, const Example& from) {
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

inline std::string line(std::string_view format, Example from) {
  const Format& row = *find_format(format).value();
  from.task = row.task;
  return write(row, from).text;
}

inline Problems problems_of(std::string_view format, std::string_view text) {
  Problems problems;
  const auto value = json::parse(text);
  EXPECT_TRUE(value) << text;
  if (value) find_format(format).value()->check(*value, problems);
  return problems;
}

inline std::string first_problem(std::string_view format, std::string_view text) {
  const Problems problems = problems_of(format, text);
  return problems.empty() ? "" : problems.front();
}

inline constexpr const char* kHi = R"([{"role":"user","content":"Hi"}])";
inline constexpr const char* kHello = R"([{"role":"assistant","content":"Hello"}])";
inline constexpr const char* kNo = R"([{"role":"assistant","content":"No"}])";
inline constexpr const char* kSystem = R"([{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}])";
inline constexpr const char* kDeveloper =
    R"([{"role":"developer","content":"Be brief."},{"role":"user","content":"Hi"}])";
inline constexpr const char* kTurns =
    R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}])";
inline constexpr const char* kTwice = R"([{"role":"user","content":"Hi"},{"role":"user","content":"there"}])";
inline constexpr const char* kCalled =
    R"([{"role":"user","content":"2+3?"},{"role":"assistant","content":null,"tool_calls":[{"id":"call-1","type":"function","function":{"name":"add","arguments":"{\"a\": 2}"}}]},{"role":"tool","tool_call_id":"call-1","content":"5"}])";
inline constexpr const char* kCall =
    R"([{"role":"assistant","content":null,"tool_calls":[{"id":"call-2","type":"function","function":{"name":"add","arguments":"{\"a\":2}"}}]}])";
inline constexpr const char* kRun =
    R"([{"role":"assistant","content":"I add.","tool_calls":[{"id":"x","type":"function","function":{"name":"add","arguments":{"a":2}}},{"id":"y","type":"function","function":{"name":"add","arguments":{"b":3}}}]},{"role":"tool","tool_call_id":"y","content":"3"},{"role":"tool","tool_call_id":"x","content":""},{"role":"assistant","content":"5"}])";
inline constexpr const char* kImage =
    R"([{"role":"user","content":[{"type":"text","text":"What?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}])";
inline constexpr const char* kTools = R"([{"type":"function","function":{"name":"add","strict":true}}])";

inline const std::vector<std::string>& prompts() {
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

inline const std::vector<std::string>& answers() {
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

inline const std::vector<std::string>& tool_lists() {
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

}  // namespace gleaner::dataset::testing
