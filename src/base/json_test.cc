#include "base/json.h"

#include <gtest/gtest.h>

namespace gleaner::json {
namespace {

TEST(JsonTest, KeepsWhatItReads) {
  const char* const kText = R"({"a":[1,-2.50,1e3,true,null],"b\u00e9":"x\n\"y\"","big":12345678901234567890123})";
  const auto value = parse(kText);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->dump(),
            "{\"a\":[1,-2.50,1e3,true,null],\"b\xc3\xa9\":\"x\\n\\\"y\\\"\",\"big\":12345678901234567890123}");
  EXPECT_EQ(value->find("a")->items()[0].as_integer(), 1);
  EXPECT_FALSE(value->find("a")->items()[1].as_integer());
  EXPECT_DOUBLE_EQ(value->find("a")->items()[1].as_double(), -2.5);
  EXPECT_EQ(value->find("missing"), nullptr);
}

TEST(JsonTest, ReadsScalars) {
  EXPECT_EQ(parse(" 42 ")->as_integer(), 42);
  EXPECT_EQ(parse("\"x\"")->text(), "x");
  EXPECT_TRUE(parse("null")->is_null());
}

TEST(JsonTest, RefusesWhatIsNotJson) {
  const std::string deep(100'000, '[');
  for (const std::string& text : {std::string(""),
                                  std::string("{"),
                                  std::string("[1,]"),
                                  std::string("{\"a\":}"),
                                  std::string("1 2"),
                                  std::string("1,2"),
                                  std::string("]["),
                                  std::string("nul"),
                                  std::string("tru"),
                                  std::string("01"),
                                  std::string("\"\x01\""),
                                  std::string("\"\xff\""),
                                  std::string("\"\\ud800\""),
                                  std::string("{\"a\" 1}"),
                                  std::string("1e999"),
                                  std::string("[1] x"),
                                  std::string("\"open"),
                                  deep,
                                  std::string("[\"\\x\"]"),
                                  std::string("{\"\\q\":1}"),
                                  std::string("{a:1}"),
                                  std::string("{1:1}")}) {
    EXPECT_FALSE(parse(text)) << text.substr(0, 40);
  }
}

TEST(JsonTest, DepthIsBounded) {
  EXPECT_TRUE(parse(std::string(kMaxDepth, '[') + std::string(kMaxDepth, ']')));
  EXPECT_FALSE(parse(std::string(kMaxDepth + 1, '[') + std::string(kMaxDepth + 1, ']')));
}

TEST(JsonTest, WriterSeparates) {
  std::string out;
  Writer w(out);
  w.begin_object().field("a", 1).key("b").begin_array().string("x").number(0.5).null().end_array().field("c", true);
  w.key("d").begin_object().end_object().key("e").raw("[1]").end_object();
  EXPECT_EQ(out, R"({"a":1,"b":["x",0.5,null],"c":true,"d":{},"e":[1]})");
}

TEST(JsonTest, WriterEscapes) {
  std::string out;
  append_string(out, std::string("\"\\\n\t\x01 é", 8));
  EXPECT_EQ(parse(out)->text(), std::string("\"\\\n\t\x01 é", 8));
}

TEST(JsonTest, CompactDropsSpace) {
  EXPECT_EQ(*compact(" { \"a\" : [ 1 , 2 ] } "), R"({"a":[1,2]})");
}

}  // namespace
}  // namespace gleaner::json
