// Reads a file line by line in bounded memory: plain, gzip or zstd (told by the first bytes), from a path or, for "-",
// from standard input. One thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner {

class LineReader {
 public:
  static Result<std::unique_ptr<LineReader>> open(const std::string& path, size_t max_line_bytes);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  struct Line {
    std::string_view text;  // without its line end; good until the next call
    bool too_long = false;  // `text` is only its beginning; the rest was passed over
    uint64_t offset = 0;    // of its first byte in the file, or in what it decompresses to
  };
  // False at the end of the file. Errors: kDataLoss for damaged compression, kUnavailable for a read error.
  Result<bool> next(Line& line);

  // The rest of the file as one text, kTooLarge over `limit` bytes.
  Result<std::string> rest(size_t limit);

  // Whether the file began with a byte order mark, which belongs to no line.
  bool byte_order_mark() const;
  bool compressed() const;

  // Bytes of the file read so far and in all (0 when unknown), for progress.
  uint64_t bytes_read() const;
  uint64_t bytes_total() const;

 private:
  struct Source;
  LineReader(std::unique_ptr<Source> source, size_t max_line_bytes);
  Result<bool> fill();
  Result<bool> skip_long_line(Line& line);

  std::unique_ptr<Source> source_;
  size_t max_line_bytes_;
  std::string buffer_;
  std::string long_line_;
  size_t start_ = 0;
  uint64_t buffer_offset_ = 0;  // of buffer_[0]
  bool at_end_ = false;
};

}  // namespace gleaner
