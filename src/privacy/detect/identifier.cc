// How a number is recognised. From the first digit the token is taken to both sides: letters glued to it, before that
// up to two short groups of letters ("M XY 999"), behind it up to seven groups joined by single separators. What is
// looked up is its outline, the lengths of its groups and what joins them ("3-2-4"), for the whole token and for each
// shorter one that ends where a group does, the longest first. An outline leads to the few shapes that have it; then
// come the exact shape, the boundaries, the check, and at last the search for words, which is the dearest.

#include "privacy/detect/identifier.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <vector>

#include "privacy/detect/identifier_label.h"
#include "privacy/detect/identifier_nearby.h"
#include "privacy/detect/identifier_rows.h"

namespace gleaner::privacy {
namespace {

constexpr size_t kMostGroups = 7;
constexpr size_t kMostBytes = 40;
constexpr size_t kMostLetters = 12;  // glued before the first digit
constexpr size_t kMostGlued = 20;    // behind it
constexpr size_t kShortText = 24;    // so short that it may be nothing but a number
constexpr size_t kLongestRun = 20;   // digits in a row

constexpr bool is_separator(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '/';
}

constexpr char at_or_nul(std::string_view text, size_t at) {
  return at < text.size() ? text[at] : '\0';
}

// ---- outlines

class Outline {
 public:
  void add(char c) { hash_ = (hash_ ^ static_cast<unsigned char>(is_alnum(c) ? 'X' : c)) * 0x01000193U; }
  uint32_t key(bool letter_first, bool letter_last) const {
    const uint32_t mixed = hash_ ^ (letter_first ? 0x9E3779B9U : 0) ^ (letter_last ? 0x85EBCA6BU : 0);
    return mixed ^ mixed >> 15;
  }

 private:
  uint32_t hash_ = 0x811C9DC5U;
};

struct Entry {
  uint32_t key;
  const IdentifierRow* row;
  std::string_view shape;
};

class Table {
 public:
  static const Table& instance() {
    static const Table table;
    return table;
  }

  std::span<const Entry> find(uint32_t key) const {
    if (!seen_[key % kBits]) return {};
    return std::ranges::equal_range(entries_, key, {}, &Entry::key);
  }

 private:
  static constexpr size_t kBits = 8192;

  Table() {
    for (const auto rows : {american_rows(), west_european_rows(), german_rows(), north_european_rows(),
                            east_european_rows(), asian_rows(), african_rows(), pacific_rows()}) {
      for (const IdentifierRow& row : rows) add(row);
    }
    std::ranges::stable_sort(entries_, {}, &Entry::key);
    for (const Entry& entry : entries_) seen_[entry.key % kBits] = true;
  }

  void add(const IdentifierRow& row) {
    std::string_view rest = row.shapes;
    while (!rest.empty()) {
      const std::string_view shape = rest.substr(0, rest.find('|'));
      rest.remove_prefix(std::min(rest.size(), shape.size() + 1));
      Outline outline;
      for (const char c : shape) outline.add(c);
      for (const bool first : {false, true}) {
        for (const bool last : {false, true}) {
          if (shape.front() != 'X' && first != (shape.front() != '9')) continue;
          if (shape.back() != 'X' && last != (shape.back() != '9')) continue;
          entries_.push_back({outline.key(first, last), &row, shape});
        }
      }
    }
  }

  std::vector<Entry> entries_;
  std::bitset<kBits> seen_;
};

// Letters in a shape other than A and X stand for themselves, in either case ("DE999999999").
bool fits(std::string_view shape, std::string_view token) {
  if (shape.size() != token.size()) return false;
  for (size_t at = 0; at < shape.size(); ++at) {
    const char c = token[at];
    switch (shape[at]) {
      case '9':
        if (!is_digit(c)) return false;
        break;
      case 'A':
        if (!is_letter(c)) return false;
        break;
      case 'X':
        if (!is_alnum(c)) return false;
        break;
      default:
        if (shape[at] != (is_lower(c) ? c - 32 : c)) return false;
    }
  }
  return true;
}

// ---- a token

struct Token {
  size_t begin = 0;
  size_t end = 0;
  std::array<char, kMostBytes> bare{};  // without separators, in upper case
  uint8_t size = 0;
  uint8_t letters = 0;
  bool spaced = false;
  bool joined = false;   // by anything but spaces
  bool lowered = false;  // has letters in lower case that an official number would not have

