// zstd_decompress and zstd_decompress_exact: never more than the limit, never other than the stated size; and what
// ZstdCompressor writes reads back.
#include "base/compress.h"
#include "target.h"

using gleaner::Code;
using gleaner::fuzz::require;

namespace {

void check_stream(std::string_view input) {
  constexpr size_t kLimit = size_t{64} << 10;
  const auto content = gleaner::zstd_decompress(input, kLimit);
  if (!content) {
    const Code code = content.error().code;
    require(code == Code::kInvalidArgument || code == Code::kTooLarge, "a bad stream is the sender's mistake");
    return;
  }
  const size_t length = content->size();
  require(length <= kLimit, "the limit holds");
  const auto exact = gleaner::zstd_decompress(input, length);
  require(exact && *exact == *content, "as much as the limit is allowed");
  if (length > 0) {
    const auto over = gleaner::zstd_decompress(input, length - 1);
    require(!over && over.error().code == Code::kTooLarge, "one byte more is too large");
  }
  std::string out = "before";
  require(gleaner::zstd_decompress_exact(input, length, out).has_value(), "the exact size is taken");
  require(out == "before" + *content, "and appended");
  std::string ignored;
  require(!gleaner::zstd_decompress_exact(input, length + 1, ignored), "no other size is");
}

void check_round_trip(std::string_view input) {
  gleaner::ZstdCompressor compressor(3);
  std::string frame;
  require(compressor.compress(input, frame).has_value(), "anything can be compressed");
  const auto back = gleaner::zstd_decompress(frame, input.size());
  require(back && *back == input, "and reads back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input = gleaner::fuzz::text_of(data, size);
  check_stream(input);
  check_round_trip(input);
  return 0;
}
