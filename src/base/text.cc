#include "base/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/json_walk.h"

namespace gleaner {

// Every byte counts but those that continue a character (10xxxxxx), eight at a time: this runs over all text that comes
// in.
size_t count_characters(std::string_view utf8) {
  constexpr uint64_t kLowBits = 0x0101010101010101;
  size_t continuing = 0;
  size_t pos = 0;
  for (; pos + sizeof(uint64_t) <= utf8.size(); pos += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, utf8.data() + pos, sizeof word);
    continuing += static_cast<size_t>(std::popcount((word >> 7) & (~word >> 6) & kLowBits));
  }
  for (; pos < utf8.size(); ++pos) continuing += (static_cast<unsigned char>(utf8[pos]) & 0xc0) == 0x80 ? 1 : 0;
  return utf8.size() - continuing;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string_view truncate_utf8(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string printable(std::string_view bytes) {
  std::string out(bytes);
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return out;
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return out;
}

std::string_view first_characters(std::string_view utf8, size_t count) {
  for (size_t at = 0; at < utf8.size(); ++at) {
    const bool begins = (static_cast<unsigned char>(utf8[at]) & 0xc0) != 0x80;
    if (begins && count-- == 0) return utf8.substr(0, at);
  }
  return utf8;
}

std::string excerpt(std::string_view text) {
  constexpr size_t kShort = 40;
  return text.size() <= kShort ? std::string(text) : fmt::format("({} bytes)", text.size());
}

std::string one_line(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

std::string display_bytes(uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits = {"B", "KB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.2f} {}", value, kUnits[unit]);
}

std::string display_count(uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (size_t pos = digits.size(); pos > 3;) digits.insert(pos -= 3, ",");
  return digits;
}

}  // namespace gleaner
