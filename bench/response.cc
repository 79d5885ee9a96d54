#include "response.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include <strings.h>

namespace gleaner::bench {

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
  const size_t copied = std::min(bytes.size(), head_.size() - kept_);
  std::memcpy(head_.data() + kept_, bytes.data(), copied);
  kept_ += copied;
  if (header_size_ > 0) {
    if (bytes.size() > body_left_) return State::kBad;
    body_left_ -= bytes.size();
    return body_left_ == 0 ? State::kDone : State::kMore;
  }
  const std::string_view seen(head_.data(), kept_);
  const size_t end = seen.find("\r\n\r\n");
  if (end == std::string_view::npos) return kept_ == head_.size() ? State::kBad : State::kMore;
  header_size_ = end + 4;
  if (!parse_header(seen.substr(0, end + 2))) return State::kBad;
  const size_t body = kept_ - header_size_ + (bytes.size() - copied);
  if (body > body_left_) return State::kBad;
  body_left_ -= body;
  return body_left_ == 0 ? State::kDone : State::kMore;
}

// `header` ends with the line end of its last field.
bool ResponseReader::parse_header(std::string_view header) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  constexpr std::string_view kLength = "content-length:";
  if (!header.starts_with(kVersion) || header.size() < kVersion.size() + 3) return false;
  const char* code = header.data() + kVersion.size();
  if (std::from_chars(code, code + 3, status_).ec != std::errc() || status_ < 200) return false;
  while (!header.empty()) {
    const size_t line_end = header.find("\r\n");
    std::string_view line = header.substr(0, line_end);
    header.remove_prefix(line_end + 2);
    if (line.size() <= kLength.size() || strncasecmp(line.data(), kLength.data(), kLength.size()) != 0) continue;
    line.remove_prefix(kLength.size());
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return std::from_chars(line.data(), line.data() + line.size(), body_left_).ec == std::errc();
  }
  return false;
}

uint64_t find_number(std::string_view text, std::string_view name) {
  for (size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const size_t colon = at + name.size() + 1;
    if (at == 0 || text[at - 1] != '"' || !text.substr(colon - 1).starts_with("\":")) continue;
    uint64_t value = 0;
    const char* digits = text.data() + colon + 1;
    if (std::from_chars(digits, text.data() + text.size(), value).ec == std::errc()) return value;
  }
  return 0;
}

}  // namespace gleaner::bench
