#include "response.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include <strings.h>

namespace gleaner::bench {

ResponseReader::State ResponseReader::feed(std::string_view bytes) {
  const size_t copied = std::min(bytes.size(), head_.size() - kept_);
  std::memcpy(head_.data() + kept_, bytes.data(), copied);
  kept_ += copied;
  if (header_size_ > 0) return feed_body(bytes);
  const std::string_view seen(head_.data(), kept_);
  const size_t end = seen.find("\r\n\r\n");
  if (end == std::string_view::npos) return kept_ == head_.size() ? State::kBad : State::kMore;
  header_size_ = end + 4;
  if (!parse_header(seen.substr(0, end + 2))) return State::kBad;
  return feed_body(bytes.substr(header_size_ - (kept_ - copied)));
}

ResponseReader::State ResponseReader::feed_body(std::string_view bytes) {
  if (chunked_) return feed_chunks(bytes);
  if (bytes.size() > body_left_) return State::kBad;
  body_left_ -= bytes.size();
  return body_left_ == 0 ? State::kDone : State::kMore;
}

ResponseReader::State ResponseReader::feed_chunks(std::string_view bytes) {
  while (!bytes.empty()) {
    if (body_left_ > 0) {
      const size_t size = std::min<uint64_t>(bytes.size(), body_left_);
      count_events(bytes.substr(0, size));
      bytes.remove_prefix(size);
      body_left_ -= size;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c != '\n') {
      if (line_size_ < line_text_.size()) line_text_[line_size_++] = c;
      continue;
    }
    const State state = take_line();
    if (state != State::kMore) return bytes.empty() ? state : State::kBad;
  }
  return State::kMore;
}

ResponseReader::State ResponseReader::take_line() {
  const bool empty = line_size_ <= 1;  // the CR
  const std::string_view text(line_text_.data(), std::exchange(line_size_, 0));
  switch (line_) {
    case Line::kChunkEnd:
      line_ = Line::kChunkSize;
      return empty ? State::kMore : State::kBad;
    case Line::kTrailer:
      return empty ? State::kDone : State::kMore;
    case Line::kChunkSize:
      break;
  }
  if (std::from_chars(text.data(), text.data() + text.size(), body_left_, 16).ec != std::errc()) return State::kBad;
  line_ = body_left_ == 0 ? Line::kTrailer : Line::kChunkEnd;
  return State::kMore;
}

void ResponseReader::count_events(std::string_view data) {
  if (last_ == '\n' && data.front() == '\n') ++events_;
  for (size_t at = data.find('\n'); at != std::string_view::npos; at = data.find('\n', at + 1)) {
    if (at + 1 < data.size() && data[at + 1] == '\n') ++events_;
  }
  last_ = data.back();
}

// `header` ends with the line end of its last field.
bool ResponseReader::parse_header(std::string_view header) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!header.starts_with(kVersion) || header.size() < kVersion.size() + 3) return false;
  const char* code = header.data() + kVersion.size();
  if (std::from_chars(code, code + 3, status_).ec != std::errc() || status_ < 200) return false;
  while (!header.empty()) {
    const size_t line_end = header.find("\r\n");
    if (parse_field(header.substr(0, line_end))) return true;
    header.remove_prefix(line_end + 2);
  }
  return false;
}

// Whether the field says where the body ends.
bool ResponseReader::parse_field(std::string_view line) {
  constexpr std::string_view kLength = "content-length:";
  constexpr std::string_view kEncoding = "transfer-encoding:";
  if (line.size() > kEncoding.size() && strncasecmp(line.data(), kEncoding.data(), kEncoding.size()) == 0) {
    chunked_ = line.ends_with("chunked");
    return chunked_;
  }
  if (line.size() <= kLength.size() || strncasecmp(line.data(), kLength.data(), kLength.size()) != 0) return false;
  line.remove_prefix(kLength.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return std::from_chars(line.data(), line.data() + line.size(), body_left_).ec == std::errc();
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
