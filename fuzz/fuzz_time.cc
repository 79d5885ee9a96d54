// parse_time and parse_day on any text, and their round trip; format_time on any instant they can give.
#include <cstring>

#include "base/time.h"
#include "target.h"

using gleaner::Time;
using gleaner::fuzz::require;

namespace {

constexpr int64_t kYear10000Ms = 253402300800000;

void check_instant(Time t) {
  const std::string text = gleaner::format_time(t);
  require(text.size() == 24 && text[10] == 'T' && text.ends_with('Z'), "times are written in one form");
  const auto back = gleaner::parse_time(text);
  require(back && *back == t, "a written time reads back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = gleaner::fuzz::text_of(data, size);
  if (const auto t = gleaner::parse_time(text)) {
    require(gleaner::to_ms(*t) >= 0 && gleaner::to_ms(*t) < kYear10000Ms, "years are 1970 to 9999");
    check_instant(*t);
  }
  if (const auto day = gleaner::parse_day(text)) {
    require(gleaner::format_day(*day) == text, "a day is written as it was read");
    require(gleaner::parse_time(text).value() == Time(*day), "a day is its midnight");
  }
  if (uint64_t ms = 0; size >= sizeof(ms)) {
    std::memcpy(&ms, data, sizeof(ms));
    check_instant(gleaner::from_ms(static_cast<int64_t>(ms % kYear10000Ms)));
  }
  return 0;
}
