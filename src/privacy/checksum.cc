#include "privacy/checksum.h"

#include <algorithm>

namespace gleaner::privacy {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The dihedral group D5, and the permutation of each place.
constexpr uint8_t kTimes[10][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
    {3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
    {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
};
constexpr uint8_t kPlace[8][10] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4}, {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
    {8, 9, 1, 6, 0, 4, 3, 5, 2, 7}, {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
};

}  // namespace

bool luhn_valid(std::string_view digits) {
  if (digits.size() < 2) return false;
  int sum = 0;
  bool twice = false;
  for (size_t at = digits.size(); at-- > 0; twice = !twice) {
    int digit = digits[at] - '0';
    if (digit < 0 || digit > 9) return false;
    if (twice) digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
    sum += digit;
  }
  return sum % 10 == 0;
}

bool verhoeff_valid(std::string_view digits) {
  if (digits.size() < 2 || !all_digits(digits)) return false;
  uint8_t state = 0;
  for (size_t place = 0; place < digits.size(); ++place) {
    const int digit = digits[digits.size() - 1 - place] - '0';
    state = kTimes[state][kPlace[place % 8][digit]];
  }
  return state == 0;
}

int mod97(std::string_view alnum) {
  if (alnum.empty()) return -1;
  int rest = 0;
  for (const char c : alnum) {
    const int value = alnum_value(c);
    if (value < 0) return -1;
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

bool mod11_10_valid(std::string_view digits) {
  if (digits.size() < 2 || !all_digits(digits)) return false;
  int product = 10;
  for (const char c : digits.substr(0, digits.size() - 1)) {
    const int sum = (c - '0' + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (product + digits.back() - '0') % 10 == 1;
}

bool mod11_2_valid(std::string_view digits) {
  if (digits.size() < 2 || !all_digits(digits.substr(0, digits.size() - 1))) return false;
  int product = 0;
  for (const char c : digits.substr(0, digits.size() - 1)) product = (product + c - '0') * 2 % 11;
  const char last = digits.back();
  const int check = last == 'X' || last == 'x' ? 10 : last - '0';
  return check >= 0 && check <= 10 && (product + check) % 11 == 1;
}

bool luhn36_valid(std::string_view alnum) {
  if (alnum.size() < 2) return false;
  int sum = 0;
  int factor = alnum.size() % 2 == 0 ? 2 : 1;
  for (const char c : alnum) {
    const int value = alnum_value(c);
    if (value < 0) return false;
    const int product = value * factor;
    sum += product / 36 + product % 36;
    factor = 3 - factor;
  }
  return sum % 36 == 0;
}

bool icao_valid(std::string_view alnum) {
  if (alnum.size() < 2 || !all_digits(alnum.substr(alnum.size() - 1))) return false;
  constexpr int kWeights[] = {7, 3, 1};
  int sum = 0;
  for (size_t at = 0; at + 1 < alnum.size(); ++at) {
    const int value = alnum_value(alnum[at]);
    if (value < 0) return false;
    sum += value * kWeights[at % 3];
  }
  return sum % 10 == alnum.back() - '0';
}

int weighted_sum(std::string_view alnum, std::initializer_list<int> weights) {
  if (alnum.size() < weights.size()) return -1;
  int sum = 0;
  const char* at = alnum.data();
  for (const int weight : weights) {
    const int value = alnum_value(*at++);
    if (value < 0) return -1;
    sum += value * weight;
  }
  return sum;
}

bool weighted_valid(std::string_view digits, std::initializer_list<int> weights, int modulus) {
  const int sum = weighted_sum(digits, weights);
  return sum >= 0 && sum % modulus == 0;
}

char mod23_letter(uint64_t number) {
  return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
}

}  // namespace gleaner::privacy
