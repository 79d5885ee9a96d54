#include "base/headers.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gleaner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Headers, KeepTheirOrder) {
  Headers headers = {{"host", "a"}, {"x-b", ""}};
  headers.emplace_back("host", "c");
  EXPECT_THAT(headers, ElementsAre(Pair("host", "a"), Pair("x-b", ""), Pair("host", "c")));
  EXPECT_EQ(headers.value("host"), "a");
  EXPECT_EQ(headers.value("x-b"), "");
  EXPECT_EQ(headers.value("Host"), "");
  EXPECT_EQ(headers.front().first, "host");
  EXPECT_EQ(headers[2].second, "c");
}

TEST(Headers, WhatIsErasedIsGone) {
  Headers headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}};
  headers.erase("a");
  headers.erase_if([](const auto& field) { return field.second == "4"; });
  EXPECT_THAT(headers, ElementsAre(Pair("b", "2")));
  headers.erase("b");
  EXPECT_THAT(headers, IsEmpty());
}

TEST(Headers, ACopyIsItsOwn) {
  Headers headers = {{"a", "1"}};
  const Headers copy = headers;
  headers.emplace_back("name", std::string(100, 'x'));
  EXPECT_THAT(copy, ElementsAre(Pair("a", "1")));
  const Headers moved = std::move(headers);
  EXPECT_THAT(moved, ElementsAre(Pair("a", "1"), Pair("name", std::string(100, 'x'))));
  EXPECT_EQ(std::ranges::count_if(moved, [](const auto& field) { return field.second.size() == 100; }), 1);
}

}  // namespace
}  // namespace gleaner
