#include "record/texts.h"

#include <gtest/gtest.h>

#include "record/codec.h"

namespace gleaner::record {
namespace {

Texts texts_of(std::string_view json) {
  const auto interaction = Decoder().interaction(json);
  EXPECT_TRUE(interaction);
  Texts texts;
  EXPECT_TRUE(TextReader().read(*interaction, texts));
  return texts;
}

TEST(TextReader, ReadsTheLastQuestionAndTheAnswer) {
  const Texts texts = texts_of(R"({"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"One?"},
    {"role":"assistant","content":"1"},{"content":"Two\u003f\n","role":"user"}],"output":"2 \"two\""})");
  EXPECT_EQ(texts.prompt, "Two?\n");
  EXPECT_EQ(texts.response, "2 \"two\"");
  EXPECT_EQ(texts.said, "One?\nTwo?\n");
}

TEST(TextReader, ALongPromptSpeaksForItself) {
  const std::string longer(100, 'x');
  const Texts texts = texts_of(R"({"messages":[{"role":"user","content":"a"},{"role":"user","content":")" + longer +
                               R"("}],"output":"y"})");
  EXPECT_EQ(texts.said, longer);
}

TEST(TextReader, JoinsPartsThatAreText) {
  const Texts texts = texts_of(R"({"messages":[{"role":"user","content":["a",{"type":"text","text":"b"},
    {"type":"image_url","image_url":{"url":"https://example.org/x.png"}},{"type":"text","text":7}]}],
    "output":{"content":null,"tool_calls":[{"id":"1"}]}})");
  EXPECT_EQ(texts.prompt, "a\nb");
  EXPECT_EQ(texts.response, "");
}

TEST(TextReader, AnInteractionMayHaveNoTexts) {
  const Texts texts = texts_of(R"({"artifact":{"a":1}})");
  EXPECT_EQ(texts.prompt + texts.response + texts.said, "");
}

}  // namespace
}  // namespace gleaner::record
