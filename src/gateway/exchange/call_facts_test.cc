#include "gateway/exchange/call_facts.h"

#include <gtest/gtest.h>

namespace gleaner::gateway::exchange {
namespace {

TEST(CallFactsTest, AUserCountsBeforeASessionBeforeTheConversation) {
  const std::string body =
      R"({"model": "m", "messages": [{"role": "system", "content": "today is Monday"}, {"content": "hi", "role": "user"},
          {"role": "user", "content": "again"}], "user": "u-1", "metadata": {"session_id": "s-1"}})";
  EXPECT_EQ(read_call({}, body).unit, "user:u-1");
  EXPECT_EQ(read_call({{"x-gleaner-user", "u-2"}}, body).unit, "user:u-2");
  EXPECT_EQ(read_call({}, R"({"metadata": {"session_id": "s-1"}, "input": "hello"})").unit, "session:s-1");
  EXPECT_EQ(read_call({{"x-gleaner-session", "s-2"}}, R"({"prompt": "hello"})").unit, "session:s-2");
  EXPECT_EQ(
      read_call({}, R"({"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "hi"}]})").unit,
      R"(conversation:"hi")");
  EXPECT_EQ(read_call({}, R"({"input": "hello"})").unit, "conversation:hello");
  EXPECT_EQ(read_call({}, R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]})").unit,
            R"(conversation:[{"type": "text", "text": "a"}])");
  EXPECT_EQ(read_call({}, R"({"messages": []})").unit, "");
}

TEST(CallFactsTest, AConversationStaysTheSameAsItGrows) {
  const std::string first = R"({"messages":[{"role":"user","content":"hi"}]})";
  const std::string later =
      R"({"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"x"},{"role":"user","content":"y"}]})";
  EXPECT_EQ(read_call({}, first).unit, read_call({}, later).unit);
}

TEST(CallFactsTest, TheModelIsChangedAndNothingElse) {
  const std::string body = R"({ "stream" : true , "model" :  "gpt-4.1\u002dmini" , "n":1.0 })";
  const CallFacts facts = read_call({}, body);
  EXPECT_EQ(facts.model, "gpt-4.1-mini");
  EXPECT_EQ(with_model(facts, body, "a\"b"), R"({ "stream" : true , "model" :  "a\"b" , "n":1.0 })");
}

TEST(CallFactsTest, EffectsAndCredentials) {
  const auto effects = [](const char* body) { return read_call({}, body).has_effects; };
  EXPECT_TRUE(effects(R"({"conversation": "conv_1"})"));
  EXPECT_TRUE(effects(R"({"background": true})"));
  EXPECT_FALSE(effects(R"({"conversation": null, "background": false})"));
  const auto credentials = [](const char* body) { return read_call({}, body).has_credentials; };
  EXPECT_TRUE(credentials(R"({"api_key": "k"})"));
  EXPECT_TRUE(credentials(R"({"tools": [{"type": "mcp", "authorization": "k"}]})"));
  EXPECT_FALSE(credentials(R"({"tools": [{"type": "function", "function": {"name": "f"}}]})"));
}

TEST(CallFactsTest, WhatCannotBeReadHasNoModel) {
  for (const char* const body :
       {"", "[]", "{", R"({"model": 5})", R"({"model": null})", "\xff", R"({"messages": 7})"}) {
    const CallFacts facts = read_call({}, body);
    EXPECT_EQ(facts.model, "") << body;
    EXPECT_EQ(with_model(facts, body, "x"), std::nullopt) << body;
  }
}

}  // namespace
}  // namespace gleaner::gateway::exchange
