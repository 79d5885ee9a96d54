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
  uint64_t mark = 0;   // one of "@:=%/" or 0xef, the first byte of a full-width colon
  uint64_t s = 0;      // "s" and "S"
  uint64_t w = 0;      // "w" and "W"
  uint64_t upper = 0;  // A-Z, and the first bytes of UTF-8 letters that may be capitals; only where asked for
};

#if defined(__SSE4_2__)

namespace simd {

// Sixteen of the 64 bytes, and a bit for each of them that is of a class. Two tables, asked with the two halves of a
// byte, tell the classes apart: a byte is of a class if both of its halves have the class's bit.
struct Part {
  __m128i words;  // kDigitBit, kDashBit and others that are word bytes
  __m128i marks;
  __m128i lower;
};

inline constexpr int kDigitBit = 0;
inline constexpr int kDashBit = 1;

inline Part read(const char* bytes) {
  // By the high half: 2 has the dash and "%/"; 3 digits and ":="; 4 and 6 letters from 1 on, and "@"; 5 and 7 letters
  // up to a; 5 "_"; e the first byte of a full-width colon.
  const __m128i high_words = _mm_setr_epi8(0, 0, 2, 1, 4, 8 | 16, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i low_words = _mm_setr_epi8(1 | 8, 1 | 4 | 8, 1 | 4 | 8, 1 | 4 | 8, 1 | 4 | 8, 1 | 4 | 8, 1 | 4 | 8,
                                          1 | 4 | 8, 1 | 4 | 8, 1 | 4 | 8, 4 | 8, 4, 4, 2 | 4, 4, 4 | 16);
  const __m128i high_marks = _mm_setr_epi8(0, 0, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0);
  const __m128i low_marks = _mm_setr_epi8(4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 2, 0, 1 | 8);
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const __m128i half = _mm_set1_epi8(0x0f);
  const __m128i low = _mm_and_si128(v, half);
  const __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), half);
  return {_mm_and_si128(_mm_shuffle_epi8(high_words, high), _mm_shuffle_epi8(low_words, low)),
          _mm_and_si128(_mm_shuffle_epi8(high_marks, high), _mm_shuffle_epi8(low_marks, low)),
          _mm_or_si128(v, _mm_set1_epi8(0x20))};
}

// The highest bits of the bytes of four vectors.
inline uint64_t bits(__m128i a, __m128i b, __m128i c, __m128i d) {
  const auto low = static_cast<uint32_t>(_mm_movemask_epi8(a) | _mm_movemask_epi8(b) << 16);
  const auto high = static_cast<uint32_t>(_mm_movemask_epi8(c) | _mm_movemask_epi8(d) << 16);
  return uint64_t{high} << 32 | low;
}

inline __m128i any(__m128i classes) {
  return _mm_cmpgt_epi8(classes, _mm_setzero_si128());
}
// Moves a bit of each byte to its top; what comes in from the neighbour stays below.
template <int kBit>
__m128i top(__m128i classes) {
  return _mm_slli_epi16(classes, 7 - kBit);
}

inline __m128i is(__m128i v, char c) {
  return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

// A-Z, and as signed bytes 0xc3 to 0xd9.
inline __m128i is_capital(const char* bytes) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
  const auto in_range = [v](int low, int high) {
    return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmplt_epi8(v, _mm_set1_epi8(static_cast<char>(high + 1))));
  };
  return _mm_or_si128(in_range('A', 'Z'), in_range(0xc3 - 256, 0xd9 - 256));
}

}  // namespace simd

inline ByteClasses classify(const char* bytes, bool with_upper) {
  using namespace simd;
  const Part a = read(bytes);
  const Part b = read(bytes + 16);
  const Part c = read(bytes + 32);
  const Part d = read(bytes + 48);
  ByteClasses out;
  out.digit = bits(top<kDigitBit>(a.words), top<kDigitBit>(b.words), top<kDigitBit>(c.words), top<kDigitBit>(d.words));
  out.dash = bits(top<kDashBit>(a.words), top<kDashBit>(b.words), top<kDashBit>(c.words), top<kDashBit>(d.words));
  out.word = bits(any(a.words), any(b.words), any(c.words), any(d.words));
  out.mark = bits(any(a.marks), any(b.marks), any(c.marks), any(d.marks));
  out.w = bits(is(a.lower, 'w'), is(b.lower, 'w'), is(c.lower, 'w'), is(d.lower, 'w'));
  out.s = bits(is(a.lower, 's'), is(b.lower, 's'), is(c.lower, 's'), is(d.lower, 's'));
  if (with_upper) {
    out.upper = bits(is_capital(bytes), is_capital(bytes + 16), is_capital(bytes + 32), is_capital(bytes + 48));
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
    put(out.mark, c == '@' || c == ':' || c == '=' || c == '%' || c == '/' || c == 0xef);
    put(out.s, (c | 0x20) == 's');
    put(out.w, (c | 0x20) == 'w');
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
  uint64_t mark = 0;      // as in ByteClasses, and the "w" of "ssw"
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
    const uint64_t double_s = after(current_.s, last_s_ >> 1) & (current_.s << 2 | (last_s_ & 3));
    out.mark = current_.mark | (current_.w & double_s);
    out.capital = current_.upper & ~after(current_.word, last_word_);
    out.digit = current_.digit;
    out.next_digit = ahead_.digit;
    return out;
  }

  void advance() {
    last_word_ = current_.word >> 63;
    last_dash_ = current_.dash >> 63;
    last_digit_ = current_.digit >> 63;
    last_s_ = current_.s >> 62;
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
    std::array<char, kBlock> tail;
    const char* bytes = text_.data() + at;
    if (left < kBlock) {
      tail.fill('\0');
      std::memcpy(tail.data(), bytes, left);
      bytes = tail.data();
    }
    return classify(bytes, with_capitals_);
  }

  std::string_view text_;
  bool with_capitals_;
  size_t at_ = 0;
  ByteClasses current_;
  ByteClasses ahead_;
  uint64_t last_word_ = 0;
  uint64_t last_dash_ = 0;
  uint64_t last_digit_ = 0;
  uint64_t last_s_ = 0;  // of the last two bytes
};

}  // namespace gleaner::privacy
