#include "dataset/words.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "enrich/matcher_text.h"

namespace gleaner::dataset {
namespace {

using enrich::Character;

enum class Class : uint8_t { kPunctuation, kWhite, kWord, kOperator, kWide };

struct Table {
  std::array<Class, 256> of{};
};

consteval Table make_table() {
  Table table;
  for (size_t c = 0; c < 128; ++c) {
    if (enrich::text_internal::kAscii.alphanumeric[c]) table.of[c] = Class::kWord;
    if (enrich::text_internal::kAscii.white[c]) table.of[c] = Class::kWhite;
  }
  for (const char c : {'+', '-', '*', '/', '=', '<', '>', '^', '%'})
    table.of[static_cast<size_t>(c)] = Class::kOperator;
  for (size_t c = 128; c < 256; ++c) table.of[c] = Class::kWide;
  return table;
}

constexpr Table kTable = make_table();

constexpr Class class_of(char c) {
  return kTable.of[static_cast<unsigned char>(c)];
}

struct Range {
  char32_t first;
  char32_t last;
};

// Letters, marks and digits of scripts that are written without spaces, by blocks.
constexpr Range kUnspaced[] = {
    {0xE01, 0xE3A},   {0xE40, 0xE4E},   {0xE50, 0xE59},   {0xE80, 0xEDF},   {0x1000, 0x1049},   {0x1050, 0x109F},
    {0x1780, 0x17D3}, {0x17E0, 0x17E9}, {0x1980, 0x19DF}, {0x1A20, 0x1AAF}, {0x3005, 0x3007},   {0x3021, 0x3029},
    {0x3041, 0x3096}, {0x309D, 0x309F}, {0x30A1, 0x30FA}, {0x30FC, 0x312F}, {0x31A0, 0x31BF},   {0x31F0, 0x31FF},
    {0x3400, 0x4DBF}, {0x4E00, 0xA48C}, {0xF900, 0xFAFF}, {0xFF66, 0xFF9F}, {0x1B000, 0x1B16F}, {0x20000, 0x3FFFF},
};
static_assert(std::ranges::is_sorted(kUnspaced, {}, &Range::first));

bool is_unspaced(char32_t c) {
  if (c < kUnspaced[0].first || enrich::is_raw_byte(c)) return false;
  const auto* const range = std::ranges::lower_bound(kUnspaced, c, {}, &Range::last);
  return range != std::end(kUnspaced) && c >= range->first;
}

constexpr size_t kChunk = sizeof(uint64_t);
constexpr uint64_t kEvery = 0x0101010101010101;
static_assert(std::endian::native == std::endian::little);

// The lowest `size` bytes, 1 to 8.
constexpr uint64_t first_bytes(uint64_t chunk, size_t size) {
  return chunk & ~uint64_t{0} >> (8 * (kChunk - size));
}

uint64_t load(const char* at, const char* end) {
  uint64_t chunk = 0;
  std::memcpy(&chunk, at, end - at >= static_cast<ptrdiff_t>(kChunk) ? kChunk : static_cast<size_t>(end - at));
  return chunk;
}

// How many bytes at the front are ASCII letters and digits: all eight are looked at together, as half of the words have
// no more, and what ends a byte-wise loop is hard to predict. Below 0x80 no sum carries into the next byte.
size_t count_alphanumeric(uint64_t chunk) {
  const uint64_t low = chunk & (0x7F * kEvery);
  const auto at_least = [](uint64_t bytes, uint64_t least) { return bytes + (0x80 - least) * kEvery; };
  const uint64_t folded = low | 0x20 * kEvery;
  const uint64_t letters = at_least(folded, 'a') & ~at_least(folded, 'z' + 1);
  const uint64_t digits = at_least(low, '0') & ~at_least(low, '9' + 1);
  const uint64_t others = ~((letters | digits) & ~chunk) & (0x80 * kEvery);
  return static_cast<size_t>(std::countr_zero(others)) / 8;
}

// Right for ASCII letters and digits.
constexpr uint64_t fold_chunk(uint64_t chunk) {
  return chunk | 0x20 * kEvery;
}

// Both halves of the product, one over the other.
uint64_t multiply_fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

constexpr uint64_t kFirst = 0xA0761D6478BD642F;
constexpr uint64_t kSecond = 0xE7037ED1A0B428DB;

// A word of no more than a chunk, whose other bytes are 0, or the end of a longer one.
uint64_t hash_last(uint64_t seed, uint64_t hash, uint64_t chunk) {
  return multiply_fold(hash ^ chunk ^ kFirst, kSecond ^ seed);
}

uint64_t begin_hash(uint64_t seed, size_t size) {
  return seed ^ (size * kFirst);
}

// `kChunk` bytes may be read from every position of the word.
uint64_t hash_word(uint64_t seed, const char* at, size_t size) {
  uint64_t hash = begin_hash(seed, size);
  uint64_t chunk = 0;
  for (; size > kChunk; size -= kChunk, at += kChunk) {
    std::memcpy(&chunk, at, kChunk);
    hash = multiply_fold(hash ^ chunk, kSecond);
  }
  std::memcpy(&chunk, at, kChunk);
  return hash_last(seed, hash, first_bytes(chunk, size));
}

}  // namespace

void WordReader::read(std::string_view text) {
  // Folding makes no character longer than two bytes for each it had.
  if (buffer_.size() < 2 * text.size() + kChunk) buffer_.resize(2 * text.size() + kChunk);
  size_ = 0;
  hashes_.clear();
  begins_.clear();
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    switch (class_of(*at)) {
      case Class::kWord:
        at = read_ascii_word(at, end);
        break;
      case Class::kWhite:
        append_space();
        ++at;
        break;
      case Class::kWide:
        at = read_wide(at, end);
        break;
      case Class::kOperator:
        read_operator(text.data(), at++);
        break;
      case Class::kPunctuation:
        buffer_[size_++] = *at++;
        break;
    }
  }
  if (size_ > 0 && buffer_[size_ - 1] == ' ') --size_;
}

