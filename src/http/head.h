// The lines of a message's head, appended to it.
#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace gleaner::http {

inline void append_header(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

inline void append_header(std::string& head, std::string_view name, size_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  append_header(head, name, std::string_view(digits.data(), end.ptr));
}

inline void append_status(std::string& head, int status, std::string_view reason) {
  head.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason).append("\r\n");
}

}  // namespace gleaner::http
