#include "dataset/contamination.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace gleaner::dataset {
namespace {

constexpr std::string_view kQuestion =
    "A train leaves the station at noon and travels west at sixty miles an hour until it meets another.";

HeldOut held_out(std::initializer_list<std::string_view> texts, const ContaminationOptions& options = {}) {
  auto builder = HeldOut::Builder::create(options).value();
  for (const std::string_view text : texts) EXPECT_TRUE(builder.add(text)) << text;
  return builder.build();
}

Overlap overlap(const HeldOut& set, std::string_view text) {
  WordReader reader = HeldOut::make_reader();
  return set.overlap(text, reader);
}

TEST(ContaminationTest, FindsARunInsideAnotherText) {
  const HeldOut set = held_out({kQuestion});
  const Overlap found =
      overlap(set, "Q: and TRAVELS west -- at sixty miles an hour, until it meets another? Yes, it does so.");
  EXPECT_EQ(found.hits, 0U);  // twelve words
  const Overlap more =
      overlap(set, "Q: noon and TRAVELS west -- at sixty miles an\n hour, until it meets another? Yes, it does so.");
  EXPECT_EQ(more.hits, 1U);
  EXPECT_EQ(more.first, "noon and travels west -- at sixty miles an hour, until it meets another?");
  EXPECT_EQ(more.words, 18U);
  EXPECT_EQ(more.covered, 13U);
  EXPECT_DOUBLE_EQ(more.fraction(), 13.0 / 18.0);
}

TEST(ContaminationTest, TheWholeTextIsCovered) {
  const HeldOut set = held_out({kQuestion});
  const Overlap found = overlap(set, kQuestion);
  EXPECT_EQ(found.hits, set.runs());
  EXPECT_EQ(found.covered, found.words);
  EXPECT_EQ(found.fraction(), 1);
}

TEST(ContaminationTest, AShortTextCountsAsAWhole) {
  const HeldOut set = held_out({"Which river flows through the city of Cairo?", kQuestion});
  const Overlap found = overlap(set, "Tell me: which river flows through the city of Cairo, please.");
  EXPECT_EQ(found.hits, 1U);
  EXPECT_EQ(found.first, "which river flows through the city of cairo,");
  EXPECT_EQ(found.covered, 8U);
  EXPECT_EQ(overlap(set, "which river flows through the city of").hits, 0U);
}

TEST(ContaminationTest, TheFirstRunIsNamedWhateverItsLength) {
  const HeldOut set = held_out({kQuestion, "one two three four five six seven eight"});
  const Overlap found = overlap(set, std::string(kQuestion) + " one two three four five six seven eight");
  EXPECT_TRUE(found.first.starts_with("a train leaves")) << found.first;
  EXPECT_EQ(found.covered, found.words);
}

TEST(ContaminationTest, VeryShortTextsAreNotHeldOut) {
  auto builder = HeldOut::Builder::create({}).value();
  EXPECT_FALSE(builder.add("Yes, of course it is so."));
  EXPECT_FALSE(builder.add(""));
  const HeldOut set = builder.build();
  EXPECT_EQ(set.runs(), 0U);
  EXPECT_EQ(overlap(set, "Yes, of course it is so.").hits, 0U);
  EXPECT_EQ(overlap(set, "").fraction(), 0);
}

TEST(ContaminationTest, ChineseIsComparedByItsCharacters) {
  const HeldOut set = held_out({"中国的首都是北京，人口超过两千万。"});
  EXPECT_GT(overlap(set, "请问：中国的首都是北京，人口超过两千万吗？").hits, 0U);
  EXPECT_EQ(overlap(set, "法国的首都是巴黎，人口超过两百万。").hits, 0U);
}

TEST(ContaminationTest, RepetitionsTakeNoRoom) {
  auto builder = HeldOut::Builder::create({}).value();
  for (int i = 0; i < 2000; ++i) builder.add(kQuestion);
  EXPECT_EQ(builder.build().runs(), 7U);
}

TEST(ContaminationTest, OfManyTextsEachIsFoundAndNoOther) {
  const auto text = [](int number) {
    std::string out;
    for (int i = 0; i < 15; ++i)
      out += "w" + std::to_string((number * 131 + i * 17) % 4099) + "x" + std::to_string(number) + " ";
    return out;
  };
  auto builder = HeldOut::Builder::create({}).value();
  for (int i = 0; i < 5000; ++i) builder.add(text(i));
  const HeldOut set = builder.build();
  EXPECT_EQ(set.runs(), 15000U);
  for (int i = 0; i < 5000; ++i) EXPECT_EQ(overlap(set, text(i)).hits, 3U) << i;
  for (int i = 5000; i < 10000; ++i) EXPECT_EQ(overlap(set, text(i)).hits, 0U) << i;
}

TEST(ContaminationTest, RefusesImpossibleOptions) {
  EXPECT_FALSE(HeldOut::Builder::create({.words = 0}));
  EXPECT_FALSE(HeldOut::Builder::create({.words = 1001}));
  EXPECT_FALSE(HeldOut::Builder::create({.words = 5, .least_words = 6}));
  EXPECT_FALSE(HeldOut::Builder::create({.words = 5, .least_words = 0}));
  EXPECT_TRUE(HeldOut::Builder::create({.words = 5, .least_words = 5}));
}

}  // namespace
}  // namespace gleaner::dataset
