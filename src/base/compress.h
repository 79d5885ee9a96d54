// Compression, with every decompression bounded: a small input cannot ask for more memory than the caller allows.
// Thread contract: a Compressor belongs to one thread; functions are safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner {

// zstd with a kept context: making one per call costs more than compressing a small record.
class ZstdCompressor {
 public:
  explicit ZstdCompressor(int level);
  ~ZstdCompressor();
  ZstdCompressor(const ZstdCompressor&) = delete;
  ZstdCompressor& operator=(const ZstdCompressor&) = delete;
  // Replaces `out` by one zstd frame that states its content size.
  Status compress(std::string_view input, std::string& out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
  int level_;
};

// One zstd frame whose content is known to be `size` bytes, appended to `out`. kDataLoss if it is not.
Status zstd_decompress_exact(std::string_view input, size_t size, std::string& out);

// A whole gzip or zstd stream (any number of members or frames), at most `limit` bytes of content.
// Errors: kInvalidArgument when the stream is damaged or cut off, kTooLarge over the limit.
Result<std::string> gzip_decompress(std::string_view input, size_t limit);
Result<std::string> zstd_decompress(std::string_view input, size_t limit);

}  // namespace gleaner
