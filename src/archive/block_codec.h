// The compression of an archived part's blocks: gzip members made by libdeflate, or zstd frames that state their
// content size and carry a checksum. Members, and frames, one behind the other are a valid file of their kind, so that
// gzip -d and zstd -d read a part. In Parquet a block is a row group (parquet/row_group.h).
//
// Every decompression is bounded by what the caller says the size is. Thread contract: each object belongs to one
// thread; functions are safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::archive {

enum class Codec { kGzip, kZstd, kParquet };

// "gzip", "zstd", "parquet"
std::string_view codec_name(Codec codec);

int default_level(Codec codec);           // gzip 9, zstd 3
int max_level(Codec codec);               // gzip 12, zstd 19; the lowest is 1
size_t default_block_bytes(Codec codec);  // of lines: 1 MiB, of Parquet 4 MiB

// No block, so no line either, is larger uncompressed.
inline constexpr size_t kMaxBlockBytes = size_t{256} << 20;
// No block takes more in an object, with the columns of a row group and the metadata behind the last one.
inline constexpr size_t kMaxPackedBytes = 2 * kMaxBlockBytes;

// Of gzip and zstd.
class BlockCompressor {
 public:
  BlockCompressor(Codec codec, int level);
  ~BlockCompressor();
  BlockCompressor(const BlockCompressor&) = delete;
  BlockCompressor& operator=(const BlockCompressor&) = delete;

  // Replaces `out` by one member or frame. Errors: kInternal.
  Status compress(std::string_view block, std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class BlockDecompressor {
 public:
  explicit BlockDecompressor(Codec codec);
  ~BlockDecompressor();
  BlockDecompressor(const BlockDecompressor&) = delete;
  BlockDecompressor& operator=(const BlockDecompressor&) = delete;

  // Writes the `size` bytes that one member, frame or row group must hold to `out`. Errors: kDataLoss when `packed` is
  // damaged, is more or less than one member, or holds more or less than `size` bytes.
  Status decompress(std::string_view packed, char* out, size_t size);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Finds where blocks of gzip and zstd end in a part whose index is lost: fed with the bytes of the object as they come.
class BlockScanner {
 public:
  explicit BlockScanner(Codec codec);
  ~BlockScanner();
  BlockScanner(const BlockScanner&) = delete;
  BlockScanner& operator=(const BlockScanner&) = delete;

  // Takes bytes off the front of `bytes` and appends what they hold to `out`, which grows in steps. True at the end of
  // a member or frame, false when more bytes are needed. Errors: kDataLoss, also when `out` would exceed `limit`.
  Result<bool> feed(std::string_view& bytes, std::string& out, size_t limit);
  // Whether a member or frame has begun and not ended.
  bool inside() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gleaner::archive
