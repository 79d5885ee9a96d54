#include "store/sqlite/frame.h"

#include <bit>
#include <cstring>

namespace gleaner::store {
namespace {

static_assert(std::endian::native == std::endian::little, "the stored form is little-endian");

template <typename T>
void put(std::string& out, const T* values, size_t count) {
  out.append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

template <typename T>
bool take(std::string_view& bytes, std::vector<T>& out, uint32_t count) {
  if (bytes.size() / sizeof(T) < count) return false;
  out.resize(count);
  if (count > 0) std::memcpy(out.data(), bytes.data(), count * sizeof(T));
  bytes.remove_prefix(count * sizeof(T));
  return true;
}

}  // namespace

void FrameToc::encode(std::string& out) const {
  const uint32_t counts[2] = {static_cast<uint32_t>(entries.size()), static_cast<uint32_t>(items.size())};
  out.clear();
  put(out, counts, 2);
  put(out, entries.data(), entries.size());
  put(out, items.data(), items.size());
}

Result<FrameToc> FrameToc::decode(std::string_view bytes) {
  FrameToc toc;
  std::vector<uint32_t> counts;
  if (!take(bytes, counts, 2) || !take(bytes, toc.entries, counts[0]) || !take(bytes, toc.items, counts[1]) ||
      !bytes.empty()) {
    return fail(Code::kDataLoss, "a frame's table of contents has the wrong size");
  }
  for (const ItemEntry& item : toc.items) {
    if (item.row >= toc.entries.size()) return fail(Code::kDataLoss, "a frame's item points outside the frame");
  }
  return toc;
}

}  // namespace gleaner::store
