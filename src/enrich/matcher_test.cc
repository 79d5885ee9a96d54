#include "enrich/matcher.h"

#include <algorithm>
#include <clocale>
#include <cwctype>
#include <random>

#include <gtest/gtest.h>

#include "base/text.h"
#include "enrich/matcher_text.h"

namespace gleaner::enrich {
namespace {

using Mode = Matcher::Mode;

std::vector<std::string> found_in(const std::vector<std::string>& patterns, std::string_view text,
                                  Mode mode = Mode::kWord) {
  const Matcher matcher(patterns, mode);
  PatternSet found(patterns.size());
  matcher.find(text, found);
  std::vector<std::string> names;
  found.for_each([&](size_t i) { names.push_back(patterns[i]); });
  return names;
}

bool finds(const std::string& pattern, std::string_view text, Mode mode = Mode::kWord) {
  return !found_in({pattern}, text, mode).empty();
}

bool finds_across(const std::string& pattern, std::string_view before, std::string_view after) {
  const Matcher matcher(std::vector{pattern}, Mode::kWord);
  PatternSet found(1);
  matcher.find_across(before, after, found);
  return found.contains(0);
}

size_t words_of(std::string_view text) {
  const Matcher matcher(std::vector<std::string>{}, Mode::kWord);
  PatternSet found(0);
  return matcher.find(text, found).words;
}

TEST(Matcher, WordsHaveBoundaries) {
  EXPECT_TRUE(finds("tpo", "TPO"));
  EXPECT_TRUE(finds("tpo", "a (tpo) roof"));
  EXPECT_TRUE(finds("tpo", "60mil-TPO, white"));
  EXPECT_TRUE(finds("tpo", "snake_tpo_case"));
  EXPECT_FALSE(finds("tpo", "output_tpox"));
  EXPECT_FALSE(finds("app", "application"));
  EXPECT_FALSE(finds("app", "snapp"));
  EXPECT_FALSE(finds("app", "app2"));
  EXPECT_TRUE(finds("app", "“app”"));
  EXPECT_FALSE(finds("app", "éapp"));
  EXPECT_FALSE(finds("app", "appé"));
  EXPECT_TRUE(finds("c++", "C++11"));
  EXPECT_FALSE(finds("c++", "abc++"));
  EXPECT_TRUE(finds("t&m", "on T&M basis"));
  EXPECT_TRUE(finds("```", "a```b"));
  EXPECT_FALSE(finds("```", "a``b"));
  EXPECT_TRUE(finds("07 50", "section 07 50 00"));
}

TEST(Matcher, StarsLiftThem) {
  EXPECT_TRUE(finds("roof*", "roofing"));
  EXPECT_TRUE(finds("roof*", "roof"));
  EXPECT_FALSE(finds("roof*", "proof"));
  EXPECT_TRUE(finds("*proof", "waterproof"));
  EXPECT_FALSE(finds("*proof", "waterproofing"));
  EXPECT_TRUE(finds("*proof*", "waterproofing"));
  EXPECT_EQ(found_in({"roof", "roof*", "*roof"}, "roofing"), (std::vector<std::string>{"roof*"}));
  EXPECT_EQ(found_in({"roof", "roof*", "*roof"}, "sunroof"), (std::vector<std::string>{"*roof"}));
}

TEST(Matcher, WhiteSpaceIsOneSpace) {
  EXPECT_TRUE(finds("mod bit", "mod \r\n\t bit"));
  EXPECT_TRUE(finds("mod bit", "mod\u00A0\u3000bit"));
  EXPECT_TRUE(finds("mod bit", "mod" + std::string(100000, ' ') + "bit"));
  EXPECT_TRUE(finds("mod   bit", "mod bit"));
  EXPECT_FALSE(finds("mod bit", "mod-bit"));
  EXPECT_FALSE(finds("mod bit", "modbit"));
  EXPECT_FALSE(finds("mod bit", "mod\nbit", Mode::kAnywhere));
}

TEST(Matcher, FoldsCase) {
  EXPECT_TRUE(finds("çeviri", "ÇEVİRİ"));
  EXPECT_TRUE(finds("çeviri", "ÇEVIRI"));
  EXPECT_TRUE(finds("ıslak", "ISLAK"));
  EXPECT_TRUE(finds("iptal", "İptal"));
  EXPECT_TRUE(finds("übersetz*", "ÜBERSETZUNG"));
  EXPECT_TRUE(finds("перевод*", "ПЕРЕВОДЧИК"));
  EXPECT_TRUE(finds("μετάφρασις", "ΜΕΤΆΦΡΑΣΙΣ"));
  EXPECT_TRUE(finds("dịch", "DỊCH"));
  EXPECT_TRUE(finds("kg", "\u212Ag"));
}

TEST(Matcher, ScriptsWithoutSpacesHaveNoBoundaries) {
  EXPECT_TRUE(finds("翻译", "请翻译这句话"));
  EXPECT_TRUE(finds("tpo", "单层TPO膜"));
  EXPECT_TRUE(finds("แปล", "ช่วยแปลประโยคนี้"));
  EXPECT_FALSE(finds("번역", "번역해"));
  EXPECT_TRUE(finds("번역*", "번역해"));
}

TEST(Matcher, AnywhereIsSubstring) {
  EXPECT_TRUE(finds("app", "snapping", Mode::kAnywhere));
  EXPECT_TRUE(finds("a", "bbbba", Mode::kAnywhere));
  EXPECT_TRUE(finds(" a ", "b A b", Mode::kAnywhere));
  EXPECT_FALSE(finds(" a ", "b a", Mode::kAnywhere));
}

TEST(Matcher, ChecksPatterns) {
  for (const char* const bad : {"", " ", "*", "**", "a*b", "**a", "* a", "a\x01", "\xE2\x80"})
    EXPECT_FALSE(Matcher::check(bad, Mode::kWord)) << bad;
  EXPECT_FALSE(Matcher::check(std::string(kMaxPatternBytes + 1, 'a'), Mode::kWord));
  EXPECT_TRUE(Matcher::check(std::string(kMaxPatternBytes, 'a'), Mode::kWord));
  EXPECT_EQ(Matcher::canonical(" Mod  BİT", Mode::kWord), "mod bit");
  EXPECT_EQ(Matcher::canonical("*C++*", Mode::kWord), "*c++");
  EXPECT_EQ(Matcher::canonical("*Roof*", Mode::kAnywhere), "roof");
}

TEST(Matcher, FindsAcrossTwoTexts) {
  EXPECT_TRUE(finds_across("mod bit", "a mod", "bit b"));
  EXPECT_TRUE(finds_across("mod bit", "mod \n", "\u2003 bit"));
  EXPECT_TRUE(finds_across("a b c", "x a" + std::string(5000, '\n') + "b", "c"));
  EXPECT_FALSE(finds_across("mod bit", "xmod", "bit"));
  EXPECT_FALSE(finds_across("mod bit", std::string(5000, 'x') + "mod", "bit"));
  EXPECT_FALSE(finds_across("mod bit", "mod", "bits"));
  EXPECT_FALSE(finds_across("modbit", "mod", "bit"));
  EXPECT_FALSE(finds_across("mod bit", "a", "mod bit"));
}

// Counts computed with len(text.split()) in Python 3.11.
TEST(Matcher, CountsWords) {
  EXPECT_EQ(words_of(""), 0);
  EXPECT_EQ(words_of("  \n"), 0);
  EXPECT_EQ(words_of("one"), 1);
  EXPECT_EQ(words_of(" one  two\tthree\n"), 3);
  EXPECT_EQ(words_of("a\u00A0b\u2009c\u3000d\u0085e\u1680f\x1cg"), 7);
  EXPECT_EQ(words_of("a\u200Bb – c"), 3);
  for (size_t length = 50; length < 140; ++length) {
    EXPECT_EQ(words_of(std::string(length, 'x') + "\u3000y"), 2) << length;
    EXPECT_EQ(words_of(std::string(length, 'x') + "\u3000\u3000"), 1) << length;
    EXPECT_EQ(words_of(std::string(length, ' ') + "yy"), 1) << length;
  }
}

TEST(MatcherText, FoldsAsTheSystemDoes) {
  ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr);
  const auto utf8 = [](char32_t c) {
    return c < 0x800 ? std::string{static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))}
                     : std::string{static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
                                   static_cast<char>(0x80 | (c & 63))};
  };
  for (char32_t c = 0x80; c < 0x1F00; ++c) {
    const bool covered = c < 0x180 || (c >= 0x386 && c <= 0x3CE) || (c >= 0x400 && c < 0x590) || c >= 0x1E00;
    const bool special = c == 0x130 || c == 0x131 || c == 0x3C2 || (c >= 0x1E96 && c <= 0x1E9F);
    if (!covered || special) continue;
    const std::string text = utf8(c);
    const Character read = read_character(text.data(), text.data() + text.size());
    EXPECT_EQ(static_cast<wint_t>(read.folded), std::towlower(static_cast<wint_t>(c))) << static_cast<unsigned>(c);
    EXPECT_EQ(read.size, text.size());
  }
  std::setlocale(LC_CTYPE, "C");
}

