#include "enrich/matcher_text.h"

#include <algorithm>
#include <map>

namespace gleaner::enrich {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr bool operator<(const Range& range, char32_t c) {
  return range.last < c;
}

// Assigned characters below U+0800 that are no letter, mark or decimal digit; then, by blocks, symbols, punctuation,
// private use, and the scripts that are written without spaces.
constexpr Range kNoWord[] = {
    {0x80, 0xA9},     {0xAB, 0xB4},       {0xB6, 0xB9},       {0xBB, 0xBF},       {0xD7, 0xD7},        {0xF7, 0xF7},
    {0x2C2, 0x2C5},   {0x2D2, 0x2DF},     {0x2E5, 0x2EB},     {0x2ED, 0x2ED},     {0x2EF, 0x2FF},      {0x375, 0x375},
    {0x37E, 0x37E},   {0x384, 0x385},     {0x387, 0x387},     {0x3F6, 0x3F6},     {0x482, 0x482},      {0x55A, 0x55F},
    {0x589, 0x58A},   {0x58D, 0x58F},     {0x5BE, 0x5BE},     {0x5C0, 0x5C0},     {0x5C3, 0x5C3},      {0x5C6, 0x5C6},
    {0x5F3, 0x5F4},   {0x600, 0x60F},     {0x61B, 0x61F},     {0x66A, 0x66D},     {0x6D4, 0x6D4},      {0x6DD, 0x6DE},
    {0x6E9, 0x6E9},   {0x6FD, 0x6FE},     {0x700, 0x70D},     {0x70F, 0x70F},     {0x7F6, 0x7F9},      {0x7FE, 0x7FF},
    {0x964, 0x965},   {0x970, 0x970},     {0xE00, 0xEFF},     {0xF01, 0xF17},     {0x1000, 0x109F},    {0x10FB, 0x10FB},
    {0x1360, 0x137C}, {0x1400, 0x1400},   {0x166D, 0x166E},   {0x1680, 0x1680},   {0x169B, 0x169C},    {0x16EB, 0x16F0},
    {0x1735, 0x1736}, {0x1780, 0x180E},   {0x1940, 0x1945},   {0x1950, 0x1AAF},   {0x2000, 0x200B},    {0x200E, 0x2070},
    {0x2074, 0x207E}, {0x2080, 0x208E},   {0x20A0, 0x20CF},   {0x2100, 0x2BFF},   {0x2CE5, 0x2CEA},    {0x2CF9, 0x2CFF},
    {0x2E00, 0x312F}, {0x3190, 0xA4CF},   {0xA60D, 0xA60F},   {0xD7FC, 0xFAFF},   {0xFD3E, 0xFD4F},    {0xFDFC, 0xFDFF},
    {0xFE10, 0xFE19}, {0xFE30, 0xFE6F},   {0xFEFF, 0xFF0F},   {0xFF1A, 0xFF20},   {0xFF3B, 0xFF40},    {0xFF5B, 0xFF9F},
    {0xFFE0, 0xFFFF}, {0x1B000, 0x1B2FF}, {0x1BC9C, 0x1D3FF}, {0x1D800, 0x1DFFF}, {0x1EEF0, 0x1100FF},
};
static_assert(std::ranges::is_sorted(kNoWord, {}, &Range::first));

constexpr bool find_wide_word(char32_t c) {
  const Range* const range = std::lower_bound(std::begin(kNoWord), std::end(kNoWord), c);
  return range == std::end(kNoWord) || c < range->first;
}

constexpr char32_t fold_latin(char32_t c) {
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c == 0x130 || c == 0x131) return U'i';
  if (c == 0x178) return 0xFF;
  const bool upper_is_even = (c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177);
  const bool upper_is_odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
  if (upper_is_even) return c | 1;
  if (upper_is_odd) return (c & 1) != 0 ? c + 1 : c;
  return c;
}

constexpr char32_t fold_greek(char32_t c) {
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x391 && c <= 0x3AB && c != 0x3A2) return c + 32;
  if (c == 0x3C2) return 0x3C3;
  return c;
}

constexpr char32_t fold_cyrillic(char32_t c) {
  if (c <= 0x40F) return c + 80;
  if (c <= 0x42F) return c + 32;
  if (c <= 0x45F) return c;
  if (c == 0x4C0) return 0x4CF;
  if (c >= 0x4C1 && c <= 0x4CE) return (c & 1) != 0 ? c + 1 : c;
  const bool upper_is_even = c <= 0x481 || (c >= 0x48A && c <= 0x4BF) || c >= 0x4D0;
  return upper_is_even ? c | 1 : c;
}

