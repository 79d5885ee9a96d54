// Tells from the first bytes of a word whether it is worth a closer look: a filter that lets every place pass where one
// of its patterns begins, and few others.
//
// The key of a place:
//   a letter or digit of ASCII   it and what follows it, as long as that is a letter or digit of ASCII; upper = lower
//   a byte from 0x80 on          it and what follows it, as long as that is from 0x80 on
//   anything else                it and one byte more
// cut to eight bytes, bit 0x20 set in each, and filled up with zeros, except that of the byte behind letters and digits
// bit 0x80 stays: else every F at the end of a word could be the start of "fix" with a Turkish capital. A pattern
// enters with the keys of everything it may look like in a text: each spelling of its letters, and, where it ends
// before half a key does, each byte that may follow.
//
// Thread contract: immutable once made, safe from any thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace gleaner::enrich {

inline constexpr size_t kKeyBytes = 8;

constexpr uint64_t first_bytes(size_t count) {
  return count >= kKeyBytes ? ~uint64_t{0} : (uint64_t{1} << (8 * count)) - 1;
}

// From eight bits that say which of the next eight bytes are like the first, the bytes of the key. The first is like
// itself unless it is neither alphanumeric nor multibyte.
inline constexpr std::array<uint64_t, 256> kRunMask = [] {
  std::array<uint64_t, 256> masks{};
  for (uint32_t bits = 0; bits < 256; ++bits) {
    const auto run = static_cast<size_t>(std::countr_one(bits));
    const uint64_t behind = run == 0 || run >= kKeyBytes ? 0 : uint64_t{0x80} << (8 * run);
    masks[bits] = first_bytes(run == 0 ? 2 : run) | behind;
  }
  return masks;
}();

// `bytes` are at least eight; of `alike` the lowest eight bits count.
inline uint64_t key_of(const char* bytes, uint64_t alike) {
  uint64_t key;
  std::memcpy(&key, bytes, sizeof key);
  return (key | 0x2020202020202020) & kRunMask[alike & 0xFF];
}

// A set of hashes, with false positives.
class BitTable {
 public:
  explicit BitTable(size_t expected);
  void add(uint64_t key) {
    const uint64_t bit = bit_of(key);
    bits_[bit / 64] |= uint64_t{1} << (bit % 64);
  }
  bool contains(uint64_t key) const {
    const uint64_t bit = bit_of(key);
    return (bits_[bit / 64] >> (bit % 64) & 1) != 0;
  }

 private:
  uint64_t bit_of(uint64_t key) const { return key * 0x9E3779B97F4A7C15U >> shift_; }

  int shift_;
  std::vector<uint64_t> bits_;
};

struct PatternStart {
  std::u32string_view characters;  // folded
  bool is_free_end;                // what follows may be a word character
  bool any_white;                  // a space stands for any white space
};

class StartFilter {
 public:
  explicit StartFilter(const std::vector<PatternStart>& patterns);

  // Looks at the first half of a key; cheap, and true for every key that passes() takes.
  bool may_pass(uint64_t key) const { return halves_.contains(static_cast<uint32_t>(key)) || starts_pair(key); }
  bool passes(uint64_t key) const {
    if (starts_pair(key)) return true;
    const uint64_t known = known_[slot_of(static_cast<uint32_t>(key))].known;
    return known != 0 && keys_.contains(key & known);
  }

 private:
  struct Half {
    uint32_t half = 0;
    uint64_t known = 0;  // what all patterns with that half have of their keys; 0 for a free slot
  };
  struct Key {
    uint64_t bytes;
    uint64_t known;
  };
  class KeyFinder;

  explicit StartFilter(const std::vector<Key>& keys);
  static std::vector<Key> find_keys(const std::vector<PatternStart>& patterns);
  size_t slot_of(uint32_t half) const;
  bool starts_pair(uint64_t key) const { return has_pairs_ && pairs_.contains(static_cast<uint16_t>(key)); }

  bool has_pairs_ = false;
  BitTable pairs_;  // for the patterns that have but two bytes of a key, and no end to it
  BitTable halves_;
  BitTable keys_;
  std::vector<Half> known_;  // open addressing; a power of two, at most half full
};

}  // namespace gleaner::enrich
