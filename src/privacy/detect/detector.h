// What a detector is. The scanner (privacy/scanner.h) reads a text once and wakes detectors at anchors: the few bytes
// that something personal or secret cannot do without (an "@", the first digit of a number, a colon, a long run without
// a space). The detector looks around the anchor and confirms, with checksums, boundaries and the words nearby, or
// says no.
//
// To add one: write it in the file of its family, declare it there, and put it into the list of its anchor in
// scanner.cc. It must
//   - look at no more than kReach bytes on either side of the anchor, except to go along something it has recognised;
//   - give findings that begin at or after passage.from and contain the anchor's byte or stand behind it;
//   - not find anything in a placeholder such as [EMAIL] or [PHONE_3f2a], so that redacting twice changes nothing.
//
// Thread contract: detectors are pure functions, safe from any thread. Texts are UTF-8, or anything at all.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "privacy/kind.h"

namespace gleaner::privacy {

inline constexpr size_t kReach = 256;

struct Passage {
  std::string_view text;  // a whole string, without escapes
  std::string_view key;   // the JSON member whose value it is; empty if there is none
  size_t from = 0;        // what stands before it is no longer free
};

struct Finding {
  size_t begin = 0;
  size_t end = 0;
  Kind kind = Kind::kEmail;
  std::string_view detail;  // "US_SSN", "github_token"; static text
  friend bool operator==(const Finding&, const Finding&) = default;
};

using Detector = std::optional<Finding> (*)(const Passage& passage, size_t at);

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_letter(char c) {
  return is_upper(c) || is_lower(c);
}
constexpr bool is_alnum(char c) {
  return is_digit(c) || is_letter(c);
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Whether one of `words` (lower case; letters beyond ASCII as they are) stands near [begin, end): in the member's name,
// in the 64 bytes before it or the 32 behind. ASCII case does not matter; a word must begin where a word begins, and
// may go on ("passport" is found in "passports") unless it has no more than three letters. In the member's name words
// may be joined by "_" or camel case.
bool near_word(const Passage& passage, size_t begin, size_t end, std::span<const std::string_view> words);

// Neither an ASCII letter, digit nor "_" stands directly before `begin` or behind `end`.
bool stands_alone(std::string_view text, size_t begin, size_t end);

}  // namespace gleaner::privacy
