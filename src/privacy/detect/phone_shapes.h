// How people of a country write its numbers at home: which digits, in which groups, and how much it takes to believe
// them. Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gleaner::privacy {

// What a number of some shape needs beside it, from least to most.
enum class Needs : uint8_t {
  kNothing,
  kSign,    // a dash, a slash, a dot or parentheses between the groups rather than spaces; else a word
  kScript,  // letters of a script other than Latin close by, or a word
  kWord,    // "tel", "mobil" ...
  kNever,
};

struct PhoneShape {
  std::string_view country;  // ISO 3166-1, or "ZZ" where several share it
  Needs needs;
};

// The shape of `digits` written in groups of `sizes` digits ("4322"; one group has one size), the one that needs least
// if there are several. `sizes` are single characters, '0' + size.
std::optional<PhoneShape> phone_shape(std::string_view digits, std::string_view sizes);

// "(NPA) NXX-XXXX" of the North American plan: no part begins with 0 or 1 or is a service code (N11). Ten digits.
bool nanp_valid(std::string_view digits);

}  // namespace gleaner::privacy
