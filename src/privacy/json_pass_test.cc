#include "privacy/json_pass.h"

#include <set>

#include <gtest/gtest.h>

#include "base/json.h"
#include "privacy/redactor.h"

namespace gleaner::privacy {
namespace {

const Secret kSecret("0123456789abcdef0123456789abcdef");

std::string json(std::string text) {
  Redactor redactor({default_kinds(), false}, kSecret);
  EXPECT_TRUE(redactor.json(text));
  EXPECT_TRUE(json::parse(text)) << text;
  return text;
}

TEST(JsonPass, ANameWithEscapesSaysTheSame) {
  EXPECT_EQ(json(R"({"\u015fifre":"hunter2xy"})"), R"({"\u015fifre":"[PASSWORD]"})");
  EXPECT_EQ(json(R"({"pass\u0077ord":"hunter2xy","x":"hunter2xy"})"),
            R"({"pass\u0077ord":"[PASSWORD]","x":"hunter2xy"})");
}

TEST(JsonPass, ANameBesideAValueIsItsName) {
  EXPECT_EQ(json(R"([{"name":"DB_PASSWORD","value":"hunter2xy"},{"name":"colour","value":"hunter2xy"}])"),
            R"([{"name":"DB_PASSWORD","value":"[PASSWORD]"},{"name":"colour","value":"hunter2xy"}])");
  EXPECT_EQ(json(R"({"password":{"value":"hunter2xy"},"other":{"value":"hunter2xy"}})"),
            R"({"password":{"value":"[PASSWORD]"},"other":{"value":"hunter2xy"}})");
}

TEST(JsonPass, NumbersThatStandForWholeOnes) {
  EXPECT_EQ(json(R"({"card":4111111111111111.0,"b":-4111111111111111,"c":4.111111111111111e15})"),
            R"({"card":"[CARD]","b":"[CARD]","c":"[CARD]"})");
  const std::string others = R"({"a":1700000000.5,"b":-3.25e-7,"c":1e300,"d":12345678,"e":0.1234567890123})";
  EXPECT_EQ(json(others), others);
}

TEST(JsonPass, AStringMayHoldAJsonString) {
  EXPECT_EQ(json(R"(["\"{\\\"mail\\\":\\\"ann@example.com\\\"}\""])"), R"(["\"{\\\"mail\\\":\\\"[EMAIL]\\\"}\""])");
}

TEST(JsonPass, ManyNamesStayDifferent) {
  std::string text = "{";
  for (int i = 0; i < 600; ++i) text += (i > 0 ? "," : "") + ("\"u" + std::to_string(i)) + "@example.com\":1";
  const auto value = json::parse(json(text + "}"));
  std::set<std::string> names;
  for (const auto& [name, one] : value->members()) names.insert(name);
  EXPECT_EQ(names.size(), 600U);
}

TEST(JsonPass, EscapesInATextAreReadButKept) {
  std::string text = R"(use \u0040 for at; mail ann\u0040example.com, C:\users\new)";
  EXPECT_TRUE(Redactor({default_kinds(), false}, kSecret).text(text));
  EXPECT_EQ(text, R"(use \u0040 for at; mail [EMAIL], C:\users\new)");
}

TEST(ParseKinds, TakesAwayFromTheDefault) {
  EXPECT_TRUE(parse_kinds("-ip")->has(Kind::kEmail));
  EXPECT_FALSE(parse_kinds("-ip")->has(Kind::kIpAddress));
  EXPECT_FALSE(parse_kinds("=,"));
  EXPECT_FALSE(parse_kinds(" , "));
}

}  // namespace
}  // namespace gleaner::privacy