std::string_view WordReader::words(size_t first, size_t count) const {
  const size_t end = first + count < begins_.size() ? begins_[first + count] : size_;
  std::string_view part = normalized().substr(begins_[first], end - begins_[first]);
  while (part.ends_with(' ')) part.remove_suffix(1);
  return part;
}

const char* WordReader::read_ascii_word(const char* at, const char* end) {
  const uint64_t read = load(at, end);
  const size_t size = count_alphanumeric(read);
  if (size == kChunk || (at + size != end && class_of(at[size]) == Class::kWide)) return read_word(at, end);
  const uint64_t chunk = fold_chunk(read);
  std::memcpy(buffer_.data() + size_, &chunk, kChunk);
  hashes_.push_back(hash_last(seed_, begin_hash(seed_, size), first_bytes(chunk, size)));
  begins_.push_back(size_);
  size_ += size;
  return at + size;
}

const char* WordReader::read_word(const char* at, const char* end) {
  const size_t begin = size_;
  while (at != end) {
    const uint64_t chunk = load(at, end);
    if (const size_t size = count_alphanumeric(chunk); size > 0) {
      const uint64_t folded = fold_chunk(chunk);
      std::memcpy(buffer_.data() + size_, &folded, kChunk);
      size_ += size;
      at += size;
      continue;
    }
    if (class_of(*at) != Class::kWide) break;
    const Character character = enrich::read_character(at, end);
    if (!enrich::is_word(character.folded) || is_unspaced(character.folded)) break;
    append(character.folded);
    at += character.size;
  }
  end_word(begin);
  return at;
}

const char* WordReader::read_wide(const char* at, const char* end) {
  const Character character = enrich::read_character(at, end);
  if (is_unspaced(character.folded)) {
    const size_t begin = size_;
    append(character.folded);
    end_word(begin);
  } else if (enrich::is_word(character.folded)) {
    return read_word(at, end);
  } else if (enrich::is_white(character.folded)) {
    append_space();
  } else {
    append(character.folded);
  }
  return at + character.size;
}

void WordReader::read_operator(const char* begin, const char* at) {
  const size_t start = size_;
  buffer_[size_++] = *at;
  while (at != begin && at[-1] == ' ') --at;
  if (at != begin && at[-1] >= '0' && at[-1] <= '9') end_word(start);
}

void WordReader::append(char32_t c) {
  const auto put = [this](char32_t bits) { buffer_[size_++] = static_cast<char>(bits); };
  if (enrich::is_raw_byte(c)) {
    put(c - enrich::text_internal::kRawByte);
  } else if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 63));
  } else {
    if (c >= 0x10000) {
      put(0xF0 | (c >> 18));
      put(0x80 | ((c >> 12) & 63));
    } else {
      put(0xE0 | (c >> 12));
    }
    put(0x80 | ((c >> 6) & 63));
    put(0x80 | (c & 63));
  }
}

void WordReader::append_space() {
  if (size_ > 0 && buffer_[size_ - 1] != ' ') buffer_[size_++] = ' ';
}

void WordReader::end_word(size_t begin) {
  hashes_.push_back(hash_word(seed_, buffer_.data() + begin, size_ - begin));
  begins_.push_back(begin);
}

NGrams::NGrams(std::span<const uint64_t> words, size_t length) : words_(words), length_(length) {
  for (; at_ + 1 < length_ && at_ < words_.size(); ++at_) {
    hash_ = hash_ * kBase + words_[at_];
    highest_ *= kBase;
  }
}

}  // namespace gleaner::dataset
