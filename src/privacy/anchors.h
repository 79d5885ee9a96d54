// Finds the anchors of a text: the few bytes that something personal or secret cannot do without. One pass, 64 bytes at
// a time, without branches on what the text says; what is no anchor is never looked at again.
//
// Thread contract: safe from any thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE4_2__)
#include <immintrin.h>
#endif

namespace gleaner::privacy {

inline constexpr size_t kBlock = 64;
// How many bytes of [A-Za-z0-9_-] in a row are worth a look.
inline constexpr int kLongRun = 16;
inline constexpr int kDashRun = 5;

// One bit for each of the 64 bytes.
struct ByteClasses {
  uint64_t digit = 0;
  uint64_t word = 0;  // letters, digits, "_", "-"
  uint64_t dash = 0;
  uint64_t mark = 0;   // one of "@:=%/wW" or 0xef, the first byte of a full-width colon
  uint64_t upper = 0;  // A-Z, and the first bytes of UTF-8 letters that may be capitals; only where asked for
};

#if defined(__SSE4_2__)

namespace simd {

inline __m128i in_range(__m128i v, int low, int high) {
  return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(low - 1))),
                       _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(high + 1))));
}

inline __m128i is(__m128i v, int c) {
  return _mm_cmpeq_epi8(v, _mm_set1_epi8(static_cast<char>(c)));
}

inline void put(uint64_t& mask, __m128i bits, int part) {
  mask |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(bits))) << (16 * part);
}

}  // namespace simd

inline ByteClasses classify(const char* bytes, bool with_upper) {
  using namespace simd;
  ByteClasses out;
  for (int i = 0; i < 4; ++i) {
    const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i));
    const __m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
    const __m128i digit = in_range(v, '0', '9');
    const __m128i dash = is(v, '-');
    const __m128i letter = in_range(lower, 'a', 'z');
    const __m128i word = _mm_or_si128(_mm_or_si128(digit, letter), _mm_or_si128(dash, is(v, '_')));
    const __m128i colon = _mm_or_si128(is(v, ':'), is(v, '='));
    const __m128i sign = _mm_or_si128(_mm_or_si128(is(v, '@'), is(v, '%')), _mm_or_si128(is(v, '/'), is(v, 0xef)));
    put(out.digit, digit, i);
    put(out.word, word, i);
    put(out.dash, dash, i);
    put(out.mark, _mm_or_si128(_mm_or_si128(colon, sign), is(lower, 'w')), i);
  }
  if (with_upper) {
    for (int i = 0; i < 4; ++i) {
      const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + 16 * i));
      // As signed bytes 0xc3 is -61.
      put(out.upper, _mm_or_si128(in_range(v, 'A', 'Z'), in_range(v, 0xc3 - 256, 0xd9 - 256)), i);
    }
  }
  return out;
}

#else

inline ByteClasses classify(const char* bytes, bool with_upper) {
  ByteClasses out;
  for (size_t i = 0; i < kBlock; ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    const auto put = [i](uint64_t& mask, bool bit) { mask |= uint64_t{bit} << i; };
    const bool digit = c >= '0' && c <= '9';
    put(out.digit, digit);
    put(out.word, digit || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_');
    put(out.dash, c == '-');
    put(out.mark, c == '@' || c == ':' || c == '=' || c == '%' || c == '/' || c == 0xef || (c | 0x20) == 'w');
    put(out.upper, with_upper && ((c >= 'A' && c <= 'Z') || (c >= 0xc3 && c <= 0xd9)));
  }
  return out;
}

#endif

// The anchors of one block, one bit for each byte.
struct Anchors {
  uint64_t long_run = 0;  // first of at least kLongRun word bytes
  uint64_t dashes = 0;    // first of at least kDashRun dashes
  uint64_t number = 0;    // first of a run of digits
  uint64_t mark = 0;      // as in ByteClasses
  uint64_t capital = 0;   // first of a capitalised word, where asked for
  // The digits of this block and the next, for counting.
  uint64_t digit = 0;
  uint64_t next_digit = 0;
};

// Walks a text block by block. next() gives the anchors of the block that begins at position().
class AnchorWalk {
 public:
  AnchorWalk(std::string_view text, bool with_capitals) : text_(text), with_capitals_(with_capitals), ahead_(load(0)) {}

  bool done() const { return at_ >= text_.size(); }
  size_t position() const { return at_; }

  // The anchors of the block at position(); advance() goes to the next one.
  Anchors look() {
    current_ = ahead_;
    ahead_ = load(at_ + kBlock);
    Anchors out;
    out.long_run = runs(current_.word, ahead_.word, kLongRun) & ~after(current_.word, last_word_);
    if (current_.dash != 0) out.dashes = runs(current_.dash, ahead_.dash, kDashRun) & ~after(current_.dash, last_dash_);
    out.number = current_.digit & ~after(current_.digit, last_digit_);
    out.mark = current_.mark;
    out.capital = current_.upper & ~after(current_.word, last_word_);
    out.digit = current_.digit;
    out.next_digit = ahead_.digit;
    return out;
  }

  void advance() {
    last_word_ = current_.word >> 63;
    last_dash_ = current_.dash >> 63;
    last_digit_ = current_.digit >> 63;
    at_ += kBlock;
  }

 private:
  // What stands behind a byte of the class.
  static uint64_t after(uint64_t mask, uint64_t last) { return mask << 1 | last; }

  // Where at least `length` (up to 64) bytes of the class follow one another.
  static uint64_t runs(uint64_t mask, uint64_t next, int length) {
    uint64_t low = mask;
    uint64_t high = next;
    // Doubles the length that is proved: after each step a bit says "this many from here on".
    for (int proved = 1; proved < length;) {
      const int step = std::min(proved, length - proved);
      low &= low >> step | high << (64 - step);
      high &= high >> step;
      proved += step;
    }
    return low;
  }

  ByteClasses load(size_t at) const {
    if (at >= text_.size()) return {};
    const size_t left = text_.size() - at;
    if (left >= kBlock) return classify(text_.data() + at, with_capitals_);
    std::array<char, kBlock> tail{};
    std::memcpy(tail.data(), text_.data() + at, left);
    return classify(tail.data(), with_capitals_);
  }

  std::string_view text_;
  bool with_capitals_;
  size_t at_ = 0;
  ByteClasses current_;
  ByteClasses ahead_;
  uint64_t last_word_ = 0;
  uint64_t last_dash_ = 0;
  uint64_t last_digit_ = 0;
};

}  // namespace gleaner::privacy
