#include "base/time.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner {
namespace {

using std::chrono::year_month_day;

// Reads exactly `digits` digits at `pos`, or returns -1.
int read_digits(std::string_view text, size_t pos, size_t digits) {
  if (pos + digits > text.size()) return -1;
  int value = 0;
  for (size_t i = pos; i < pos + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

constexpr Time kYear10000 = std::chrono::sys_days(std::chrono::January / 1 / 10000);

std::unexpected<Error> bad_time(std::string_view text) {
  return fail(Code::kInvalidArgument,
              fmt::format("expected an RFC 3339 time such as 2026-11-21T08:40:00Z, got \"{}\"", excerpt(text)));
}

// The offset from UTC in minutes of the zone that starts at `pos`, which must end the text.
Result<int> parse_zone(std::string_view text, size_t pos) {
  if (pos == text.size()) return 0;
  if ((text[pos] == 'Z' || text[pos] == 'z') && pos + 1 == text.size()) return 0;
  if (text[pos] != '+' && text[pos] != '-') return bad_time(text);
  const int hours = read_digits(text, pos + 1, 2);
  const size_t minutes_at = pos + 3 < text.size() && text[pos + 3] == ':' ? pos + 4 : pos + 3;
  const int minutes = minutes_at == text.size() ? 0 : read_digits(text, minutes_at, 2);
  const size_t end = minutes_at == text.size() ? minutes_at : minutes_at + 2;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || end != text.size()) return bad_time(text);
  const int offset = hours * 60 + minutes;
  return text[pos] == '-' ? -offset : offset;
}

}  // namespace

void append_time(std::string& out, Time t) {
  const Day day = day_of(t);
  const year_month_day date(day);
  auto rest = (t - Time(day)).count();
  const int year = static_cast<int>(date.year());
  const unsigned month = static_cast<unsigned>(date.month());
  const unsigned dom = static_cast<unsigned>(date.day());
  std::array<char, 24> text{};
  const auto put = [&text](size_t pos, size_t digits, int64_t value) {
    for (size_t i = digits; i-- > 0; value /= 10) text[pos + i] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, year);
  put(5, 2, month);
  put(8, 2, dom);
  put(20, 3, rest % 1000);
  rest /= 1000;
  put(11, 2, rest / 3600);
  put(14, 2, rest / 60 % 60);
  put(17, 2, rest % 60);
  text[4] = text[7] = '-';
  text[10] = 'T';
  text[13] = text[16] = ':';
  text[19] = '.';
  text[23] = 'Z';
  out.append(text.data(), text.size());
}

std::string format_time(Time t) {
  std::string out;
  append_time(out, t);
  return out;
}

Result<Day> parse_day(std::string_view text) {
  const int year = read_digits(text, 0, 4);
  const int month = read_digits(text, 5, 2);
  const int dom = read_digits(text, 8, 2);
  if (text.size() != 10 || text[4] != '-' || text[7] != '-' || year < 1970 || month < 0 || dom < 0) {
    return fail(Code::kInvalidArgument, fmt::format("expected a date such as 2026-11-21, got \"{}\"", excerpt(text)));
  }
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(dom))};
  if (!date.ok()) return fail(Code::kInvalidArgument, fmt::format("no such date: \"{}\"", text));
  return Day(date);
}

std::string format_day(Day day) {
  return format_time(Time(day)).substr(0, 10);
}

Result<Time> parse_time(std::string_view text) {
  if (text.size() < 10) return bad_time(text);
  // Only what is shaped like a date is quoted without the rest.
  if (text[4] != '-' || text[7] != '-' || read_digits(text, 0, 4) < 0) return bad_time(text);
  TRY_ASSIGN(const Day day, parse_day(text.substr(0, 10)));
  if (text.size() == 10) return Time(day);
  const int hours = read_digits(text, 11, 2);
  const int minutes = read_digits(text, 14, 2);
  if ((text[10] != 'T' && text[10] != 't' && text[10] != ' ') || hours < 0 || hours > 23 || minutes < 0 ||
      minutes > 59 || text[13] != ':') {
    return bad_time(text);
  }
  size_t pos = 16;
  int seconds = 0;
  int millis = 0;
  if (pos < text.size() && text[pos] == ':') {
    seconds = read_digits(text, pos + 1, 2);
    if (seconds < 0 || seconds > 60) return bad_time(text);
    pos += 3;
    if (pos < text.size() && (text[pos] == '.' || text[pos] == ',')) {
      int scale = 100;
      const size_t first = ++pos;
      for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, scale /= 10) {
        millis += (text[pos] - '0') * scale;
      }
      if (pos == first) return bad_time(text);
    }
  }
  TRY_ASSIGN(const int offset, parse_zone(text, pos));
  const Time t = Time(day) + std::chrono::hours(hours) + std::chrono::minutes(minutes - offset) +
                 std::chrono::seconds(seconds) + std::chrono::milliseconds(millis);
  // The offset may have carried it out of the years that can be written.
  if (t < Time{} || t >= kYear10000) return bad_time(text);
  return t;
}

}  // namespace gleaner
