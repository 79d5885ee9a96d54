// What the n-grams of words say about the languages that share a writing: the texts of language/*.txt, compiled in, as
// hash tables from n-gram to a weight per language.
//
// Format of the texts, version 1, UTF-8, sorted: "@ latin A=af B=az ..." begins a group: the writing that the lines
// after it are for, and a letter for each of its languages. "_dan AcBC" says what the n-gram "_dan" ("_" is a word
// boundary) adds to two of them; "_dan =.cC..." the same for all in order, "." for nothing, where that is shorter. "A"
// to "Z" are steps 1 to 26, "a" to "z" -1 to -26; step k weighs k(k+16)/10, rounded, in units of kLanguageUnit. Lines
// that begin with "#" are comments. A group may go on in another text, with the same first line.
//
// Immutable once read: safe from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "enrich/language_letters.h"

namespace gleaner::enrich {

// The longest n-gram, in letters and boundaries.
inline constexpr size_t kLongestGram = 5;
inline constexpr char32_t kWordBoundary = U'_';
// Of a natural logarithm of odds.
inline constexpr double kLanguageUnit = 1.0 / 16;
// The most languages of one writing.
inline constexpr size_t kMostLanguages = 48;

class LanguageGroup {
 public:
  using Scores = std::array<int16_t, kMostLanguages>;
  // No sum of as many weights can overflow a score.
  static constexpr size_t kMostCharacters = 56;
  struct Line {
    std::string_view gram;
    std::string_view weights;
  };

  LanguageGroup(std::string_view legend, std::span<const Line> lines);

  // What the n-grams of a word say about each language; gives the number of n-grams that were known. `padded` has
  // kWordBoundary before and behind the letters, unless the writing has no words (Han); what is over kMostCharacters
  // does not count.
  size_t score(std::span<const char32_t> padded, Scores& scores) const;

  std::span<const std::string> languages() const { return languages_; }

 private:
  // `tag` is the part of the hash that the place of a slot does not tell, 0 for an empty one: n-grams themselves are
  // not kept. `longer`: some n-gram begins with this one. `row` is 0 if this one is only such a beginning.
  struct Slot {
    uint32_t tag = 0;
    uint32_t row : 31 = 0;
    uint32_t longer : 1 = 0;
  };

  using Rows = std::array<const int8_t*, kMostCharacters * kLongestGram>;

  size_t known_rows(std::span<const char32_t> padded, Rows& rows) const;
  void insert(const Line& line);
  Slot& slot_for(uint64_t hash);
  const Slot* find(uint64_t hash) const;

  std::vector<std::string> languages_;
  std::array<size_t, 128> place_{};  // of a language, by its letter
  size_t width_ = 0;                 // of a row, in languages
  std::vector<int8_t> rows_;
  std::vector<Slot> slots_;
};

class LanguageTable {
 public:
  // The table that is compiled in; read at the first call.
  static const LanguageTable& standard();

  explicit LanguageTable(std::span<const std::string_view> texts);

  // Null for writings that the table does not know.
  const LanguageGroup* group(Writing writing) const { return groups_[static_cast<size_t>(writing)].get(); }

 private:
  std::array<std::unique_ptr<LanguageGroup>, kWritings> groups_;
};

}  // namespace gleaner::enrich
