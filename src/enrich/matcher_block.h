// 64 bytes of text sorted into classes, each class a bit mask. Membership in a class of bytes is found with two table
// look-ups of 16 entries: the low half of a byte names a row, the high half a bit in it. Compilers for processors
// without such an instruction (SSSE3) get a loop with the same results.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

namespace gleaner::enrich {

inline constexpr size_t kBlock = 64;

// Any set of byte values.
class ByteClass {
 public:
  constexpr void add(unsigned char byte) {
    auto& table = byte < 0x80 ? low_ : high_;
    table[byte & 15] = static_cast<uint8_t>(table[byte & 15] | 1U << (byte >> 4 & 7));
  }
  constexpr bool contains(unsigned char byte) const {
    return ((byte < 0x80 ? low_ : high_)[byte & 15] >> (byte >> 4 & 7) & 1) != 0;
  }
  constexpr bool empty() const { return low_ == Table{} && high_ == Table{}; }

 private:
  friend class BlockReader;
  using Table = std::array<uint8_t, 16>;
  alignas(16) Table low_{};   // bytes below 0x80
  alignas(16) Table high_{};  // the others
};

#if defined(__SSSE3__)

// GCC leaves a loop of four rounds a loop at -O2, with its vectors in memory.
#define GLEANER_UNROLL_4 _Pragma("GCC unroll 4")

// Reads a block once and answers for any number of classes.
class BlockReader {
 public:
  explicit BlockReader(const char* bytes) {
    const __m128i nibble = _mm_set1_epi8(15);
    const __m128i low_bits = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m128i high_bits = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, -128);
    GLEANER_UNROLL_4 for (size_t i = 0; i < 4; ++i) {
      const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i));
      const __m128i high = _mm_and_si128(_mm_srli_epi16(chunk, 4), nibble);
      row_[i] = _mm_and_si128(chunk, nibble);
      low_bit_[i] = _mm_shuffle_epi8(low_bits, high);
      high_bit_[i] = _mm_shuffle_epi8(high_bits, high);
      multibyte_ |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(chunk))) << (16 * i);
    }
  }

  // Bytes from 0x80 on.
  uint64_t multibyte() const { return multibyte_; }

  // The bytes of a class that are below 0x80.
  uint64_t ascii(const ByteClass& wanted) const {
    const __m128i table = load(wanted.low_);
    uint64_t mask = 0;
    GLEANER_UNROLL_4 for (size_t i = 0; i < 4; ++i) mask |=
        to_bits(_mm_and_si128(_mm_shuffle_epi8(table, row_[i]), low_bit_[i]), i);
    return mask;
  }

  // The bytes of a class that are from 0x80 on.
  uint64_t multibyte(const ByteClass& wanted) const {
    const __m128i table = load(wanted.high_);
    uint64_t mask = 0;
    GLEANER_UNROLL_4 for (size_t i = 0; i < 4; ++i) mask |=
        to_bits(_mm_and_si128(_mm_shuffle_epi8(table, row_[i]), high_bit_[i]), i);
    return mask;
  }

 private:
  static __m128i load(const ByteClass::Table& table) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(table.data()));
  }
  static uint64_t to_bits(__m128i hits, size_t chunk) {
    const int missed = _mm_movemask_epi8(_mm_cmpeq_epi8(hits, _mm_setzero_si128()));
    return static_cast<uint64_t>(~static_cast<uint32_t>(missed) & 0xFFFFU) << (16 * chunk);
  }

  __m128i row_[4];
  __m128i low_bit_[4];
  __m128i high_bit_[4];
  uint64_t multibyte_ = 0;
};

#undef GLEANER_UNROLL_4

#else

class BlockReader {
 public:
  explicit BlockReader(const char* bytes) { std::memcpy(bytes_.data(), bytes, kBlock); }

  uint64_t multibyte() const {
    uint64_t mask = 0;
    for (size_t i = 0; i < kBlock; ++i) mask |= static_cast<uint64_t>(bytes_[i] >> 7) << i;
    return mask;
  }
  uint64_t ascii(const ByteClass& wanted) const { return any(wanted) & ~multibyte(); }
  uint64_t multibyte(const ByteClass& wanted) const { return any(wanted) & multibyte(); }

 private:
  uint64_t any(const ByteClass& wanted) const {
    uint64_t mask = 0;
    for (size_t i = 0; i < kBlock; ++i) mask |= static_cast<uint64_t>(wanted.contains(bytes_[i])) << i;
    return mask;
  }

  std::array<unsigned char, kBlock> bytes_{};
};

#endif

}  // namespace gleaner::enrich
