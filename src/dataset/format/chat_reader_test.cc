#include "dataset/format/chat_reader.h"

#include <gtest/gtest.h>

namespace gleaner::dataset::chat {
namespace {

struct Read {
  std::string messages;  // written again
  std::string reason;
  bool failed = false;
};

Read read(std::string_view text) {
  Read out;
  Reader reader(out.reason);
  Messages messages;
  const auto done = reader.read(text, messages);
  out.failed = !done;
  if (done && *done) {
    json::Writer w(out.messages);
    write(w, messages, {.developer = true, .names = true, .weight = "weight"});
  }
  return out;
}

// A message of the assistant with these members, read and written.
std::string assistant(std::string_view members) {
  return read(R"([{"role":"assistant",)" + std::string(members) + "}]").messages;
}

std::string called(std::string_view id, std::string_view name, std::string_view arguments) {
  std::string out = R"([{"role":"assistant","tool_calls":[{"id":")";
  out.append(id).append(R"(","type":"function","function":{"name":")").append(name).append(R"(","arguments":)");
  return out.append(arguments).append("}}]}]");
}

TEST(ChatReaderTest, TheFirstOfMembersWithOneNameCounts) {
  EXPECT_EQ(read(R"([{"role":"user","role":"tool","name":"a","name":"b","content":"x"}])").messages,
            R"([{"role":"user","content":"x","name":"a"}])");
  EXPECT_EQ(read(R"([{"name":5,"name":"b","role":"user","content":"x"}])").messages,
            R"([{"role":"user","content":"x"}])");
  EXPECT_EQ(read(R"([{"content":"x","content":"y","role":"user"}])").messages, R"([{"role":"user","content":"y"}])");
  EXPECT_EQ(assistant(R"("tool_calls":[{"id":"a","id":"b","function":{"name":"f","name":"g","arguments":"{}",)"
                      R"("arguments":"1"},"function":{"name":"h"}}],"tool_calls":[])"),
            called("a", "f", "\"{}\""));
  EXPECT_EQ(assistant(R"("content":"x","weight":0,"weight":1)"), R"([{"role":"assistant","content":"x","weight":0}])");
}

TEST(ChatReaderTest, CallsComeBeforeTheRole) {
  EXPECT_EQ(read(R"([{"tool_calls":[{"function":{"name":"f"}}],"role":"assistant"}])").messages,
            called("call_1", "f", "\"{}\""));
  EXPECT_EQ(read(R"([{"tool_calls":[{"function":{"name":"f"}}],"content":"x","weight":0,"role":"user"},)"
                 R"({"function_call":{"name":"f"},"role":"assistant"}])")
                .messages,
            R"([{"role":"user","content":"x"},)" + called("call_1", "f", "\"{}\"").substr(1));
}

TEST(ChatReaderTest, ArgumentsOfEveryKind) {
  const auto arguments = [](std::string_view given) {
    return assistant(R"("tool_calls":[{"id":"a","function":{"name":"f","arguments":)" + std::string(given) + "}}]");
  };
  EXPECT_EQ(arguments("null"), called("a", "f", "\"{}\""));
  EXPECT_EQ(arguments("\"\""), called("a", "f", "\"{}\""));
  EXPECT_EQ(arguments(R"("{ \"a\" : \"\\u00e9\" }")"), called("a", "f", R"("{ \"a\" : \"\\u00e9\" }")"));
  EXPECT_EQ(arguments(R"({ "a" : "\u00e9" })"), called("a", "f", R"("{\"a\":\"é\"}")"));
  EXPECT_EQ(arguments("[1, 2.0]"), called("a", "f", "\"[1,2.0]\""));
  EXPECT_EQ(arguments("false"), called("a", "f", "\"false\""));
}

TEST(ChatReaderTest, WhatIsNoCallIsNone) {
  EXPECT_EQ(assistant(R"("content":"x","tool_calls":null)"), R"([{"role":"assistant","content":"x"}])");
  EXPECT_EQ(assistant(R"("content":"x","tool_calls":{"function":{}})"), R"([{"role":"assistant","content":"x"}])");
  EXPECT_EQ(assistant(R"("content":"x","tool_calls":[5,null,"f",{"id":"a"}],"function_call":"f")"),
            R"([{"role":"assistant","content":"x"}])");
  EXPECT_EQ(assistant(R"("tool_calls":[{"id":7,"function":null}])"), called("call_1", "", "\"{}\""));
  EXPECT_EQ(assistant(R"("function_call":{"name":"f","arguments":"{\"a\":1}"})"),
            called("call_1", "f", R"("{\"a\":1}")"));
}

TEST(ChatReaderTest, ContentOfEveryKind) {
  EXPECT_EQ(assistant(R"("content":null,"refusal":"no")"), R"([{"role":"assistant","content":"no"}])");
  EXPECT_EQ(assistant(R"("content":7,"refusal":null)"), "[]");
  EXPECT_EQ(assistant(R"("content":{ "a" : [ true ] })"), R"([{"role":"assistant","content":"{\"a\":[true]}"}])");
  EXPECT_EQ(assistant(R"("content":["one",{"type":"text","text":"two"},3,{"text":""}])"),
            R"([{"role":"assistant","content":"one\ntwo"}])");
  EXPECT_EQ(read(R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"\u0061"}}]}])").messages,
            R"([{"role":"user","content":[{"type":"image_url","image_url":{"url":"a"}}]}])");
  EXPECT_EQ(read(R"([{"role":"tool","tool_call_id":"a","content":null}])").messages,
            R"([{"role":"tool","content":"","tool_call_id":"a","name":""}])");
}

TEST(ChatReaderTest, WeightsAreNumbers) {
  EXPECT_EQ(assistant(R"("content":"x","weight":1)"), R"([{"role":"assistant","content":"x","weight":1}])");
  for (const char* const none : {"null", "true", "\"0\"", "0.0", "7", "[0]"}) {
    EXPECT_EQ(assistant(R"("content":"x","weight":)" + std::string(none)), R"([{"role":"assistant","content":"x"}])")
        << none;
  }
}

TEST(ChatReaderTest, SaysWhatDoesNotRead) {
  EXPECT_EQ(read(R"([{"role":"critic","content":"x"},{"role":"user","content":"y"}])").reason,
            "a message whose role is none of system, user, assistant and tool");
  EXPECT_EQ(read(R"([{"role":5,"content":"x"}])").reason, read(R"([{"content":"x"}])").reason);
  for (const char* const damaged : {"", "{}", "5", "[5]", "[{\"role\":\"user\"}", R"([{"role":"user","content":"\x"}])",
                                    R"([{"role":"user","content":[tru]}])", R"([{"role":"user","other":01}])",
                                    R"([{"role":"user"}] x)", R"([{"role":"critic"},{"other":nul}])"}) {
    EXPECT_TRUE(read(damaged).failed) << damaged;
  }
}

}  // namespace
}  // namespace gleaner::dataset::chat
