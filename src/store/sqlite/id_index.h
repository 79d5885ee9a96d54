// Which frame holds an id: the id index of one day.
//
// Ids come in random order, and a table keyed by something random rewrites one page per id: that, not the payload, is
// what would bound ingestion. So the index is built in runs. The ids of the newest frames are in memory only (each
// frame's own table of contents is their durable copy). When kRunEntries have gathered, they become a run: one row per
// slot (the top 8 bits of the key), appended behind the slot's earlier rows. A lookup asks memory, then reads one short
// range of rows.
//
//     id_slots.slot = slot << 32 | run          entries: (key.high: 8 bytes, frame: 4 bytes) *
//     id_runs: run, last_frame                  frames above the last run's last_frame are in memory
//
// Thread contract: stage, staged, discard and write_run belong to the writer; the others are safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/sqlite/database.h"
#include "store/sqlite/frame.h"
#include "store/sqlite/id_filter.h"

namespace gleaner::store {

class IdIndex {
 public:
  static constexpr size_t kRunEntries = 32768;
  static constexpr uint64_t kSlots = 256;

  static uint64_t slot_of(uint64_t key) { return key >> 56; }

  // Every key a frame answers to.
  void stage(const FrameToc& toc, int64_t frame);
  // Frames among the staged ones.
  void staged(uint64_t key, std::vector<int64_t>& out) const;
  // After the commit: the staged ids can be found.
  void publish();
  void discard() { staged_.clear(); }

  // Frames of published ids that no run covers.
  void recent(uint64_t key, std::vector<int64_t>& out) const;
  size_t recent_count() const;

  // Inside a transaction: writes the published ids as a run. After its commit call forget_recent().
  Status write_run(Database& db, int64_t last_frame);
  void forget_recent();

  // Whether a published id may have this key; no answer before build_filter().
  std::optional<bool> maybe_contains(uint64_t key) const;
  // Reads every id of the day through `db`, once.
  Status build_filter(Database& db);
  // Another process has written a run: memory no longer matches the file.
  void reset();

  // The frames of `key` among the pairs of a slot.
  static void find_in_slot(std::string_view pairs, uint64_t key, std::vector<int64_t>& out);

 private:
  mutable std::shared_mutex mutex_;
  std::array<std::string, kSlots> recent_;  // guarded by mutex_: by slot, as the rows of id_slots will be
  size_t recent_count_ = 0;                 // guarded by mutex_
  std::optional<IdFilter> filter_;          // guarded by mutex_
  std::vector<std::pair<uint64_t, int64_t>> staged_;
};

}  // namespace gleaner::store
