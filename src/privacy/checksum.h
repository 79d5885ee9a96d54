// The check digits that numbers of cards, banks and countries carry. A number passed in is bare: digits (or letters and
// digits where it says so), no spaces or dashes; anything else in it is answered with "not valid", never with undefined
// behaviour. Each function takes the number whole, check digits included. Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace gleaner::privacy {

// ISO/IEC 7812-1 annex B ("mod 10"): cards, IMEI, CA SIN, ZA id, SE personnummer.
bool luhn_valid(std::string_view digits);

// J. Verhoeff, "Error detecting decimal codes", 1969: Aadhaar.
bool verhoeff_valid(std::string_view digits);

// ISO/IEC 7064 MOD 97-10 on letters (A = 10 ... Z = 35, either case) and digits: the remainder, 1 for a valid IBAN once
// its first four characters are moved behind; -1 if there is anything else in it or nothing at all.
int mod97(std::string_view alnum);

// ISO/IEC 7064 MOD 11,10, one check digit: DE Steuer-ID, DE VAT, HR OIB.
bool mod11_10_valid(std::string_view digits);

// ISO/IEC 7064 MOD 11-2, the check character 0-9 or X: CN resident id.
bool mod11_2_valid(std::string_view digits);

// Luhn to the base 36 on letters (A = 10 ... Z = 35) and digits: IN GSTIN.
bool luhn36_valid(std::string_view alnum);

// ICAO Doc 9303 part 3, 4.9: weights 7, 3, 1, letters A = 10 ... Z = 35; the last character is the check digit.
bool icao_valid(std::string_view alnum);

// The sum of digit times weight, for as many digits as there are weights; -1 if there are fewer or one is no digit.
// Letters count as A = 10 ... Z = 35.
int weighted_sum(std::string_view alnum, std::initializer_list<int> weights);

// weighted_sum that is divisible by `modulus`.
bool weighted_valid(std::string_view digits, std::initializer_list<int> weights, int modulus);

// The letter of a Spanish DNI/NIE: the number modulo 23 in "TRWAGMYFPDXBNJZSQVHLCKE" (Orden INT/2058/2008).
char mod23_letter(uint64_t number);

// The value of a digit or letter (either case), -1 for anything else.
constexpr int alnum_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'Z') return c - 'A' + 10;
  if (c >= 'a' && c <= 'z') return c - 'a' + 10;
  return -1;
}

}  // namespace gleaner::privacy
