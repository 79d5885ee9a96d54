// Letters: to which writing a character belongs, and its small form. Only what language detection needs of Unicode
// 15 (Scripts.txt, UnicodeData.txt), without a library for it. Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gleaner::enrich {

enum class Writing : uint8_t {
  kNone,  // not a letter
  kMark,  // belongs to the letter before it and says nothing: accents that stand alone, Arabic vowel signs
  kLatin,
  kGreek,
  kCyrillic,
  kArmenian,
  kHebrew,
  kArabic,
  kThaana,
  kDevanagari,
  kBengali,
  kGurmukhi,
  kGujarati,
  kOdia,
  kTamil,
  kTelugu,
  kKannada,
  kMalayalam,
  kSinhala,
  kThai,
  kLao,
  kTibetan,
  kMyanmar,
  kGeorgian,
  kEthiopic,
  kKhmer,
  kHangul,
  kKana,
  kHan,
};
inline constexpr size_t kWritings = static_cast<size_t>(Writing::kHan) + 1;

Writing writing_of(char32_t character);

// Letters of Latin, Greek, Cyrillic and Armenian; all others come back as they are.
char32_t small_letter(char32_t character);

// Letter and combining accent (U+0300..U+036F) as the one character that most texts have instead, or 0.
char32_t composed(char32_t letter, char32_t accent);

// The character at `pos`, which is moved past it; 0 for bytes that are not UTF-8.
char32_t next_character(std::string_view text, size_t& pos);

}  // namespace gleaner::enrich
