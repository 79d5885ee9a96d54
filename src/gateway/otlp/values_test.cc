#include "gateway/otlp/values.h"

#include <vector>

#include <gtest/gtest.h>

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

Value parsed(std::string_view text) {
  return *json::parse(text);
}

TEST(OtlpValues, DumpsAsTheValueItselfDoes) {
  std::string every_byte;
  for (int c = 0; c < 128; ++c) every_byte += static_cast<char>(c);
  for (size_t lead = 0; lead < 9; ++lead) {
    const Value text = Value::string(std::string(lead, 'x') + every_byte + "\u00e9\U0001f389" + std::string(lead, 'y'));
    EXPECT_EQ(dumped(text), text.dump());
  }
  const Value value = parsed(R"({"a":[1,"\"\\\n",null,true,[],{}],"b\tc":{"d":-0.5}})");
  EXPECT_EQ(dumped(value), value.dump());
}

TEST(OtlpValues, HashesTellValuesApart) {
  const std::vector<std::string> texts = {"1",
                                          "\"1\"",
                                          "null",
                                          "true",
                                          "false",
                                          "[]",
                                          "{}",
                                          "[1]",
                                          "[1,2]",
                                          "[2,1]",
                                          "[[1],2]",
                                          "[[1,2]]",
                                          "[\"\"]",
                                          "{\"a\":1}",
                                          "{\"b\":1}",
                                          "{\"a\":\"1\"}",
                                          "{\"a\":1,\"b\":1}"};
  for (const std::string& one : texts) {
    for (const std::string& other : texts) {
      EXPECT_EQ(hash_of(parsed(one)) == hash_of(parsed(other)), one == other) << one << " " << other;
    }
  }
}

TEST(OtlpValues, OpensWhatIsJson) {
  EXPECT_EQ(opened(Value::string(R"( {"a":1} )")).dump(), R"({"a":1})");
  EXPECT_EQ(opened(Value::string(R"("text")")).dump(), R"("text")");
  EXPECT_EQ(opened(Value::string("[1,")).dump(), R"("[1,")") << "cut by the SDK";
  EXPECT_EQ(opened(Value::string("12")).dump(), R"("12")");
  EXPECT_EQ(opened(Value::string("{\"a\":\"two\nlines\"}")).dump(), R"({"a":"two\nlines"})");
  EXPECT_EQ(opened(Value::string(std::string(40, '[') + std::string(40, ']'))).kind(), Value::Kind::kString);
}

std::string unflattened(const std::vector<std::string>& names) {
  std::vector<Attribute> attributes;
  for (const std::string& name : names) attributes.push_back({"p." + name, Value::string(name)});
  std::vector<const Attribute*> pointers;
  for (const Attribute& one : attributes) pointers.push_back(&one);
  return unflatten("p.", pointers).dump();
}

TEST(OtlpValues, UnflattensLists) {
  EXPECT_EQ(unflattened({"1.a", "0.a", "0.b.c"}), R"([{"a":"0.a","b":{"c":"0.b.c"}},{"a":"1.a"}])");
  EXPECT_EQ(unflattened({"0", "7"}), R"(["0","7"])");
  EXPECT_EQ(unflattened({"9999.a", "10000.a", "99999999999999999999.a"}), R"([{"a":"9999.a"}])");
  EXPECT_EQ(unflattened({"0.a", "0.a.b"}), R"([{"a":{"b":"0.a.b"}}])");
  EXPECT_EQ(unflattened({}), "[]");
}

TEST(OtlpValues, ReadsNumbers) {
  EXPECT_EQ(number_of(Value::string("2.5")), 2.5);
  EXPECT_EQ(json_number(Value::number("7.50"))->text(), "7.50");
  EXPECT_FALSE(number_of(Value::string("")));
  EXPECT_FALSE(number_of(Value::string("nan")));
  EXPECT_FALSE(number_of(Value::string("12 tokens")));
  EXPECT_FALSE(number_of(Value::boolean(true)));
}

}  // namespace
}  // namespace gleaner::gateway::otlp
