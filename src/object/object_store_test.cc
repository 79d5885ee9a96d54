#include "object/object_store.h"

#include <gmock/gmock.h>

namespace gleaner::object {
namespace {

using testing::HasSubstr;

std::string reason(const Status& status) {
  if (status) return "";
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
  return status.error().message;
}

TEST(ObjectKeyTest, TakesWhatEveryStoreCanHold) {
  for (const std::string& key :
       {std::string("a"), std::string("archives/zapier/2026/11/2026-11-21.jsonl.gz"), std::string("ä/日本/ x"),
        std::string("..."), std::string(".hidden/%41"), std::string(200, 'x')}) {
    EXPECT_EQ(reason(check_key(key)), "") << key;
  }
}

TEST(ObjectKeyTest, SaysWhatIsWrong) {
  EXPECT_THAT(reason(check_key("")), HasSubstr("empty"));
  for (const char* key : {"/a", "a/", "a//b", "/"}) EXPECT_THAT(reason(check_key(key)), HasSubstr("empty segment"));
  for (const char* key : {".", "..", "a/../b", "./a", "a/."}) {
    EXPECT_THAT(reason(check_key(key)), HasSubstr("\"..\"")) << key;
  }
  EXPECT_THAT(reason(check_key("a\nb")), HasSubstr("control"));
  EXPECT_THAT(reason(check_key(std::string_view("a\0b", 3))), HasSubstr("control"));
  EXPECT_THAT(reason(check_key("a\x7f")), HasSubstr("control"));
  EXPECT_THAT(reason(check_key("a\xff")), HasSubstr("UTF-8"));
  EXPECT_THAT(reason(check_key(std::string(201, 'x'))), HasSubstr("200 bytes"));
  std::string longest = std::string(200, 'x');
  for (int i = 0; i < 5; ++i) longest += "/" + std::string(i < 4 ? 200 : 19, 'x');
  EXPECT_EQ(longest.size(), 1024);
  EXPECT_EQ(reason(check_key(longest)), "");
  EXPECT_THAT(reason(check_key(longest + "x")), HasSubstr("1024 bytes"));
}

TEST(ObjectKeyTest, APrefixMayEndAnywhere) {
  for (const char* prefix : {"", "a/", "/", "a//"}) EXPECT_EQ(reason(check_prefix(prefix)), "");
  EXPECT_THAT(reason(check_prefix("\xc3")), HasSubstr("UTF-8"));
}

TEST(ObjectPutTest, MetadataMustFitIntoHeaders) {
  EXPECT_EQ(reason(check_put("a", {.metadata = {{"sha-256", "ab cd"}, {"n", "1"}}})), "");
  EXPECT_THAT(reason(check_put("a", {.metadata = {{"Upper", "x"}}})), HasSubstr("metadata name"));
  for (const char* value : {"", " x", "x ", "a  b", "a\r\nb", "ä"}) {
    EXPECT_THAT(reason(check_put("a", {.metadata = {{"name", value}}})), HasSubstr("printable")) << value;
  }
  EXPECT_THAT(reason(check_put("a", {.metadata = {{"name", std::string(1997, 'x')}}})), HasSubstr("over 2000"));
  EXPECT_EQ(reason(check_put("a", {.metadata = {{"name", std::string(1996, 'x')}}})), "");
  EXPECT_THAT(reason(check_put("a", {.content_type = "a\r\nx: y"})), HasSubstr("content type"));
  EXPECT_THAT(reason(check_put("a", {.condition = Condition::if_match("")})), HasSubstr("ETag"));
}

TEST(ObjectRangeTest, LiesWithinOrIsRefused) {
  const auto span = [](Range range, uint64_t size) {
    const auto found = resolve(range, size);
    return found ? std::pair(found->begin, found->end) : std::pair(uint64_t{9}, uint64_t{0});
  };
  const std::pair<uint64_t, uint64_t> none{9, 0};
  EXPECT_EQ(span({}, 5), std::pair(0ul, 5ul));
  EXPECT_EQ(span({}, 0), std::pair(0ul, 0ul));
  EXPECT_EQ(span({.offset = 2, .length = 3}, 5), std::pair(2ul, 5ul));
  EXPECT_EQ(span({.offset = 5}, 5), std::pair(5ul, 5ul));
  EXPECT_EQ(span({.offset = 6}, 5), none);
  EXPECT_EQ(span({.offset = 2, .length = 4}, 5), none);
  EXPECT_EQ(span({.offset = 2, .length = Range::kToEnd - 1}, 5), none);
}

}  // namespace
}  // namespace gleaner::object
