// The table of identifiers: what they look like, which check they must pass, and how much that proves. Rows are kept by
// region, one file each; to add a number, add a row (and its check, with the source) to the file of its country.
#pragma once

#include <span>
#include <string_view>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// What is needed beyond form and check before a number is taken for what it looks like. The measure is the share of
// arbitrary numbers of that form that would pass.
enum class Needs {
  kNothing,  // about one in a hundred or fewer pass: found wherever it stands
  kAlone,    // about one in ten: with a telling word near, or if the whole text is nothing but the number
  kWords,    // anything passes, or the form is that of an ordinary number: only with a telling word near
};

// A number without its separators, letters in upper case.
using Check = bool (*)(std::string_view number);

struct IdentifierRow {
  Kind kind;
  std::string_view detail;  // "US_SSN"
  std::string_view shapes;  // one or more with "|" between: 9 is a digit, A a letter, X either, the rest itself
  Check check;              // or null
  Needs needs;
  std::span<const std::string_view> words;
};

std::span<const IdentifierRow> american_rows();
std::span<const IdentifierRow> west_european_rows();
std::span<const IdentifierRow> german_rows();
std::span<const IdentifierRow> north_european_rows();
std::span<const IdentifierRow> east_european_rows();
std::span<const IdentifierRow> asian_rows();
std::span<const IdentifierRow> african_rows();  // with the Middle East
std::span<const IdentifierRow> pacific_rows();

// The number at [at, at + count), which must be digits.
constexpr int part(std::string_view number, size_t at, size_t count) {
  int value = 0;
  for (const char c : number.substr(at, count)) value = value * 10 + (c - '0');
  return value;
}

// Whether such a day can be; February has 29 days where the century is not known.
constexpr bool is_day(int month, int day) {
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month >= 1 && month <= 12 && day >= 1 && day <= kDays[month - 1];
}

constexpr bool is_date(int year, int month, int day) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return is_day(month, day) && (month != 2 || day < 29 || leap);
}

// "YYMMDD" and "DDMMYY".
constexpr bool is_yymmdd(std::string_view digits) {
  return is_day(part(digits, 2, 2), part(digits, 4, 2));
}
constexpr bool is_ddmmyy(std::string_view digits) {
  return is_day(part(digits, 2, 2), part(digits, 0, 2));
}

constexpr bool one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

// 111111111 and the like pass many checks and belong to nobody.
constexpr bool all_same(std::string_view number) {
  return number.find_first_not_of(number.front()) == std::string_view::npos;
}

}  // namespace gleaner::privacy
