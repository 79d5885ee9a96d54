#include "dataset/words.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace gleaner::dataset {
namespace {

// The words themselves, as far as words() shows them: each with what separates it from the next.
std::vector<std::string> words_of(std::string_view text) {
  WordReader reader(1);
  reader.read(text);
  std::vector<std::string> out;
  for (size_t i = 0; i < reader.hashes().size(); ++i) out.emplace_back(reader.words(i, 1));
  return out;
}

std::string normalized(std::string_view text) {
  WordReader reader(1);
  reader.read(text);
  return std::string(reader.normalized());
}

std::vector<uint64_t> hashes(std::string_view text, uint64_t seed = 1) {
  WordReader reader(seed);
  reader.read(text);
  return {reader.hashes().begin(), reader.hashes().end()};
}

using Words = std::vector<std::string>;

TEST(WordReaderTest, FoldsCaseAndWhiteSpace) {
  EXPECT_EQ(normalized(" \tThe  QUICK\r\n\nbrown fox\xC2\xA0 "), "the quick brown fox");
  EXPECT_EQ(normalized("\xC3\x84PFEL \xD0\x9C\xD0\x98\xD0\xA0"), "\xC3\xA4pfel \xD0\xBC\xD0\xB8\xD1\x80");
  EXPECT_EQ(normalized(""), "");
  EXPECT_EQ(normalized(" \n\t "), "");
  EXPECT_EQ(normalized("2+2=4!"), "2+2=4!");
}

TEST(WordReaderTest, WordsAreLettersAndDigits) {
  EXPECT_EQ(words_of("One, two_three 4x"), (Words{"one,", "two_", "three", "4x"}));
  EXPECT_EQ(hashes("One, two_three 4x"), hashes("one TWO three\n(4X)"));
  EXPECT_EQ(words_of("na\xC3\xAFve caf\xC3\xA9s"), (Words{"na\xC3\xAFve", "caf\xC3\xA9s"}));
  EXPECT_TRUE(words_of("... !? \xF0\x9F\x98\x80").empty());
}

// Words are read eight bytes at a time, the last ones of a text differently.
TEST(WordReaderTest, LengthAndPlaceOfAWordDoNotCount) {
  const std::string letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::set<uint64_t> seen;
  for (size_t length = 1; length <= letters.size(); ++length) {
    const std::string word = letters.substr(0, length);
    const uint64_t alone = hashes(word).at(0);
    EXPECT_TRUE(seen.insert(alone).second) << word;
    std::string upper = word;
    std::ranges::transform(upper, upper.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    for (const std::string& text : {word + " and more of it", "x " + word, "x " + word + ".", "(" + upper + ")"}) {
      EXPECT_EQ(std::ranges::count(hashes(text), alone), 1) << text;
    }
  }
}

TEST(WordReaderTest, EveryByteBesideAWordEndsItOrIsOfIt) {
  for (int byte = 1; byte < 128; ++byte) {
    const auto c = static_cast<char>(byte);
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    EXPECT_EQ(hashes(std::string("ab") + c + "cd efghijkl").size(), is_word ? 2U : 3U) << byte;
  }
}

TEST(WordReaderTest, OperatorsBehindDigitsAreWords) {
  EXPECT_NE(hashes("what is 12 + 30"), hashes("what is 12 - 30"));
  EXPECT_NE(hashes("what is 12+30"), hashes("what is 12*30"));
  EXPECT_EQ(hashes("what is 12+30"), hashes("What is 12 + 30?"));
  EXPECT_EQ(hashes("well-known"), hashes("well known"));
  EXPECT_EQ(hashes("in 2024\n- item"), hashes("in 2024\n item"));
}

TEST(WordReaderTest, LettersOfScriptsWithoutSpacesAreWords) {
  EXPECT_EQ(words_of("你好，世界"), (Words{"你", "好，", "世", "界"}));
  EXPECT_EQ(words_of("GPTは何ですか"), (Words{"gpt", "は", "何", "で", "す", "か"}));
  EXPECT_EQ(hashes("สวัสดี").size(), 6U);
  EXPECT_EQ(hashes("한국어 문장").size(), 2U);
}

TEST(WordReaderTest, BytesThatAreNoUtf8SeparateWords) {
  EXPECT_EQ(hashes("one\xFF two\xE4\xB8").size(), 2U);
  EXPECT_EQ(normalized("A\xFFZ"), "a\xFFz");
  EXPECT_EQ(hashes(std::string_view("one\0two", 7)).size(), 2U);
}

TEST(WordReaderTest, AnotherSeedGivesOtherHashes) {
  EXPECT_NE(hashes("word", 1), hashes("word", 2));
  EXPECT_EQ(hashes("word", 7), hashes("word", 7));
}

std::vector<uint64_t> n_grams(const std::vector<uint64_t>& words, size_t length) {
  NGrams grams(words, length);
  std::vector<uint64_t> out(grams.count());
  for (uint64_t& hash : out) hash = grams.next();
  return out;
}

TEST(NGramsTest, AreEqualWhereTheWordsAre) {
  const auto all = n_grams(hashes("a b c d e a b c x"), 3);
  ASSERT_EQ(all.size(), 7U);
  EXPECT_EQ(all[0], all[5]);
  EXPECT_EQ(std::set<uint64_t>(all.begin(), all.end()).size(), 6U);
  EXPECT_NE(n_grams(hashes("a b c"), 3), n_grams(hashes("c b a"), 3));
}

TEST(NGramsTest, ThereAreNoneOfTooFewWords) {
  EXPECT_TRUE(n_grams(hashes("a b"), 3).empty());
  EXPECT_TRUE(n_grams({}, 1).empty());
  EXPECT_EQ(n_grams(hashes("a b c"), 3).size(), 1U);
  EXPECT_EQ(n_grams(hashes("a b a"), 1).size(), 3U);
}

}  // namespace
}  // namespace gleaner::dataset
