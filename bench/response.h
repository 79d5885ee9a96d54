// Reads one HTTP/1.1 response as it arrives, as little of it as a load generator needs: the status, the length, and the
// first bytes of the body. Only responses with Content-Length; no interim (1xx) responses.
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
    kept_ = header_size_ = 0;
    body_left_ = 0;
    status_ = 0;
  }

  // Takes the next bytes. kBad: not a response this can read, or bytes after its end. After kDone or kBad: reset().
  State feed(std::string_view bytes);

  bool started() const { return kept_ > 0; }
  int status() const { return status_; }
  // As much of the body as fits behind the header in the buffer; at least the first few hundred bytes.
  std::string_view body_start() const { return {head_.data() + header_size_, kept_ - header_size_}; }

 private:
  bool parse_header(std::string_view header);

  static constexpr size_t kKept = 2048;
  std::array<char, kKept> head_;
  size_t kept_ = 0;
  size_t header_size_ = 0;  // 0: the header is not complete yet
  uint64_t body_left_ = 0;
  int status_ = 0;
};

// The number behind `"name":` in `text`, or 0.
uint64_t find_number(std::string_view text, std::string_view name);

}  // namespace gleaner::bench
