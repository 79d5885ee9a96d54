// The prose of a text, word by word, for language detection. Passed over: fenced and inline code, lines that look like
// code, tags, addresses (http, www, e-mail), file names and paths, identifiers (snake_case, camelCase), anything with a
// digit in it, and placeholders such as [EMAIL] or [CARD_3f2a].
//
// One thread only; the text must outlive it.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "enrich/language_letters.h"

namespace gleaner::enrich {

class LanguageWords {
 public:
  static constexpr size_t kLongest = 48;

  explicit LanguageWords(std::string_view text) : text_(text) {}

  // Small letters of one writing; runs of over kLongest letters come in pieces. Good until the next call.
  struct Word {
    std::span<const char32_t> letters;
    Writing writing = Writing::kNone;
  };
  bool next(Word& word);

 private:
  bool next_chunk();
  void skip_code_lines();
  bool skip_markup();

  std::string_view text_;
  size_t pos_ = 0;        // of the next character
  size_t chunk_end_ = 0;  // of what stands between two spaces
  size_t line_end_ = 0;
  std::array<char32_t, kLongest> letters_{};
};

}  // namespace gleaner::enrich
