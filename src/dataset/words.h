// A text as the searches for duplicates and contamination see it: normalised, and as a sequence of words.
//
// The normalised text has its case folded (enrich/matcher_text.h says how), every run of white space as one space, and
// none at its ends. Punctuation stays: "2+2" and "2-2" are different texts.
//
// A word is a run of letters, marks and digits. In scripts that put no spaces between words (Han, kana, Thai, Lao,
// Khmer, Burmese, Yi) every letter is a word, so that a word n-gram there is a character n-gram. An arithmetic operator
// (+ - * / = < > ^ %) behind a digit, with or without spaces between, is a word as well: a sum is not its difference.
// Everything else separates words.
//
// Thread contract: a WordReader belongs to one thread at a time; what it returns lives until it reads the next text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gleaner::dataset {

// A bijection of 64 bits that spreads every bit over all (the finaliser of MurmurHash3).
constexpr uint64_t mix64(uint64_t x) {
  x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCD;
  x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53;
  return x ^ (x >> 33);
}

class WordReader {
 public:
  // The same words with the same seed have the same hashes, in every process.
  explicit WordReader(uint64_t seed) : seed_(mix64(seed)) {}

  void read(std::string_view text);

  std::string_view normalized() const { return {buffer_.data(), size_}; }
  std::span<const uint64_t> hashes() const { return hashes_; }
  // The part of the normalised text that holds these words; `count` is not 0.
  std::string_view words(size_t first, size_t count) const;

 private:
  const char* read_ascii_word(const char* at, const char* end);
  const char* read_word(const char* at, const char* end);
  const char* read_wide(const char* at, const char* end);
  void read_operator(const char* begin, const char* at);
  void append(char32_t c);
  void append_space();
  void end_word(size_t begin);

  uint64_t seed_;
  std::vector<char> buffer_;
  size_t size_ = 0;
  std::vector<uint64_t> hashes_;
  std::vector<size_t> begins_;
};

// The hashes of all runs of `length` words, in order; equal runs have equal hashes.
class NGrams {
 public:
  NGrams(std::span<const uint64_t> words, size_t length);

  size_t count() const { return words_.size() < length_ ? 0 : words_.size() - length_ + 1; }
  // To be called count() times.
  uint64_t next() {
    hash_ = hash_ * kBase + words_[at_];
    const uint64_t out = hash_;
    hash_ -= words_[at_ + 1 - length_] * highest_;
    ++at_;
    return mix64(out);
  }

 private:
  static constexpr uint64_t kBase = 0x9E3779B97F4A7C17;
  std::span<const uint64_t> words_;
  size_t length_;
  size_t at_ = 0;
  uint64_t hash_ = 0;
  uint64_t highest_ = 1;  // kBase to the power of length - 1
};

}  // namespace gleaner::dataset
