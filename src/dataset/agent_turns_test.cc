#include "dataset/agent_turns.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace gleaner::dataset {
namespace {

std::string turns(std::string_view trajectory, std::string_view output = "") {
  const auto read = AgentTurnsReader().read(trajectory, output);
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? read->turns : "";
}

std::string tools(std::string_view trajectory) {
  const auto read = AgentTurnsReader().read(trajectory, "");
  EXPECT_TRUE(read) << (read ? "" : read.error().message);
  return read ? read->tools : "";
}

// The one call that a step with these arguments makes, as {"name","arguments"}.
std::string call(std::string_view action) {
  const auto read = json::parse(turns(R"([{"action":)" + std::string(action) + R"(}])"));
  if (!read || read->items().empty()) return "";
  return read->items().front().find("tool_calls")->items().front().find("function")->dump();
}

constexpr const char* kAsk = R"([{"thought":"t","action":{"tool":"ask","arguments":{"a":1}},"observation":"o"}])";

TEST(AgentTurnsTest, AStepIsACallAndItsResult) {
  EXPECT_EQ(turns(kAsk, R"({"role":"assistant","content":"done"})"),
            R"([{"role":"assistant","content":"t","tool_calls":[{"id":"call_1","type":"function",)"
            R"("function":{"name":"ask","arguments":"{\"a\":1}"}}]},)"
            R"({"role":"tool","tool_call_id":"call_1","content":"o"},{"role":"assistant","content":"done"}])");
  EXPECT_EQ(tools(kAsk), R"([{"type":"function","function":{"name":"ask","description":"ask",)"
                         R"("parameters":{"type":"object","properties":{"a":{"type":"number"}}}}}])");
}

// What stands from answer_at on.
std::string last_word(std::string_view trajectory, std::string_view output = "") {
  const auto read = AgentTurnsReader().read(trajectory, output);
  return read && read->answer_at > 0 ? read->turns.substr(read->answer_at) : "";
}

TEST(AgentTurnsTest, SaysWhereTheAnswerBegins) {
  EXPECT_EQ(last_word(kAsk, R"({"role":"assistant","content":"done"})"), R"({"role":"assistant","content":"done"}])");
  EXPECT_EQ(last_word(R"([{"action":{"tool":"ask"},"observation":"o"},{"thought":"so","action":{"tool":"finish"}}])"),
            R"({"role":"assistant","content":"so"}])");
  EXPECT_EQ(last_word(kAsk), "");                                                              // it ends on a call
  EXPECT_EQ(last_word(R"([{"thought":"t"}])", R"({"role":"assistant","content":"a"})"), "");   // nothing was observed
  EXPECT_EQ(last_word(R"([{"action":{"tool":"ask"}},{"thought":"t"},{"thought":"u"}])"), "");  // two words
}

TEST(AgentTurnsTest, MembersComeInAnyOrder) {
  EXPECT_EQ(turns(R"([{"observation":"o","action":{"arguments":{"a":1},"tool":"ask"},"thought":"t"}])"), turns(kAsk));
  EXPECT_EQ(turns("[ { \"n\" : [1, {}] , \"thought\" : \"t\" , \"action\" : { \"tool\" : \"ask\" , \"arguments\" : "
                  "{ \"a\" : 1 } } , \"observation\" : \"o\" } ]"),
            turns(kAsk));
}

TEST(AgentTurnsTest, TheFirstOfMembersWithOneNameCounts) {
  EXPECT_EQ(turns(R"([{"thought":"t","thought":"u","action":{"tool":"ask","tool":"x","arguments":{"a":1},)"
                  R"("arguments":{"b":2}},"action":{"tool":"y"},"observation":"o","observation":5}])"),
            turns(kAsk));
  EXPECT_EQ(turns(R"([{"thought":"t","action":"none","action":{"tool":"y"}}])"),
            R"([{"role":"assistant","content":"t"}])");
  EXPECT_EQ(call(R"({"tool":"f","arguments":{"a":1,"a":"x"}})"), R"({"name":"f","arguments":"{\"a\":1,\"a\":\"x\"}"})");
}

TEST(AgentTurnsTest, EscapesAreNormal) {
  EXPECT_EQ(turns(R"([{"thought":"\u00e9\/\u2028 \ud83d\ude80 \"\\\n\t\r\u0001\u001F\u0009\b\f\u007f"}])"),
            "[{\"role\":\"assistant\",\"content\":\"é/\xE2\x80\xA8 🚀 "
            "\\\"\\\\\\n\\t\\r\\u0001\\u001f\\t\\u0008\\u000c\x7f\"}]");
  EXPECT_EQ(turns(R"([{"thought":"ends on \\"},{"thought":"\\u0041"}])"),
            R"([{"role":"assistant","content":"ends on \\"},{"role":"assistant","content":"\\u0041"}])");
  EXPECT_EQ(call(R"({"to\u006fl":"f","arguments":{"\u0061\/":"\u0062\"\\"}})"),
            R"({"name":"f","arguments":"{\"a/\":\"b\\\"\\\\\"}"})");
}

TEST(AgentTurnsTest, ArgumentsOfEveryKind) {
  EXPECT_EQ(call(R"({"tool":"f"})"), R"({"name":"f","arguments":"{}"})");
  EXPECT_EQ(call(R"({"tool":"f","arguments":null})"), R"({"name":"f","arguments":"{}"})");
  EXPECT_EQ(call(R"({"tool":"f","arguments":{}})"), R"({"name":"f","arguments":"{}"})");
  EXPECT_EQ(call(R"({"tool":"f","arguments":"{\"a\": 1}"})"),
            R"({"name":"f","arguments":"{\"input\":\"{\\\"a\\\": 1}\"}"})");
  EXPECT_EQ(call(R"({"tool":"f","arguments":[1, {"b" : [ ]}]})"),
            R"({"name":"f","arguments":"{\"input\":[1,{\"b\":[]}]}"})");
  EXPECT_EQ(call(R"({"tool":"f","arguments":1.50e1})"), R"({"name":"f","arguments":"{\"input\":1.50e1}"})");
  EXPECT_EQ(call(R"({"tool":"f","arguments":{"a":{"b":[true,null,"c"]}}})"),
            R"({"name":"f","arguments":"{\"a\":{\"b\":[true,null,\"c\"]}}"})");
}

