// Text as the matcher sees it: characters with their case folded, and which of them make words.
//
// A word character is a letter, mark or decimal digit of a script that puts spaces between its words. Han, kana, Thai,
// Lao, Khmer and Burmese letters are none: in a sentence without spaces every position may be the end of a word.
// Below U+0800 this follows Unicode 15 exactly, above it by blocks.
//
// Case is folded for ASCII, Latin-1, Latin Extended-A, Latin Extended Additional (Vietnamese), Greek, Cyrillic and
// Armenian; final sigma is a sigma. The four letters i, I, İ and ı are one, so that Turkish text is found whichever way
// its capitals were made. White space is what Python's str.split() takes for it.
//
// Bytes that are no UTF-8 stand for themselves: they are no word characters, and equal only to the same byte.
//
// Thread contract: pure functions, safe from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gleaner::enrich {

struct Character {
  char32_t folded = 0;
  uint32_t size = 0;  // bytes in the text
};

namespace text_internal {

struct AsciiTable {
  std::array<uint8_t, 128> folded{};
  std::array<bool, 128> alphanumeric{};
  std::array<bool, 128> white{};
};

consteval AsciiTable make_ascii_table() {
  AsciiTable table;
  for (uint8_t c = 0; c < 128; ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    table.folded[c] = upper ? static_cast<uint8_t>(c + 32) : c;
    table.alphanumeric[c] = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    table.white[c] = (c >= 9 && c <= 13) || (c >= 28 && c <= 32);
  }
  return table;
}

// Bytes that are no UTF-8 become characters behind the end of Unicode.
inline constexpr char32_t kRawByte = 0x110000;

inline constexpr AsciiTable kAscii = make_ascii_table();

Character read_multibyte(const char* at, const char* end);
bool is_wide_word(char32_t c);

}  // namespace text_internal

// The character at `at`, which is before `end`.
inline Character read_character(const char* at, const char* end) {
  const auto byte = static_cast<unsigned char>(*at);
  if (byte < 0x80) return {text_internal::kAscii.folded[byte], 1};
  return text_internal::read_multibyte(at, end);
}

// Both for folded characters.
inline bool is_word(char32_t c) {
  return c < 0x80 ? text_internal::kAscii.alphanumeric[c] : text_internal::is_wide_word(c);
}
inline bool is_white(char32_t c) {
  if (c < 0x80) return text_internal::kAscii.white[c];
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

// Whether it is no character, but a byte that stands for itself.
inline bool is_raw_byte(char32_t c) {
  return c >= text_internal::kRawByte;
}

// Bytes of the character that ends before `at`, which is behind `begin`; what it is, read_character says.
uint32_t size_before(const char* begin, const char* at);

// How the folded character may be written in a text: itself and every letter that folds to it, in UTF-8.
std::vector<std::string> spellings(char32_t folded);

}  // namespace gleaner::enrich
