// Where a number or an address may begin and end within a text. Safe from any thread.
#pragma once

#include <string_view>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

constexpr bool joins(char c) {
  return is_alnum(c) || c == '_';
}

constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}

// The byte at `at`, or 0 outside of the text.
constexpr char byte_at(std::string_view text, size_t at) {
  return at < text.size() ? text[at] : '\0';
}
constexpr char byte_before(std::string_view text, size_t at) {
  return at > 0 && at <= text.size() ? text[at - 1] : '\0';
}

// No word goes on over `begin`. In JSON or code inside a text the "n" of "\n" is no letter.
constexpr bool opens(std::string_view text, size_t begin) {
  const char before = byte_before(text, begin);
  if (!joins(before)) return true;
  return (before == 'n' || before == 't' || before == 'r') && begin >= 2 && text[begin - 2] == '\\';
}
constexpr bool closes(std::string_view text, size_t end) {
  return !joins(byte_at(text, end));
}

// Whether one of `words` (see near_word) stands in the member's name or in the `before` bytes before the finding or the
// `behind` bytes behind it: for words that say little from afar.
inline bool close_word(const Passage& passage, size_t begin, size_t end, size_t before, size_t behind,
                       std::span<const std::string_view> words) {
  const size_t first = begin > before ? begin - before : 0;
  // What is cut into is not the beginning of a word.
  size_t start = first;
  while (start > 0 && start < begin && joins(passage.text[start - 1]) && joins(passage.text[start])) ++start;
  const std::string_view window = passage.text.substr(start, end - start + behind);
  return near_word({window, passage.key, 0}, begin - start, end - start, words);
}

}  // namespace gleaner::privacy
