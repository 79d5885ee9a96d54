// Points in time as milliseconds since the Unix epoch, UTC, and their RFC 3339 text form; UTC days as the unit of
// partitioning. Pure functions, safe from any thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Day = std::chrono::sys_days;

inline Day day_of(Time t) {
  return std::chrono::floor<std::chrono::days>(t);
}
inline int64_t to_ms(Time t) {
  return t.time_since_epoch().count();
}
inline Time from_ms(int64_t ms) {
  return Time(std::chrono::milliseconds(ms));
}

// "2026-11-21T08:40:00.000Z"
std::string format_time(Time t);
void append_time(std::string& out, Time t);

// RFC 3339, or the same without a zone (taken as UTC), or with a space for the T; fractions are cut to milliseconds.
// A date alone is its midnight. Years 1970 to 9999.
Result<Time> parse_time(std::string_view text);

// "2026-11-21"
std::string format_day(Day day);
Result<Day> parse_day(std::string_view text);

// Where time comes from; injected so that tests can set it. now() is safe from any thread.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }
};

}  // namespace gleaner