TEST(AgentTurnsTest, ToolsKnowTheFirstTypeOfAnArgument) {
  EXPECT_EQ(tools(R"([{"action":{"tool":"z","arguments":{"s":"x","n":null,"b":false,"l":[],"o":{}}}},)"
                  R"({"action":{"tool":"a","arguments":[1]}},{"action":{"tool":"z","arguments":{"s":1,"t":2}}}])"),
            R"([{"type":"function","function":{"name":"a","description":"a","parameters":{"type":"object",)"
            R"("properties":{"input":{"type":"array"}}}}},{"type":"function","function":{"name":"z","description":"z",)"
            R"("parameters":{"type":"object","properties":{"b":{"type":"boolean"},"l":{"type":"array"},)"
            R"("n":{"type":"string"},"o":{"type":"object"},"s":{"type":"string"},"t":{"type":"number"}}}}}])");
}

TEST(AgentTurnsTest, WhatIsNoStringIsItsJson) {
  EXPECT_EQ(turns(R"([{"thought":7,"action":{"tool":12,"arguments":null},"observation":{"a" : "\u0062"}}])"),
            R"([{"role":"assistant","content":"7","tool_calls":[{"id":"call_1","type":"function",)"
            R"("function":{"name":"12","arguments":"{}"}}]}])");
  EXPECT_EQ(turns(R"([{"thought":null,"observation":{"a" : "\u0062"}},{"thought":true}])"),
            R"([{"role":"user","content":"{\"a\":\"b\"}"},{"role":"assistant","content":"true"}])");
  EXPECT_EQ(turns(R"([5,"text",null,[],{},{"thought":"","observation":null},{"thought":"t","action":[1]}])"),
            R"([{"role":"assistant","content":"t"}])");
  EXPECT_EQ(call(R"({"tool":"search the web!"})"), R"({"name":"search_the_web_","arguments":"{}"})");
  EXPECT_EQ(call(R"({"tool":")" + std::string(70, 'x') + R"("})"),
            R"({"name":")" + std::string(64, 'x') + R"(","arguments":"{}"})");
}

TEST(AgentTurnsTest, FinishEndsTheRun) {
  const std::string said = R"([{"role":"assistant","content":"t\n\n42"}])";
  EXPECT_EQ(turns(R"([{"thought":"t","action":{"tool":"FINISH","arguments":"42"}},{"thought":"u"}])"), said);
  EXPECT_EQ(turns(R"([{"thought":"t","action":{"tool":"finish","arguments":42}}])"), said);
  EXPECT_EQ(turns(R"([{"action":{"tool":"finish","arguments":{"answer" : 42}}}])"),
            R"([{"role":"assistant","content":"{\"answer\":42}"}])");
  EXPECT_EQ(turns(R"([{"thought":"t","action":{"tool":"finish","arguments":{}}}])"),
            R"([{"role":"assistant","content":"t"}])");
  EXPECT_EQ(turns(R"([{"action":{"tool":"finish","arguments":null}}])"), "");
  EXPECT_EQ(turns(R"([{"thought":"t","action":{"tool":"finish"}}])", R"({"role":"assistant","content":"o"})"),
            R"([{"role":"assistant","content":"o"}])");
}

TEST(AgentTurnsTest, TheOutputIsTheLastWord) {
  constexpr const char* kThought = R"([{"thought":"t"}])";
  EXPECT_EQ(turns(kThought, R"({ "content" : "\u006f" , "role" : "assistant" })"),
            R"([{"role":"assistant","content":"t"},{"content":"o","role":"assistant"}])");
  EXPECT_EQ(turns(kThought, R"({"role":"\u0061ssistant","content":null})"),
            R"([{"role":"assistant","content":"t"},{"role":"assistant","content":null}])");
  EXPECT_EQ(turns(kThought, R"({"role":"user","role":"assistant"})"), R"([{"role":"assistant","content":"t"}])");
  EXPECT_EQ(turns(kThought, R"("text")"), R"([{"role":"assistant","content":"t"}])");
  EXPECT_EQ(turns(R"([{"observation":"o"}])"), "");
  EXPECT_EQ(turns("[]"), "");
}

TEST(AgentTurnsTest, SaysWhatDoesNotRead) {
  EXPECT_EQ(AgentTurnsReader().read(R"({"thought":"t"})", "").error().code, Code::kDataLoss);
  for (const char* const damaged :
       {"", "[", R"([{"thought":"t"})", R"([{"thought":"\x"}])", R"([{"thought":"\ud800"}])", R"([{"other":tru}])",
        R"([{"action":{"tool":"f","arguments":{"a":01}}}])", R"([{"thought":"t"}] x)", R"([{"thought" "t"}])",
        R"([{"action":{"tool":"finish"}},{"thought":nul}])"}) {
    EXPECT_FALSE(AgentTurnsReader().read(damaged, "")) << damaged;
  }
  EXPECT_FALSE(AgentTurnsReader().read("[]", R"({"role":"assistant")"));
  EXPECT_FALSE(AgentTurnsReader().read("[]", "tru"));
}

}  // namespace
}  // namespace gleaner::dataset