// ---------------------------------------------------------------------------------------- against a naive search

struct Reader {
  std::u32string characters;

  Reader(std::string_view text, Mode mode) {
    for (const char *at = text.data(), *const end = at + text.size(); at < end;) {
      const Character c = read_character(at, end);
      at += c.size;
      const bool white = mode == Mode::kWord && is_white(c.folded);
      if (!white || !characters.ends_with(U' ')) characters += white ? U' ' : c.folded;
    }
  }
};

bool naive_find(std::string_view pattern, const std::u32string& text, Mode mode) {
  const bool open_start = pattern.starts_with('*');
  if (open_start) pattern.remove_prefix(1);
  const bool open_end = pattern.ends_with('*');
  if (open_end) pattern.remove_suffix(1);
  const std::u32string wanted = Reader(pattern, mode).characters;
  for (size_t at = text.find(wanted); at != std::u32string::npos; at = text.find(wanted, at + 1)) {
    if (mode == Mode::kAnywhere) return true;
    const size_t end = at + wanted.size();
    const bool starts = open_start || !is_word(wanted.front()) || at == 0 || !is_word(text[at - 1]);
    const bool ends = open_end || !is_word(wanted.back()) || end == text.size() || !is_word(text[end]);
    if (starts && ends) return true;
  }
  return false;
}

