#include "privacy/detect/phone_digits.h"

#include <algorithm>

#include "privacy/detect/edge.h"

namespace gleaner::privacy {
namespace {

struct Gap {
  size_t end = 0;
  char sign = 0;
  bool wide = false;
  bool opens = false;
  bool closes = false;
};

// The width of a space or dash at `at` that is not ASCII: U+00A0, U+2010, U+2011, U+2013, U+202F.
size_t odd_separator(std::string_view text, size_t at, char& sign) {
  const std::string_view three = text.substr(at, 3);
  sign = ' ';
  if (three.starts_with("\xc2\xa0")) return 2;
  if (three == "\xe2\x80\xaf") return 3;
  sign = '-';
  return three == "\xe2\x80\x90" || three == "\xe2\x80\x91" || three == "\xe2\x80\x93" ? 3 : 0;
}

// What stands between two groups, at most one sign and one pair of spaces; nothing if there is more.
std::optional<Gap> read_gap(std::string_view text, size_t at, bool open) {
  Gap gap;
  size_t spaces = 0;
  for (size_t i = 0; i < 5 && at < text.size(); ++i) {
    const char c = text[at];
    char sign = c;
    size_t width = 1;
    if (is_digit(c)) {
      gap.end = at;
      gap.wide = spaces > 1 || (spaces == 1 && gap.sign != 0 && !gap.opens && !gap.closes);
      if (gap.sign == 0) gap.sign = ' ';
      return gap;
    }
    if (static_cast<unsigned char>(c) >= 0x80) width = odd_separator(text, at, sign);
    if (c == ')' && open && !gap.closes) {
      gap.closes = true;
    } else if (c == '(' && (!open || gap.closes) && !gap.opens) {
      gap.opens = true;
    } else if (width > 0 && sign == ' ') {
      if (++spaces > 2) return std::nullopt;
    } else if (width > 0 && (sign == '-' || sign == '.' || sign == '/') && gap.sign == 0) {
      gap.sign = sign;
    } else {
      return std::nullopt;
    }
    at += width;
  }
  return std::nullopt;
}

// Reads the digits of one group; false, and nothing read, if there are more than a phone number has.
bool read_group(std::string_view text, size_t at, char gap, bool wide, PhoneDigits& out) {
  size_t end = at;
  while (end < text.size() && is_digit(text[end])) {
    if (out.digit_count + (end - at) >= kMostPhoneDigits) return false;
    out.digits[out.digit_count + (end - at)] = text[end];
    ++end;
  }
  out.groups[out.count++] = {at, end, out.digit_count, gap, wide};
  out.digit_count += end - at;
  return true;
}

// Takes "+", "(", "+(" or "(+" before the first digit into the candidate; whether a parenthesis was opened.
bool read_start(const Passage& passage, PhoneDigits& out) {
  const auto take = [&](char sign) {
    if (out.begin <= passage.from || passage.text[out.begin - 1] != sign) return false;
    --out.begin;
    return true;
  };
  const bool open = take('(');
  out.plus = take('+');
  return open || (out.plus && take('('));
}

unsigned value_of(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

}  // namespace

std::optional<PhoneDigits> read_phone_digits(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  PhoneDigits out;
  out.begin = at;
  bool open = read_start(passage, out);
  bool in_first = open;
  bool around = false;
  if (!read_group(text, at, 0, false, out)) return std::nullopt;
  while (out.count < kMostPhoneGroups) {
    const size_t end = out.groups[out.count - 1].end;
    auto gap = read_gap(text, end, open);
    if (!gap && in_first) {
      gap = read_gap(text, end, false);
      open = in_first = false;
      around = true;
    }
    if (!gap) break;
    if (gap->opens && text.substr(gap->end, 8).find(')') == std::string_view::npos) break;
    // "+49 (0) 30": the trunk prefix is not dialled from abroad.
    const bool trunk = out.plus && gap->opens && text.substr(gap->end, 2) == "0)";
    const auto next = trunk ? read_gap(text, gap->end + 1, true) : gap;
    if (!next || !read_group(text, next->end, trunk ? ' ' : gap->sign, gap->wide && !trunk, out)) break;
    out.parentheses = out.parentheses || gap->opens || gap->closes;
    if (gap->closes) in_first = false;
    open = (open && !gap->closes) || (gap->opens && !trunk);
  }
  // "(415-555-0132)", "(+1 (415) 555-0132)": the parentheses are around it, not in it.
  if ((in_first || around) && text[out.begin] == '(') ++out.begin;
  return out;
}

unsigned PhoneDigits::value(size_t group) const {
  return value_of(view().substr(groups[group].first, size(group)));
}

PhoneDigits PhoneDigits::first(size_t groups_wanted) const {
  PhoneDigits out = *this;
  out.count = groups_wanted;
  if (groups_wanted < count) out.digit_count = groups[groups_wanted].first;
  out.end = groups[groups_wanted - 1].end;
  return out;
}

bool PhoneDigits::is_date() const {
  const auto year = [](unsigned value) { return value >= 1900 && value < 2100; };
  const auto day = [](unsigned value) { return value >= 1 && value <= 31; };
  if (count == 1) {
    if (digit_count != 8) return false;
    const unsigned value = value_of(view());
    return year(value / 10000) && day(value / 100 % 100) && day(value % 100);
  }
  if (count < 3 || size(0) > 4 || size(1) > 2) return false;
  const unsigned first = value(0);
  const unsigned second = value(1);
  if (size(0) == 4 && year(first)) return day(second);
  return size(0) <= 2 && size(2) == 4 && day(first) && day(second) && year(value(2));
}

bool PhoneDigits::is_thousands() const {
  if (count < 2 || size(0) > 3 || plus || parentheses) return false;
  for (size_t i = 1; i < count; ++i) {
    if (size(i) != 3 || groups[i].gap == '-' || groups[i].gap == '/') return false;
  }
  return true;
}

bool PhoneDigits::is_series() const {
  if (count < 5) return false;
  bool ascending = true;
  bool small = true;
  for (size_t i = 0; i < count; ++i) {
    if (size(i) != size(0)) return false;
    small = small && value(i) < 50;
    ascending = ascending && (i == 0 || value(i) > value(i - 1));
  }
  const bool mobile = value(0) == 6 || value(0) == 7;
  return small && (ascending || !mobile);
}

bool PhoneDigits::has_sign() const {
  if (parentheses) return true;
  for (size_t i = 1; i < count; ++i) {
    if (groups[i].gap != ' ') return true;
  }
  return false;
}

bool PhoneDigits::odd_gaps() const {
  const bool marked = plus || parentheses;
  size_t dots = 0;
  for (size_t i = 1; i < count; ++i) {
    const PhoneGroup& group = groups[i];
    if ((i > 1 && group.gap == '/') || (group.wide && !marked && group.gap != '/')) return true;
    if (group.gap == '.') ++dots;
  }
  return !marked && dots > 0 && dots + 1 < count;
}

}  // namespace gleaner::privacy
