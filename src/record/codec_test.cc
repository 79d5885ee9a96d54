#include "record/codec.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "record/fields.h"

namespace gleaner::record {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(GLEANER_SOURCE_DIR) + "/tests/golden/record/" + name);
  std::string line;
  std::getline(file, line);
  return line;
}

template <typename Record>
std::string encoded(const Record& record) {
  std::string out;
  encode(record, out);
  return out;
}

// These two files never change. When the schema does, they get a sibling, and this test a line.
TEST(CodecTest, ReadsAndWritesVersion1) {
  Decoder decoder;
  const auto interaction = decoder.interaction(golden("interaction_v1.json"));
  ASSERT_TRUE(interaction) << interaction.error().message;
  EXPECT_EQ(encoded(*interaction), golden("interaction_v1.json"));
  EXPECT_EQ(interaction->id, "train_20241120_103000_ab12cd34");
  EXPECT_EQ(format_time(*interaction->created_at), "2024-11-20T10:30:00.000Z");
  const auto signal = decoder.signal(golden("signal_v1.json"));
  ASSERT_TRUE(signal) << signal.error().message;
  EXPECT_EQ(encoded(*signal), golden("signal_v1.json"));
  EXPECT_EQ(signal->kind, SignalKind::kCorrection);
}

TEST(CodecTest, TheGoldenFilesHaveEveryField) {
  for (const auto& field : interaction_fields()) {
    EXPECT_NE(golden("interaction_v1.json").find("\"" + std::string(field.name) + "\":"), std::string::npos)
        << field.name;
  }
  for (const auto& field : signal_fields()) {
    EXPECT_NE(golden("signal_v1.json").find("\"" + std::string(field.name) + "\":"), std::string::npos) << field.name;
  }
}

TEST(CodecTest, KeepsUnknownFieldsInMetadata) {
  const auto i =
      Decoder().interaction(R"({"output":"hi","skill":"roof","metadata":{"skill":"x"},"tier":[1, {"a" : null}]})");
  ASSERT_TRUE(i) << i.error().message;
  EXPECT_EQ(i->metadata.text, R"({"skill":"x","_skill":"roof","tier":[1,{"a":null}]})");
}

TEST(CodecTest, ManyUnknownFieldsCostNoMoreThanTheyAreLong) {
  std::string json = R"({"output":"x")";
  for (int i = 0; i < 100'000; ++i) json += ",\"k" + std::to_string(i) + "\":1";
  EXPECT_TRUE(Decoder().interaction(json + "}"));
  EXPECT_EQ(Decoder().interaction(R"({"output":"x","k":1,"k":1})").error().message, "k: given twice");
}

TEST(CodecTest, TheLastAssistantMessageIsTheOutput) {
  const auto i = Decoder().interaction(
      R"({"messages":[{"role":"user","content":"Grüße"},{"role":"assistant","content":[{"type":"text","text":"ab"},{"type":"text","text":"c"}]}]})");
  ASSERT_TRUE(i) << i.error().message;
  EXPECT_EQ(i->messages.text, R"([{"role":"user","content":"Grüße"}])");
  EXPECT_EQ(i->output.text,
            R"({"role":"assistant","content":[{"type":"text","text":"ab"},{"type":"text","text":"c"}]})");
  const auto again = Decoder().interaction(encoded(*i));
  ASSERT_TRUE(again);
  EXPECT_EQ(encoded(*again), encoded(*i));
}

TEST(CodecTest, WhatWasEncodedReadsBackWithoutLookingInside) {
  Decoder decoder;
  for (
      const char* const json : {
          R"({"messages":[{"role":"user","content":"\"[{\u00e9"},{"role":"assistant","content":"last"}],"output":"}]"})",
          R"({"id":"a","output":null,"artifact":[[],{},{"x":[1,-2.5e3,true,null]}],"metadata":{"":{}},"success":false})",
          R"({"artifact":"only \\ text","error":"none","cost_usd":0.25,"tags":["a","b"],"other":{"kept":[]}})",
          R"({"artifact":7,"created_at":1700000000})",
      }) {
    const auto i = decoder.interaction(json);
    ASSERT_TRUE(i) << i.error().message;
    const auto again = decoder.encoded_interaction(encoded(*i));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(encoded(*again), encoded(*i));
  }
  for (const char* const json : {"", "{", "[]", R"({"artifact":[})", R"({"artifact":[1,2)", R"({"output":"x)"})
    EXPECT_FALSE(decoder.encoded_interaction(json)) << json;
}

TEST(CodecTest, OutputMayBeText) {
  EXPECT_EQ(Decoder().interaction(R"({"output":"a\"b"})")->output.text, R"({"role":"assistant","content":"a\"b"})");
  EXPECT_EQ(Decoder().interaction(R"({"output":{"content":null}})")->output.text,
            R"({"role":"assistant","content":null})");
  EXPECT_EQ(Decoder().interaction(R"({"output":{}})")->output.text, R"({"role":"assistant"})");
}

