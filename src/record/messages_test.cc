#include "record/messages.h"

#include <gtest/gtest.h>

#include "record/plain_messages.h"

namespace gleaner::record {
namespace {

std::string facts_of(std::string_view messages) {
  MessageInspector inspector;
  const auto facts = inspector.inspect(messages);
  if (!facts) return "error";
  return std::to_string(facts->count) + (facts->has_user ? " user" : "") + (facts->has_system ? " system" : "") +
         (facts->plain ? " plain" : "");
}

TEST(MessageInspectorTest, TellsTheSameWithAndWithoutAParser) {
  const auto expect = [](std::string_view plain, std::string_view spaced, std::string_view facts) {
    EXPECT_EQ(facts_of(plain), facts) << plain;
    EXPECT_EQ(facts_of(spaced), facts) << spaced;
  };
  expect("[]", "[ ]", "0 plain");
  expect(R"([{"role":"user","content":"a"}])", R"([{"role" :"user","content":"a"}])", "1 user plain");
  expect(R"([{"content":"a","role":"developer"},{"role":"assistant","content":"\"\\"}])",
         R"([{"content":"a" ,"role":"developer"},{"role":"assistant","content":"\"\\"}])", "2 system plain");
  expect(R"([{"role":"\u0075ser","content":"]"}])", R"([ {"role":"\u0075ser","content":"]"}])", "1 user plain");
  expect(R"([{"role":"user","content":"a"},{"role":"user","content":""}])",
         R"([{"role":"user","content":"a"}, {"role":"user","content":""}])", "2 user");
  expect(R"([{"role":"user","content":"a"},{"role":"system","content":null,"x":1}])",
         R"([{"role":"user","content":"a"}, {"role":"system","content":null,"x":1}])", "2 user system");
  EXPECT_EQ(facts_of(R"({"role":"user","content":"a"})"), "1 user plain");
}

TEST(MessageInspectorTest, RefusesWhatIsNoList) {
  for (const char* const damaged : {"", "[", "[5]", "5", R"([{"role":"user","content":"a")", R"([{"role":"user)",
                                    R"([{"role":"user","content":"a\"}])", R"([{"role":"user","content":"a"}{}])"}) {
    EXPECT_EQ(facts_of(damaged), "error") << damaged;
  }
}

TEST(PlainMessagesTest, TakesStrings) {
  std::string_view rest = R"("a\\\"b\\","c")";
  EXPECT_EQ(take_string(rest), R"("a\\\"b\\")");
  EXPECT_EQ(rest, R"(,"c")");
  EXPECT_EQ(take_string(rest), "");
  for (std::string_view open : {"", "\"", "\"a", "\"a\\\""}) EXPECT_EQ(take_string(open), "") << open;
}

}  // namespace
}  // namespace gleaner::record