constexpr char32_t fold(char32_t c) {
  if (c < 0x80) return text_internal::kAscii.folded[c];
  if (c < 0x180) return fold_latin(c);
  if (c >= 0x386 && c <= 0x3CE) return fold_greek(c);
  if (c >= 0x400 && c <= 0x52F) return fold_cyrillic(c);
  if (c >= 0x531 && c <= 0x556) return c + 48;
  if ((c >= 0x1E00 && c <= 0x1E95) || (c >= 0x1EA0 && c <= 0x1EFF)) return c | 1;
  if (c == 0x212A) return U'k';
  if (c == 0x212B) return 0xE5;
  return c;
}

// Everything of two bytes is looked up: most of the letters of a text that is not English are.
struct TwoByteTable {
  std::array<uint16_t, 0x800> folded{};
  std::array<bool, 0x800> word{};
};

consteval TwoByteTable make_two_byte_table() {
  TwoByteTable table;
  for (char32_t c = 0x80; c < 0x800; ++c) {
    table.folded[c] = static_cast<uint16_t>(fold(c));
    table.word[c] = find_wide_word(c);
  }
  return table;
}

constexpr TwoByteTable kTwoBytes = make_two_byte_table();

std::string encode(char32_t c) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  if (c < 0x80) return {byte(c)};
  if (c < 0x800) return {byte(0xC0 | (c >> 6)), byte(0x80 | (c & 63))};
  if (c < 0x10000) return {byte(0xE0 | (c >> 12)), byte(0x80 | ((c >> 6) & 63)), byte(0x80 | (c & 63))};
  return {byte(0xF0 | (c >> 18)), byte(0x80 | ((c >> 12) & 63)), byte(0x80 | ((c >> 6) & 63)), byte(0x80 | (c & 63))};
}

std::map<char32_t, std::vector<std::string>> make_spellings() {
  std::map<char32_t, std::vector<std::string>> by_folded;
  for (char32_t c = 1; c <= 0x212B; ++c) {
    if (fold(c) != c) by_folded[fold(c)].push_back(encode(c));
  }
  for (auto& [folded, list] : by_folded) list.push_back(encode(folded));
  return by_folded;
}

}  // namespace

namespace text_internal {

Character read_multibyte(const char* at, const char* end) {
  const auto byte = [at](int i) { return static_cast<unsigned char>(at[i]); };
  const auto continues = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
  const auto bits = [&](int i) { return static_cast<char32_t>(byte(i) & 0x3F); };
  const unsigned char lead = byte(0);
  const ptrdiff_t left = end - at;
  if (lead >= 0xC2 && lead <= 0xDF && left >= 2 && continues(1)) {
    return {kTwoBytes.folded[static_cast<char32_t>(lead & 0x1F) << 6 | bits(1)], 2};
  }
  if (lead >= 0xE0 && lead <= 0xEF && left >= 3 && continues(1) && continues(2)) {
    const char32_t c = static_cast<char32_t>(lead & 0x0F) << 12 | bits(1) << 6 | bits(2);
    if (c >= 0x800) return {fold(c), 3};
  }
  if (lead >= 0xF0 && lead <= 0xF4 && left >= 4 && continues(1) && continues(2) && continues(3)) {
    const char32_t c = static_cast<char32_t>(lead & 0x07) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
    if (c >= 0x10000 && c < text_internal::kRawByte) return {c, 4};
  }
  return {text_internal::kRawByte + lead, 1};
}

bool is_wide_word(char32_t c) {
  return c < 0x800 ? kTwoBytes.word[c] : find_wide_word(c);
}

}  // namespace text_internal

uint32_t size_before(const char* begin, const char* at) {
  for (uint32_t size = 2; size <= 4 && begin + size <= at; ++size) {
    const char* const start = at - size;
    const auto byte = static_cast<unsigned char>(*start);
    if (byte < 0x80) break;
    if (byte >= 0xC0) return read_character(start, at).size == size ? size : 1;
  }
  return 1;
}

std::vector<std::string> spellings(char32_t folded) {
  static const std::map<char32_t, std::vector<std::string>> several = make_spellings();
  const auto found = several.find(folded);
  return found == several.end() ? std::vector{encode(folded)} : found->second;
}

}  // namespace gleaner::enrich