TEST(CodecTest, NumbersMayBeIdsAndTimes) {
  const auto i = Decoder().interaction(R"({"output":"x","user_id":42,"created_at":1700000000,"session_id":null})");
  ASSERT_TRUE(i) << i.error().message;
  EXPECT_EQ(i->user_id, "42");
  EXPECT_EQ(format_time(*i->created_at), "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(to_ms(*Decoder().interaction(R"({"output":"x","created_at":1700000000123})")->created_at), 1700000000123);
}

TEST(CodecTest, ErrorsNameTheFieldPath) {
  struct Case {
    const char* json;
    const char* begins;
  };
  const Case cases[] = {
      {R"({"messages":"hi"})", "messages: expected an array, got a string"},
      {R"({"messages":[{"role":"user","content":"a"},{"role":"robot","content":"b"}]})",
       "messages[1].role: expected one of system"},
      {R"({"messages":[{"content":"a"}]})", "messages[0].role: missing"},
      {R"({"messages":[{"role":"user","content":5}]})", "messages[0].content: expected a string"},
      {R"({"messages":[{"role":"user","content":[5]}]})", "messages[0].content[0]: expected a content part"},
      {R"({"messages":[7]})", "messages[0]: expected an object, got a number"},
      {R"({"messages":[{"role":"assistant","tool_calls":{}}]})", "messages[0].tool_calls: expected an array"},
      {R"({"output":{"role":"user"}})", "output.role: expected assistant"},
      {R"({"output":"x","tags":["a",1]})", "tags[1]: expected a string, got a number"},
      {R"({"output":"x","latency_ms":-1})", "latency_ms: expected a number from 0, got -1"},
      {R"({"output":"x","auto_score":1.5})", "auto_score: expected a number from 0 to 1, got 1.5"},
      {R"({"output":"x","success":"yes"})", "success: expected true or false, got a string"},
      {R"({"output":"x","created_at":"soon"})", "created_at: expected an RFC 3339 time"},
      {R"({"output":"x","items":[{"id":"a"},{"id":""}]})", "items[1].id: expected a string"},
      {R"({"output":"x","trajectory":[1]})", "trajectory[0]: expected an object"},
      {R"({"output":"x","schema_version":99})", "schema_version: expected a schema version from 1 to 1"},
      {R"({"output":"x","platform":"a\nb"})", "platform: must not contain control characters"},
      {R"({"id":"a","id":"b","output":"x"})", "id: given twice"},
      {R"({"metadata":{}})", "messages: missing"},
      {R"([1])", "expected one JSON object"},
      {R"({"output":"x"} x)", "not valid JSON"},
      {R"({"output":"x","artifact":{"a":nul}})", "not valid JSON"},
      {"{\"output\":\"\xff\"}", "not valid JSON: the bytes are not UTF-8"},
      {"", "not valid JSON: empty"},
  };
  Decoder decoder;
  for (const Case& c : cases) {
    const auto i = decoder.interaction(c.json);
    ASSERT_FALSE(i) << c.json;
    EXPECT_TRUE(i.error().message.starts_with(c.begins)) << c.json << "\n  says: " << i.error().message;
    EXPECT_EQ(i.error().code, Code::kInvalidArgument);
  }
}

TEST(CodecTest, SignalsAreChecked) {
  struct Case {
    const char* json;
    const char* begins;
  };
  const Case cases[] = {
      {R"({"interaction_id":"a"})", "kind: missing"},
      {R"({"kind":"thumbs_up"})", "interaction_id: missing"},
      {R"({"kind":"love","interaction_id":"a"})", "kind: expected a signal kind"},
      {R"({"kind":"rating","interaction_id":"a","value":"5"})", "value: a rating needs a number"},
      {R"({"kind":"correction","interaction_id":"a"})", "output: a correction needs"},
      {R"({"kind":"review","interaction_id":"a","value":"maybe"})", "value: a review needs"},
      {R"({"kind":"like","interaction_id":"a","author":"cat"})", "author: expected human"},
  };
  Decoder decoder;
  for (const Case& c : cases) {
    const auto s = decoder.signal(c.json);
    ASSERT_FALSE(s) << c.json;
    EXPECT_TRUE(s.error().message.starts_with(c.begins)) << s.error().message;
  }
  EXPECT_TRUE(decoder.signal(R"({"kind":"like","item_id":"abc123"})"));
  EXPECT_EQ(decoder.signal_about("i-1", R"({"kind":"like"})")->interaction_id, "i-1");
  EXPECT_EQ(decoder.signal_about("i-1", R"({"kind":"like","interaction_id":"i-2"})")->interaction_id, "i-2");
  EXPECT_EQ(decoder.signal_about("i-1", R"({"kind":"like","item_id":"abc123"})")->interaction_id, "");
  EXPECT_EQ(decoder.signal(R"({"kind":"positive","interaction_id":"a"})")->kind, SignalKind::kThumbsUp);
}

TEST(CodecTest, NestingIsBounded) {
  const auto nested = [](int depth) {
    return R"({"output":"x","artifact":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(Decoder().interaction(nested(60)));
  const auto deep = Decoder().interaction(nested(100'000));
  ASSERT_FALSE(deep);
  EXPECT_NE(deep.error().message.find("nested deeper"), std::string::npos) << deep.error().message;
}

}  // namespace
}  // namespace gleaner::record
