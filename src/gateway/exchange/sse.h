// Server-sent events as they arrive, by the WHATWG's rules (HTML, section 9.2.6): lines end in LF, CR or CRLF, a byte
// order mark in front and comments are passed over, several data lines are joined by LF. Pieces may be cut anywhere.
//
// Unlike a browser it takes the last event even if the stream ends without an empty line behind it, as the providers'
// own clients do.
//
// Thread contract: a parser belongs to one thread at a time.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

namespace gleaner::gateway::exchange {

// Where the first CR or LF stands, or npos.
inline size_t find_line_end(std::string_view text) {
  if (text.empty()) return std::string_view::npos;
  const void* const lf = std::memchr(text.data(), '\n', text.size());
  const size_t until = lf == nullptr ? text.size() : static_cast<size_t>(static_cast<const char*>(lf) - text.data());
  const void* const cr = until == 0 ? nullptr : std::memchr(text.data(), '\r', until);
  if (cr != nullptr) return static_cast<size_t>(static_cast<const char*>(cr) - text.data());
  return lf == nullptr ? std::string_view::npos : until;
}

class SseParser {
 public:
  // What is larger, a line or an event, is passed over and counted.
  explicit SseParser(size_t max_event_bytes) : max_bytes_(max_event_bytes) {}

  // on_event(type, data) for each event that ends in this piece; type is empty where the stream names none. Both are
  // good during the call; 64 bytes behind `data` are readable.
  template <typename OnEvent>
  void feed(std::string_view piece, OnEvent&& on_event) {
    while (!piece.empty()) {
      if (after_cr_ && piece.front() == '\n') piece.remove_prefix(1);
      after_cr_ = false;
      const size_t end = find_line_end(piece);
      if (end == std::string_view::npos) return hold(piece);
      if (line_.empty() && !line_too_long_) {
        take_line(piece.substr(0, end), on_event);
      } else {
        hold(piece.substr(0, end));
        take_line(line_, on_event);
        line_.clear();
      }
      after_cr_ = piece[end] == '\r';
      piece.remove_prefix(end + 1);
    }
  }

  // The end of the stream.
  template <typename OnEvent>
  void finish(OnEvent&& on_event) {
    if (!line_.empty() || line_too_long_) take_line(line_, on_event);
    line_.clear();
    take_line({}, on_event);
  }

  size_t too_large() const { return too_large_; }

 private:
  static constexpr size_t kReadableBehind = 64;

  // Keeps a part of a line.
  void hold(std::string_view part) {
    if (line_too_long_ || part.empty()) return;
    line_too_long_ = line_.size() + part.size() > max_bytes_;
    if (line_too_long_) {
      line_.clear();
    } else {
      line_ += part;
    }
  }

  template <typename OnEvent>
  void take_line(std::string_view line, OnEvent& on_event) {
    if (first_line_) line = without_mark(line);
    first_line_ = false;
    if (line_too_long_) {
      line_too_long_ = false;
      event_too_large_ = true;
      return;
    }
    if (!line.empty()) return take_field(line);
    if (event_too_large_) {
      ++too_large_;
    } else if (!data_.empty()) {
      data_.pop_back();
      data_.reserve(data_.size() + kReadableBehind);
      on_event(std::string_view(type_), std::string_view(data_));
    }
    data_.clear();
    type_.clear();
    event_too_large_ = false;
  }

  static std::string_view without_mark(std::string_view line) {
    constexpr std::string_view kMark = "\xef\xbb\xbf";
    return line.starts_with(kMark) ? line.substr(kMark.size()) : line;
  }

  void take_field(std::string_view line) {
    const size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "data") {
      event_too_large_ = event_too_large_ || data_.size() + value.size() >= max_bytes_;
      if (!event_too_large_) data_.append(value).push_back('\n');
    } else if (name == "event") {
      type_ = value.substr(0, kMaxType);
    }
  }

  static constexpr size_t kMaxType = 256;
  size_t max_bytes_;
  std::string line_;  // the part of a line that came with earlier pieces
  std::string data_;  // of the event so far, each line with its LF
  std::string type_;
  size_t too_large_ = 0;
  bool after_cr_ = false;
  bool first_line_ = true;
  bool line_too_long_ = false;
  bool event_too_large_ = false;
};

}  // namespace gleaner::gateway::exchange
