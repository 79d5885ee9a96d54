#include "record/plain_messages.h"

#include <cstring>

namespace gleaner::record {

// Its end is the first quote behind an even number of backslashes.
std::string_view take_string(std::string_view& rest) {
  if (!rest.starts_with('"')) return {};
  size_t at = 1;
  while (true) {
    const void* const quote = std::memchr(rest.data() + at, '"', rest.size() - at);
    if (quote == nullptr) return {};
    const auto end = static_cast<size_t>(static_cast<const char*>(quote) - rest.data());
    size_t start = end;
    while (rest[start - 1] == '\\') --start;
    at = end + 1;
    if ((end - start) % 2 == 0) break;
  }
  const std::string_view string = rest.substr(0, at);
  rest.remove_prefix(at);
  return string;
}

bool PlainMessages::take(std::string_view token) {
  if (!rest_.starts_with(token)) return false;
  rest_.remove_prefix(token.size());
  return true;
}

bool PlainMessages::take_role() {
  const std::string_view written = take_string(rest_);
  if (written.empty()) return false;
  role_ = written.substr(1, written.size() - 2);
  return true;
}

bool PlainMessages::take_content() {
  return !rest_.starts_with("\"\"") && !take_string(rest_).empty();
}

bool PlainMessages::next() {
  if (done_) return false;
  if (!begun_) {
    if (!take("[")) return false;
    begun_ = true;
    if (rest_ == "]") {
      done_ = true;
      return false;
    }
  } else if (rest_ == "]") {
    done_ = true;
    return false;
  } else if (!take(",")) {
    return false;
  }
  const bool fine = take("{\"role\":") ? take_role() && take(",\"content\":") && take_content()
                                       : take("{\"content\":") && take_content() && take(",\"role\":") && take_role();
  return fine && take("}");
}

}  // namespace gleaner::record
