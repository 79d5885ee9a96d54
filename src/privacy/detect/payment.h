// What people pay with. Cards: ISO/IEC 7812 (issuer prefix, length, Luhn) with the ranges the schemes publish. IBAN:
// ISO 13616 with the SWIFT IBAN registry, release 101 (length and structure for each country, mod 97). Safe from any
// thread.
//
// A number is looked at whole: one within a longer run of digits or letters, a decimal, a UUID or the path of a URL is
// none. One plain run of digits in ten passes Luhn, so a plain number also needs a scheme that knows its length, and
// the rarer lengths (12, 13, 17 to 19) and wide ranges a word nearby.
#pragma once

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Woken at the first digit of a run, like find_iban.
std::optional<Finding> find_card(const Passage& passage, size_t at);

// In one piece, or with single spaces or dashes; in capitals or all small.
std::optional<Finding> find_iban(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
