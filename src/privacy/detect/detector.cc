#include "privacy/detect/detector.h"

#include <algorithm>

namespace gleaner::privacy {
namespace {

constexpr size_t kBefore = 64;
constexpr size_t kBehind = 32;

constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}

// Short words ("id", "no", "tin") begin too many others.
constexpr size_t kWhole = 3;

bool same_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  if (word.size() <= kWhole && text.size() > word.size() && is_alnum(text[word.size()])) return false;
  return std::equal(word.begin(), word.end(), text.begin(),
                    [](char wanted, char found) { return wanted == lower(found); });
}

// Whether a word begins at `at`: behind anything that is no letter or digit, or where camel case goes up.
bool word_begins(std::string_view text, size_t at) {
  if (at == 0) return true;
  const char before = text[at - 1];
  return !is_alnum(before) || (is_lower(before) && is_upper(text[at])) || (is_digit(before) && !is_digit(text[at]));
}

bool has_word(std::string_view text, std::span<const std::string_view> words) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (!word_begins(text, at)) continue;
    for (const std::string_view word : words) {
      if (same_word(text.substr(at), word)) return true;
    }
  }
  return false;
}

}  // namespace

bool near_word(const Passage& passage, size_t begin, size_t end, std::span<const std::string_view> words) {
  const size_t first = begin > kBefore ? begin - kBefore : 0;
  return has_word(passage.key, words) || has_word(passage.text.substr(first, begin - first), words) ||
         has_word(passage.text.substr(end, kBehind), words);
}

bool stands_alone(std::string_view text, size_t begin, size_t end) {
  const auto joins = [](char c) { return is_alnum(c) || c == '_'; };
  return (begin == 0 || !joins(text[begin - 1])) && (end >= text.size() || !joins(text[end]));
}

}  // namespace gleaner::privacy
