// store::FrameToc::decode: a damaged row of a database is an error, never a crash, and what is taken is what was there.
#include "store/sqlite/frame.h"
#include "target.h"

using gleaner::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = gleaner::fuzz::text_of(data, size);
  const auto toc = gleaner::store::FrameToc::decode(bytes);
  if (!toc) {
    require(toc.error().code == gleaner::Code::kDataLoss, "damage is data loss");
    return 0;
  }
  for (const auto& item : toc->items) require(item.row < toc->entries.size(), "items point into the frame");
  std::string encoded;
  toc->encode(encoded);
  require(encoded == bytes, "what was read is written as the same bytes");
  return 0;
}