  std::string_view number() const { return {bare.data(), size}; }
  bool plain() const { return letters == 0 && !spaced && !joined; }
};

Token make_token(std::string_view text, size_t begin, size_t end) {
  Token token{.begin = begin, .end = end};
  size_t lower = 0;
  for (const char c : text.substr(begin, end - begin)) {
    if (!is_alnum(c)) {
      (c == ' ' ? token.spaced : token.joined) = true;
      continue;
    }
    if (is_letter(c)) ++token.letters;
    if (is_lower(c)) ++lower;
    token.bare[token.size++] = is_lower(c) ? static_cast<char>(c - 32) : c;
  }
  // A check character alone is often typed small ("12.345.678-k").
  const bool only_check = token.letters == 1 && is_lower(text[end - 1]) && (token.joined || token.size > 12);
  token.lowered = lower > 0 && !only_check;
  return token;
}

bool free_before(std::string_view text, const Token& token) {
  if (token.begin == 0) return true;
  const char c = text[token.begin - 1];
  const char further = token.begin > 1 ? text[token.begin - 2] : '\0';
  switch (c) {
    case '@':
    case '$':
    case '+':
    case '%':
    case '\\':
      return false;
    case '-':
      return !is_alnum(further) && further != '-';
    case '/':
      return !is_alnum(further) && further != '/';
    case '.':
    case ':':
      return !is_digit(further);
    case ',':
      return !is_digit(further) || token.letters > 0 || token.joined;
    case ' ':
      return !token.spaced || !is_digit(further);
    default: {
      const std::string_view before = text.substr(0, token.begin);
      return !before.ends_with("\u20ac") && !before.ends_with("\u00a3") && !before.ends_with("\u00a5");
    }
  }
}

bool free_behind(std::string_view text, const Token& token) {
  const char c = at_or_nul(text, token.end);
  const char further = at_or_nul(text, token.end + 1);
  switch (c) {
    case '@':
    case '%':
      return false;
    case '-':
      return !is_alnum(further);
    case '.':
      return !is_digit(further) && !is_lower(further);
    case '/':
    case ':':
      return !is_digit(further);
    case ',':
      return !is_digit(further) || token.letters > 0 || token.joined;
    case ' ':
      return !token.spaced || !is_digit(further);
    default:
      return true;
  }
}

// Seconds or milliseconds since 1970 (from 2011 on), or YYYYMMDD with hours, minutes and perhaps seconds.
bool like_a_time(const Token& token) {
  if (!token.plain()) return false;
  const std::string_view digits = token.number();
  if (digits.size() == 10 || digits.size() == 13 || digits.size() == 16) {
    return digits[0] == '1' && digits[1] >= '3';
  }
  if (digits.size() != 12 && digits.size() != 14 && digits.size() != 17) return false;
  const int year = part(digits, 0, 4);
  return year >= 1900 && year < 2100 && is_day(part(digits, 4, 2), part(digits, 6, 2)) && part(digits, 8, 2) < 24 &&
         part(digits, 10, 2) < 60 && (digits.size() < 14 || part(digits, 12, 2) < 60);
}

bool in_url(std::string_view text, size_t begin) {
  const size_t first = begin > 128 ? begin - 128 : 0;
  const std::string_view before = text.substr(first, begin - first);
  const size_t space = before.find_last_of(" \t\r\n\"'<>()");
  const std::string_view word = space == std::string_view::npos ? before : before.substr(space + 1);
  return word.find("://") != std::string_view::npos || word.starts_with("www.");
}

// "&qid=1700471234": what a parameter's name says counts for little.
bool in_query(std::string_view text, size_t begin) {
  if (begin < 3 || text[begin - 1] != '=') return false;
  size_t name = begin - 1;
  while (name > 0 && begin - name < 24 && (is_alnum(text[name - 1]) || text[name - 1] == '_')) --name;
  return name > 0 && (text[name - 1] == '&' || text[name - 1] == '?');
}

// "bede9803198e90fe": what machines call things.
bool like_hex(const Token& token) {
  return token.lowered && token.size >= 12 && token.letters < token.size && !token.spaced && !token.joined &&
         std::ranges::all_of(token.number(), is_hex);
}

bool alone(const Passage& passage, const Token& token) {
  if (like_hex(token)) return false;
  if (passage.text.size() > token.end - token.begin + 16) return false;
  const auto blank = [](char c) { return one_of(c, " \t\r\n\"'`.,;:!?()*<>"); };
  return std::ranges::all_of(passage.text.substr(0, token.begin), blank) &&
         std::ranges::all_of(passage.text.substr(token.end), blank) && says_nothing(passage.key);
}

// How sure a row is of a token: 0 not at all, then by its being alone, by its form, and by the words near it; among
// equals a check counts.
class Judge {
 public:
  static constexpr int kSurest = 7;

