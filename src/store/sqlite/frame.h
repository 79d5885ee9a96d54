// A frame: the records of one project that were committed together, at most kMaxFrameBytes of JSON, compressed as one.
// It is a row of a day's `frames` table: a table of contents that answers what indexes and scans ask, and the payload.
// docs/sqlite-format.md has the bytes. Safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/time.h"

namespace gleaner::store {

// Small enough that reading one record out of a frame stays far below a millisecond.
inline constexpr size_t kMaxFrameBytes = size_t{256} << 10;

// One record of a frame. Written as it lies in memory, little-endian.
struct FrameEntry {
  Hash128 key;  // of project and id
  uint64_t content_hash = 0;
  int64_t created_ms = 0;
  uint32_t offset = 0;  // into the decompressed payload
  uint32_t length = 0;
  uint32_t scope = 0;  // the row of `scopes` it is counted in
  uint32_t flags = 0;

  static constexpr uint32_t kSucceeded = 1;
  static constexpr uint32_t kCompressed = 2;
  // The record was erased. The entry stays, empty but for this, so that rows keep their numbers and cursors their
  // place.
  static constexpr uint32_t kErased = 4;
  bool erased() const { return (flags & kErased) != 0; }
};
static_assert(sizeof(FrameEntry) == 48);

// An addressable part of a record's output.
struct ItemEntry {
  Hash128 key;  // of project and item id
  uint64_t row = 0;
};
static_assert(sizeof(ItemEntry) == 24);

// Stored::position of a frame's row.
inline constexpr int kRowBits = 20;
constexpr int64_t position_of(int64_t frame, size_t row) {
  return frame << kRowBits | static_cast<int64_t>(row);
}
constexpr int64_t frame_of(int64_t position) {
  return position >> kRowBits;
}
constexpr size_t row_of(int64_t position) {
  return static_cast<size_t>(position) & ((size_t{1} << kRowBits) - 1);
}

// What one record takes of its frame's place on disk.
constexpr int64_t stored_share(int64_t frame_stored, int64_t length, int64_t frame_raw) {
  return frame_stored * length / (frame_raw > 0 ? frame_raw : 1) + static_cast<int64_t>(sizeof(FrameEntry));
}

struct FrameToc {
  std::vector<FrameEntry> entries;
  std::vector<ItemEntry> items;

  void encode(std::string& out) const;
  // Errors: kDataLoss.
  static Result<FrameToc> decode(std::string_view bytes);
};

}  // namespace gleaner::store