class Random {
 public:
  size_t below(size_t bound) { return std::uniform_int_distribution<size_t>(0, bound - 1)(engine_); }
  std::string text(size_t pieces) {
    static const std::vector<std::string> kPieces = {
        "a", "b", "A", "i",  "I", "İ", "ı", "é",  "É",  "ş",      "k",      "\u212A", "д",  "Д",    "谢",   "1",
        "-", "+", "“", "``", " ", " ", " ", "\n", "\t", "\u00A0", "\u3000", "ab",     "ba", "\xE2", "\x80", "\xC3"};
    std::string made;
    for (size_t i = 0; i < pieces; ++i) made += kPieces[below(kPieces.size())];
    return made;
  }

 private:
  std::mt19937_64 engine_{20240229};
};

std::vector<std::string> random_patterns(Random& random, Mode mode) {
  std::vector<std::string> patterns;
  std::vector<std::string> known;
  for (size_t i = 1 + random.below(12); i > 0; --i) {
    std::string pattern = random.text(1 + random.below(5));
    if (random.below(4) == 0) pattern.insert(0, "*");
    if (random.below(4) == 0) pattern += '*';
    if (!Matcher::check(pattern, mode)) continue;
    std::string canonical = Matcher::canonical(pattern, mode);
    if (mode == Mode::kWord && trim(pattern) != pattern) continue;
    if (std::ranges::find(known, canonical) != known.end()) continue;
    known.push_back(std::move(canonical));
    patterns.push_back(std::move(pattern));
  }
  return patterns;
}

TEST(Matcher, AgreesWithANaiveSearch) {
  Random random;
  size_t hits = 0;
  for (int round = 0; round < 10000; ++round) {
    const Mode mode = round % 3 == 0 ? Mode::kAnywhere : Mode::kWord;
    const std::vector<std::string> patterns = random_patterns(random, mode);
    const Matcher matcher(patterns, mode);
    const std::string before = random.text(random.below(90));
    const std::string after = random.text(random.below(90));
    PatternSet found(patterns.size());
    const Matcher::Scan scan = matcher.find(before, found);
    matcher.find(after, found);
    if (scan.is_open) matcher.find_across(before, after, found);
    const std::u32string whole = Reader(before + " " + after, mode).characters;
    for (size_t i = 0; i < patterns.size(); ++i) {
      const bool expected = naive_find(patterns[i], whole, mode);
      hits += expected;
      ASSERT_EQ(found.contains(i), expected) << round << " <" << patterns[i] << "> in <" << before << "|" << after;
    }
  }
  EXPECT_GT(hits, 5000);
}

}  // namespace
}  // namespace gleaner::enrich