  Judge(const Passage& passage, const Token& token)
      : passage_(passage), token_(token), nearby_(passage, token.begin, token.end) {}

  int operator()(const IdentifierRow& row) {
    if (row.check != nullptr && !row.check(token_.number())) return 0;
    const int more = row.check != nullptr ? 1 : 0;
    if (row.needs == Needs::kNothing && !token_.lowered && !doubtful()) return (near(row) ? 6 : 4) + more;
    const bool deniable = token_.plain() || row.needs != Needs::kNothing;
    if (row.check == nullptr && token_.plain() && in_query(passage_.text, token_.begin)) return 0;
    if (near(row)) return deniable && otherwise() ? 0 : 6 + more;
    if (row.needs == Needs::kWords || like_a_time(token_) || !alone(passage_, token_) || otherwise()) return 0;
    return row.kind == Kind::kVehiclePlate && token_.lowered && token_.spaced ? 0 : 2 + more;  // "24 and 36"
  }

 private:
  bool near(const IdentifierRow& row) { return nearby_.has(row.words); }

  bool otherwise() {
    if (otherwise_ == kUnknown) otherwise_ = named_otherwise(passage_, token_.begin) ? kYes : kNo;
    return otherwise_ == kYes;
  }

  bool doubtful() {
    if (doubtful_ == kUnknown) {
      const bool doubt = like_a_time(token_) || in_url(passage_.text, token_.begin) || (token_.plain() && otherwise());
      doubtful_ = doubt ? kYes : kNo;
    }
    return doubtful_ == kYes;
  }

  enum Answer : uint8_t { kUnknown, kYes, kNo };

