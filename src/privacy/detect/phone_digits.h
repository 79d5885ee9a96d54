// The digits of what may be a telephone number, in the groups in which people write them, and what can be said of them
// without knowing any country. Safe from any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

inline constexpr size_t kFewestPhoneDigits = 7;
inline constexpr size_t kMostPhoneDigits = 18;
inline constexpr size_t kMostPhoneGroups = 8;

struct PhoneGroup {
  size_t begin = 0;  // in the text
  size_t end = 0;
  size_t first = 0;   // in the digits
  char gap = 0;       // what stands before it: ' ', '-', '.' or '/'; 0 before the first
  bool wide = false;  // spaces around the sign
};

struct PhoneDigits {
  size_t begin = 0;  // in the text, with "+" and "("
  size_t end = 0;
  bool plus = false;
  bool parentheses = false;
  std::array<PhoneGroup, kMostPhoneGroups> groups{};
  size_t count = 0;
  std::array<char, kMostPhoneDigits> digits{};
  size_t digit_count = 0;

  std::string_view view() const { return {digits.data(), digit_count}; }
  size_t size(size_t group) const { return groups[group].end - groups[group].begin; }
  unsigned value(size_t group) const;

  // The first groups alone, at least one.
  PhoneDigits first(size_t groups_wanted) const;

  // "2024-11-21", "21.11.2024", "20241121".
  bool is_date() const;
  // "1 299 000", "100.000.000": groups of three behind up to three.
  bool is_thousands() const;
  // "01 02 03 04 05", "05 12 23 34 45": counting or a draw rather than a French number.
  bool is_series() const;
  // Anything but spaces between the groups.
  bool has_sign() const;
  // A slash behind more than an area code; without "+" or parentheses, spaces around a dash or dots beside spaces.
  bool odd_gaps() const;
};

// Reads on from the first digit, at `at`, as far as a number may go; nothing if a single run has too many digits.
std::optional<PhoneDigits> read_phone_digits(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
