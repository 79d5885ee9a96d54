// Reads one HTTP/1.1 response as it arrives, as little of it as a load generator needs: the status, the length, the
// first bytes of the body, and how many server-sent events a stream had. Only responses with Content-Length or in
// chunks; no interim (1xx) responses.
//
// Thread contract: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gleaner::bench {

class ResponseReader {
 public:
  enum class State { kMore, kDone, kBad };

  // Ready for the next response.
  void reset() {
    kept_ = header_size_ = line_size_ = 0;
    body_left_ = events_ = 0;
    status_ = 0;
    chunked_ = false;
    line_ = Line::kChunkSize;
    last_ = 0;
  }

  // Takes the next bytes. kBad: not a response this can read, or bytes after its end. After kDone or kBad: reset().
  State feed(std::string_view bytes);

  bool started() const { return kept_ > 0; }
  int status() const { return status_; }
  // Of a response in chunks: empty lines, each of which ends an event.
  uint64_t events() const { return events_; }
  // As much of the body as fits behind the header in the buffer; at least the first few hundred bytes.
  std::string_view body_start() const { return {head_.data() + header_size_, kept_ - header_size_}; }

 private:
  // What the next line is, where a response in chunks has one.
  enum class Line : uint8_t { kChunkSize, kChunkEnd, kTrailer };

  bool parse_header(std::string_view header);
  bool parse_field(std::string_view line);
  State feed_body(std::string_view bytes);
  State feed_chunks(std::string_view bytes);
  State take_line();
  void count_events(std::string_view data);

  static constexpr size_t kKept = 8192;
  static constexpr size_t kLongestSize = 16;  // hexadecimal digits
  std::array<char, kKept> head_;
  std::array<char, kLongestSize> line_text_;  // the beginning of a line
  size_t kept_ = 0;
  size_t header_size_ = 0;  // 0: the header is not complete yet
  size_t line_size_ = 0;
  uint64_t body_left_ = 0;  // of the body, or of a chunk
  uint64_t events_ = 0;
  int status_ = 0;
  bool chunked_ = false;
  Line line_ = Line::kChunkSize;
  char last_ = 0;  // of the body
};

// The number behind `"name":` in `text`, or 0.
uint64_t find_number(std::string_view text, std::string_view name);

}  // namespace gleaner::bench
