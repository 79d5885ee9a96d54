// near_word for many lists of words at one place. A long number may be any of twenty things, each with words of its
// own; most of these words do not even begin anywhere near, which two or three bytes tell. One thread only.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

class Nearby {
 public:
  Nearby(const Passage& passage, size_t begin, size_t end) : passage_(passage), begin_(begin), end_(end) {}

  // The same answer as near_word's.
  bool has(std::span<const std::string_view> words) {
    if (!read_) read();
    return std::ranges::any_of(words, [&](std::string_view word) {
      return known_[beginning(word)] && near_word(passage_, begin_, end_, {&word, 1});
    });
  }

 private:
  static constexpr size_t kBits = 2048;
  static constexpr size_t kBefore = 64;  // as near_word reads
  static constexpr size_t kBehind = 32;

  static constexpr uint32_t lower(char c) {
    return static_cast<unsigned char>(is_upper(c) ? static_cast<char>(c + 32) : c);
  }
  static constexpr size_t slot(uint32_t bytes) { return (bytes * 0x9E3779B1U) >> 21; }

  // Of the first word only: what joins it to the next may be a blank here and "_" there.
  static constexpr size_t beginning(std::string_view word) {
    const size_t length = std::min<size_t>(3, std::min(word.size(), word.find(' ')));
    uint32_t bytes = 0;
    for (const char c : word.substr(0, length)) bytes = bytes << 8 | lower(c);
    return slot(bytes);
  }

  void read() {
    read_ = true;
    const size_t first = begin_ > kBefore ? begin_ - kBefore : 0;
    add(passage_.key);
    add(passage_.text.substr(first, begin_ - first));
    add(passage_.text.substr(end_, kBehind));
  }

  // At every place where near_word may see a word begin.
  void add(std::string_view text) {
    char before = ' ';
    for (size_t at = 0; at < text.size(); before = text[at++]) {
      if (is_letter(before) && !is_upper(text[at])) continue;
      uint32_t bytes = 0;
      for (const char c : text.substr(at, 3)) {
        bytes = bytes << 8 | lower(c);
        known_.set(slot(bytes));
      }
    }
  }

  const Passage& passage_;
  size_t begin_;
  size_t end_;
  bool read_ = false;
  std::bitset<kBits> known_;
};

}  // namespace gleaner::privacy