  const Passage& passage_;
  const Token& token_;
  Nearby nearby_;
  Answer otherwise_ = kUnknown;
  Answer doubtful_ = kUnknown;
};

std::optional<Finding> best_of(std::span<const Entry> entries, const Passage& passage, size_t begin, size_t end) {
  const std::string_view text = passage.text.substr(begin, end - begin);
  entries = entries.subspan(static_cast<size_t>(
      std::ranges::find_if(entries, [&](const Entry& entry) { return fits(entry.shape, text); }) - entries.begin()));
  if (entries.empty()) return std::nullopt;
  const Token token = make_token(passage.text, begin, end);
  if (!free_before(passage.text, token) || !free_behind(passage.text, token)) return std::nullopt;
  Judge judge(passage, token);
  const IdentifierRow* best = nullptr;
  int sure = 0;
  for (const Entry& entry : entries) {
    if (!fits(entry.shape, text)) continue;
    const int now = judge(*entry.row);
    if (now > sure) {
      sure = now;
      best = entry.row;
    }
    if (sure == Judge::kSurest) break;
  }
  if (best == nullptr) return std::nullopt;
  return Finding{begin, end, best->kind, best->detail};
}

// ---- the look-up

std::optional<Finding> match(const Passage& passage, size_t at, size_t begin) {
  struct Cut {
    size_t end;
    Outline outline;
  };
  const std::string_view text = passage.text;
  std::array<Cut, kMostGroups> cuts;
  size_t count = 0;
  Outline outline;
  size_t here = begin;
  for (const size_t limit = std::min(text.size(), begin + kMostBytes); here < limit; ++here) {
    const char c = text[here];
    if (!is_alnum(c)) {
      if (!is_separator(c) || !is_alnum(at_or_nul(text, here + 1)) || count + 1 == kMostGroups) break;
      if (here > at) cuts[count++] = {here, outline};
    }
    outline.add(c);
  }
  if (here == begin) return std::nullopt;
  // The last group counts as well, unless it is cut into.
  const char stop = at_or_nul(text, here);
  if (!is_separator(text[here - 1]) && !is_alnum(stop) && stop != '_') cuts[count++] = {here, outline};
  const Table& table = Table::instance();
  while (count-- > 0) {
    const Cut& cut = cuts[count];
    const auto entries = table.find(cut.outline.key(is_letter(text[begin]), is_letter(text[cut.end - 1])));
    if (entries.empty()) continue;
    if (auto found = best_of(entries, passage, begin, cut.end)) return found;
  }
  return std::nullopt;
}

// Where a short group of letters begins that is joined to `begin` from before ("HRB 1234"), or `begin` if there is
// none.
size_t group_before(std::string_view text, size_t begin, bool any_case) {
  if (begin < 2 || !is_separator(text[begin - 1])) return begin;
  size_t first = begin - 1;
  while (first > 0 && begin - first < 6 && (is_upper(text[first - 1]) || (any_case && is_lower(text[first - 1])))) {
    --first;
  }
  const size_t letters = begin - 1 - first;
  if (letters < 1 || letters > 4 || (first > 0 && (is_alnum(text[first - 1]) || text[first - 1] == '_'))) return begin;
  return first;
}

std::optional<Finding> look(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  size_t begin = at;
  while (begin > 0 && at - begin <= kMostLetters && is_letter(text[begin - 1])) --begin;
  if (begin == 0 || (!is_alnum(text[begin - 1]) && text[begin - 1] != '_')) {
    const bool any_case = text.size() <= kShortText;
    const size_t first = group_before(text, begin, any_case);
    const size_t second = first == begin ? begin : group_before(text, first, any_case);
    if (second != first && second >= passage.from) {
      if (auto found = match(passage, at, second)) return found;
    }
    if (first != begin && first >= passage.from) {
      if (auto found = match(passage, at, first)) return found;
    }
    if (begin >= passage.from) {
      if (auto found = match(passage, at, begin)) return found;
    }
  }
  return find_labelled(passage, at);
}

// One to three capitals and a digit behind them, or three and nothing more: "34 ABC 1234", "1234 ABC".
bool like_a_plate(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && end - at < 4 && is_upper(text[end])) ++end;
  if (end - at == 3 && !is_alnum(at_or_nul(text, end))) return true;
  return end - at >= 1 && end - at <= 3 && is_separator(at_or_nul(text, end)) && is_digit(at_or_nul(text, end + 1));
}

// Whether an earlier number runs into this one, so that it is for that one to be recognised: "a1b2", "10-12", "2.5",
// "12:30".
bool goes_on(std::string_view text, size_t at) {
  const size_t last = at > kMostLetters ? at - kMostLetters : 0;
  size_t begin = at;
  while (begin > last && is_letter(text[begin - 1])) --begin;
  if (begin == 0) return false;
  const char before = text[begin - 1];
  if (begin < at && is_digit(before)) return true;
  return begin > 1 && is_digit(text[begin - 2]) && (before == ':' || (before != ' ' && is_separator(before)));
}

// What comes behind a short number that goes on with digits: not "3.14", "1/2", "2024-11-21", nor fewer than five
// digits.
bool long_enough(std::string_view text, size_t at) {
  size_t digits = 0;
  size_t joints = 0;
  size_t here = at;
  for (; here < text.size() && here - at < 16; ++here) {
    if (is_digit(text[here])) {
      ++digits;
    } else if (is_separator(text[here]) && is_digit(at_or_nul(text, here + 1))) {
      ++joints;
    } else {
      break;
    }
  }
  if (here - at == 10 && joints == 2 && text[at + 4] == '-' && text[at + 7] == '-') return false;
  const char stop = at_or_nul(text, here);
  const char after = at_or_nul(text, here + 1);
  if (is_letter(stop) || (is_separator(stop) && (is_upper(after) || (stop != ' ' && is_lower(after))))) return true;
  if (joints == 1 && text.substr(at, here - at).find('.') != std::string_view::npos) return false;
  return digits >= 5;
}

// The first look, at a few bytes around the number: most are short and stand alone between words.
bool promising(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && is_digit(text[end])) ++end;
  const size_t run = end - at;
  if (run >= 5) return run <= kLongestRun && !goes_on(text, at);
  const char before = at > 0 ? text[at - 1] : ' ';
  const char next = at_or_nul(text, end);
  bool worth = (run == 4 && is_letter(before)) || (is_separator(before) && at > 1 && is_upper(text[at - 2]));
  if (is_separator(next)) {
    const char after = at_or_nul(text, end + 1);
    worth = worth || (is_digit(after) && (is_letter(before) || long_enough(text, at))) ||
            (is_upper(after) && (next == '-' || is_upper(before) || like_a_plate(text, end + 1))) ||
            (is_letter(after) && is_letter(before) && next != ' ');
  } else if (is_letter(next)) {
    size_t glued = end;
    while (glued < text.size() && glued - at <= kMostGlued && is_alnum(text[glued])) ++glued;
    const bool dashed = is_upper(next) && at_or_nul(text, glued) == '-' && is_alnum(at_or_nul(text, glued + 1));
    worth = glued - at <= kMostGlued && (worth || dashed || glued - at >= 6 || is_upper(before));
  }
  if (worth) return !goes_on(text, at);
  return run >= 3 && ends_account(text, at);
}

}  // namespace

std::optional<Finding> find_identifier(const Passage& passage, size_t at) {
  if (!promising(passage.text, at)) return std::nullopt;
  return look(passage, at);
}

}  // namespace gleaner::privacy
