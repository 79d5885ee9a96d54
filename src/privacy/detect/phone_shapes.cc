#include "privacy/detect/phone_shapes.h"

#include <array>

namespace gleaner::privacy {
namespace {

// "x" is any digit, "[13-5]" one of these. The groupings are separated by spaces; one group is told by `bare`.
struct Row {
  std::string_view country;
  std::string_view digits;
  std::string_view groupings;
  Needs grouped;
  Needs bare;
};

constexpr Needs kNothing = Needs::kNothing;
constexpr Needs kSign = Needs::kSign;
constexpr Needs kScript = Needs::kScript;
constexpr Needs kWord = Needs::kWord;
constexpr Needs kNever = Needs::kNever;

// From the national numbering plans: BTK, Arcep, Ofcom, BNetzA, NANPA, Rossvyaz, TRAI, MIC, KCC, MIIT, Anatel, ACMA,
// CST (SA), TDRA (AE), NTRA (EG), ANRT (MA), ARPCE (DZ) and others; groups as E.123 and the operators write them.
constexpr auto kRows = std::to_array<Row>({
    {"TR", "05[0-6]xxxxxxxx", "4322 434 47 13322 137 416 1334", kNothing, kNothing},
    {"TR", "0[2-48]xxxxxxxxx", "4322 13322 137 1334", kNothing, kWord},
    {"TR", "5[0-6]xxxxxxxx", "37 334", kWord, kWord},
    {"TR", "444xxxx", "313 34 322 3112", kWord, kWord},
    {"TR", "905[0-6]xxxxxxxx", "23322 2334 237 5322", kNothing, kWord},
    {"UK", "07[1-9]xxxxxxxx", "56 533 434 5222 353", kNothing, kNothing},
    {"PH", "09xxxxxxxxx", "434 47 1334 137", kNothing, kNothing},
    {"EG", "01[0125]xxxxxxxx", "344 434 38", kNothing, kNothing},
    {"KR", "010xxxxxxxx", "344", kNothing, kNothing},
    {"JP", "0[789]0xxxxxxxx", "344", kNothing, kNothing},
    {"NG", "0[789][01]xxxxxxxx", "434 344 443", kNothing, kNothing},
    {"DE", "01[567]xxxxxxxxx", "48 57 435 4332 4422 453 444 42222", kNothing, kWord},
    {"DE", "01[567]xxxxxxxx", "47 56 434 443 4322 42222 41222 4223", kNothing, kNothing},
    {"DE", "01[567]xxxxxxx", "46 433 4222", kWord, kWord},
    {"PK", "03[0-4]xxxxxxxx", "47 434", kNothing, kWord},
    {"IN", "0[6-9]xxxxxxxxx", "65", kNothing, kWord},
    {"HU", "06[237]0xxxxxxx", "2234 227 2243", kNothing, kWord},
    {"ID", "08xxxxxxxxxx", "444 4431 48", kNothing, kWord},
    {"ID", "08xxxxxxxxx", "434 443 47", kNothing, kWord},
    {"ZZ", "0[1-9]xxxxxxxxx", "344 434 56 533 38 353 1334 4223 515", kNothing, kWord},
    {"ZZ", "0[1-9]xxxxxxxxx", "47 65 83 29", kSign, kWord},
    {"FR", "0[1-9]xxxxxxxx", "22222", kNothing, kWord},
    {"FR", "0[67]xxxxxxxx", "28 433 343 46 4222 2332", kNothing, kWord},
    {"SA", "05[0-9]xxxxxxx", "334 343 37 433 1234 127", kNothing, kScript},
    {"JO", "07[7-9]xxxxxxx", "334 343 37 127", kNothing, kScript},
    {"ZZ", "0[1-9]xxxxxxxx", "334 433 244 3322 4222 37 28 46 424 3223", kNothing, kWord},
    {"ZZ", "0[1-9]xxxxxxxx", "343 2332 262 55 64 73", kSign, kWord},
    {"ZZ", "0[1-9]xxxxxxx", "2322 3222", kNothing, kWord},
    {"ZZ", "0[1-9]xxxxxxx", "234 27 243", kSign, kWord},
    {"ZZ", "0[1-9]xxxxxxx", "333 36 45 54 2223", kWord, kWord},
    {"RU", "8[3489]xxxxxxxxx", "13322 4322 1334 13232 137 434", kNothing, kNever},
    {"RU", "[78]9xxxxxxxxx", "13322", kNothing, kScript},
    {"RU", "7[3489]xxxxxxxxx", "13322 1334", kSign, kWord},
    {"ZZ", "[2-9]xxxxxxxxx", "3322 33112", kNothing, kWord},
    {"CN", "1[3-9]xxxxxxxxx", "344 3224", kNothing, kScript},
    {"IN", "[6-9]xxxxxxxxx", "55", kSign, kWord},
    {"IN", "[6-9]xxxxxxxxx", "334 343 46 433", kWord, kWord},
    {"IN", "91[6-9]xxxxxxxxx", "255 237 2334 2343 246", kSign, kWord},
    {"IN", "91[6-9]xxxxxxxxx", "2:", kSign, kWord},
    {"IT", "3[2-9]xxxxxxxx", "37", kNothing, kWord},
    {"IT", "3[2-9]xxxxxxxx", "334 3223 3322", kSign, kWord},
    {"IT", "0[1-9]xxxxxx", "26 35 44 224 233", kSign, kWord},
    {"ES", "[6789]xxxxxxxx", "3222", kNothing, kWord},
    {"PL", "[1-9]xxxxxxxx", "2322", kNothing, kWord},
    {"ZZ", "[2-9]xxxxxxxx", "333 234 45 54", kWord, kWord},
    {"BR", "[1-9][1-9]9xxxxxxxx", "254 2144", kNothing, kWord},
    {"BR", "55[1-9][1-9]9xxxxxxxx", "2254 22144", kNothing, kWord},
    {"BR", "[1-9][1-9][2-5]xxxxxxx", "244", kSign, kWord},
    {"AU", "1[38]00xxxxxx", "433", kNothing, kWord},
    {"SA", "9665xxxxxxxx", "3234 39 3333 327", kSign, kWord},
    {"AE", "9715xxxxxxxx", "3234 39 327", kSign, kWord},
    {"EG", "201[0125]xxxxxxxx", "2344 23322 2244", kSign, kWord},
    {"UK", "447[1-9]xxxxxxxx", "246 2433", kSign, kWord},
    {"TR", "00905[0-6]xxxxxxxx", "", kNever, kNothing},
    {"DE", "00491[567]xxxxxxxxx", "", kNever, kNothing},
    {"DE", "00491[567]xxxxxxxx", "", kNever, kNothing},
    {"UK", "00447[1-9]xxxxxxxx", "", kNever, kNothing},
    {"FR", "0033[67]xxxxxxxx", "", kNever, kNothing},
    {"SA", "009665xxxxxxxx", "", kNever, kNothing},
    {"AE", "009715xxxxxxxx", "", kNever, kNothing},
    {"MA", "00212[67]xxxxxxxx", "", kNever, kNothing},
    {"EG", "00201[0125]xxxxxxxx", "", kNever, kNothing},
    {"IN", "0091[6-9]xxxxxxxxx", "", kNever, kNothing},
    {"FR", "33[1-9]xxxxxxxx", "212222", kNothing, kWord},
});

// Whether `digit` is one of "13-5".
bool in_set(std::string_view set, char digit) {
  for (size_t i = 0; i < set.size(); ++i) {
    if (i + 2 < set.size() && set[i + 1] == '-') {
      if (digit >= set[i] && digit <= set[i + 2]) return true;
      i += 2;
    } else if (set[i] == digit) {
      return true;
    }
  }
  return false;
}

bool matches(std::string_view pattern, std::string_view digits) {
  size_t i = 0;
  for (const char digit : digits) {
    if (i >= pattern.size()) return false;
    if (pattern[i] == '[') {
      const size_t end = pattern.find(']', i);
      if (!in_set(pattern.substr(i + 1, end - i - 1), digit)) return false;
      i = end + 1;
    } else if (pattern[i] != 'x' && pattern[i] != digit) {
      return false;
    } else {
      ++i;
    }
  }
  return i == pattern.size();
}

bool has_grouping(std::string_view groupings, std::string_view sizes) {
  for (size_t at = groupings.find(sizes); at != std::string_view::npos; at = groupings.find(sizes, at + 1)) {
    const size_t end = at + sizes.size();
    if ((at == 0 || groupings[at - 1] == ' ') && (end == groupings.size() || groupings[end] == ' ')) return true;
  }
  return false;
}

}  // namespace

std::optional<PhoneShape> phone_shape(std::string_view digits, std::string_view sizes) {
  std::optional<PhoneShape> best;
  const bool bare = sizes.size() == 1;
  for (const Row& row : kRows) {
    const Needs needs = bare ? row.bare : row.grouped;
    if (needs == kNever || (best && best->needs <= needs)) continue;
    if ((bare || has_grouping(row.groupings, sizes)) && matches(row.digits, digits))
      best = PhoneShape{row.country, needs};
  }
  return best;
}

bool nanp_valid(std::string_view digits) {
  const auto part = [&](size_t at) { return digits[at] >= '2' && !(digits[at + 1] == '1' && digits[at + 2] == '1'); };
  return digits.size() == 10 && part(0) && part(3);
}

}  // namespace gleaner::privacy
