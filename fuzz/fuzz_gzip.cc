// gzip_decompress: never more than the limit, whatever the stream promises.
#include "base/compress.h"
#include "target.h"

using gleaner::Code;
using gleaner::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLimit = size_t{64} << 10;
  const std::string_view input = gleaner::fuzz::text_of(data, size);
  const auto content = gleaner::gzip_decompress(input, kLimit);
  if (!content) {
    const Code code = content.error().code;
    require(code == Code::kInvalidArgument || code == Code::kTooLarge, "a bad stream is the sender's mistake");
    return 0;
  }
  const size_t length = content->size();
  require(length <= kLimit, "the limit holds");
  const auto exact = gleaner::gzip_decompress(input, length);
  require(exact && *exact == *content, "as much as the limit is allowed");
  if (length > 0) {
    const auto over = gleaner::gzip_decompress(input, length - 1);
    require(!over && over.error().code == Code::kTooLarge, "one byte more is too large");
  }
  return 0;
}
