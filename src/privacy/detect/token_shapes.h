// The written forms of API keys and access tokens that carry a mark of their provider: one row each. From the
// providers' documentation and the formats they registered with secret scanning programmes (GitHub, GitLab). Lengths
// are given some room: providers change them, and people cut what they paste. Not here, because they are made to be
// public: Stripe's pk_..., Twilio's AC... account numbers, Mapbox' pk...
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gleaner::privacy {

enum class Alphabet : uint8_t {
  kLowerHex,
  kHex,
  kBase32,  // A-Z 2-7
  kBech32,  // upper case
  kUpper,   // A-Z 0-9
  kAlnum,
  kWord,     // and _ -
  kDotted,   // and .
  kBase64,   // and + / =
  kPercent,  // letters, digits, %
};
bool belongs(Alphabet alphabet, char c);

enum class Check : uint8_t {
  kNone,    // the mark says enough
  kMixed,   // letters and digits, or letters in both cases as chance would mix them; no joined words
  kStrict,  // kMixed, and not in the middle of base64
};

struct TokenShape {
  std::string_view prefix;
  Alphabet alphabet;  // of what follows the prefix
  uint16_t min;       // bytes of that
  uint16_t max;
  Check check;
  std::string_view detail;
};

// The end of the token that begins at `begin` in this shape, 0 if none does. Reads at most max + 1 bytes behind the
// prefix.
size_t match_token(const TokenShape& shape, std::string_view text, size_t begin);

// Whether the bytes at `begin` are, up to the fourth, those that a shape begins with.
bool may_begin_token(std::string_view text, size_t begin);

// The shape that a token beginning at `begin` has, of several the one with the longest prefix; none for most
// beginnings, after comparing four bytes with the few prefixes that have the same first byte.
const TokenShape* find_token_shape(std::string_view text, size_t begin, size_t& end);

}  // namespace gleaner::privacy
