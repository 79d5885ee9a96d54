// What was acknowledged while the store was away, on local disk: an append-only log in segment files, drained from the
// front (docs/spool-format.md). Bounded in bytes; one process per folder.
//
// An append is durable when it returns, or has left nothing behind. Draining is at least once: after a crash, what was
// drained last may be offered again, and the store recognises it by id and content. A group that a crash cut short at
// the end of the newest segment was never acknowledged and is cut off on opening. Damage anywhere else is reported, the
// segment is kept under a name ending in ".damaged", and what can be read of it still drains.
//
// Thread contract: append by one thread at a time, front and advance by one other, the rest from any.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "intake/spool_file.h"
#include "intake/spool_format.h"
#include "store/store.h"

namespace gleaner::intake {

struct SpoolOptions {
  std::string folder;  // made, with those above it, if it is not there
  uint64_t max_bytes = uint64_t{1} << 30;
  uint64_t segment_bytes = uint64_t{8} << 20;
  // Told of what cannot be read, by open() and on the thread that drains.
  std::function<void(const Error&)> on_damage;
};

struct SpoolStats {
  uint64_t bytes = 0;    // of all segments; what is drained of one counts until it is removed
  uint64_t records = 0;  // not drained; too high while a damaged segment is among them
  uint64_t max_bytes = 0;
  uint64_t damaged = 0;  // entries that could not be read, or stretches of them
};

// Entries from the front, in order. Their texts are good until the next front().
struct SpoolChunk {
  std::vector<SpoolEntry> entries;
  uint64_t bytes = 0;
};

class Spool {
 public:
  // Errors: kConflict when another process has the folder, kInvalidArgument for a segment of a later release,
  // kUnavailable for one that cannot be read or written.
  static Result<std::unique_ptr<Spool>> open(SpoolOptions options);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // One group, durable on return; the rejects come before the writes. Returns its size in bytes. Errors: kUnavailable
  // when the spool is full or the disk refuses, saying what to do.
  Result<uint64_t> append(std::span<const store::Write> writes, std::span<const store::Reject> rejects);

  // Whether everything is drained.
  bool empty() const;
  // Whether an append of ordinary size would go through now. Errors: kUnavailable.
  Status check_room() const;
  SpoolStats stats() const;

  // The next entries, up to about `max_bytes` and at least one; none when the spool is empty. Until advance() is called
  // it begins with the same entry. Errors: kUnavailable, try again.
  Result<SpoolChunk> front(uint64_t max_bytes);
  // Forgets what the last front() returned.
  void advance();

 private:
  struct Segment {
    uint64_t number = 0;
    uint64_t seed = 0;
    uint64_t size = 0;  // what is durable
    uint64_t records = 0;
    bool keep = false;  // damaged, and not yet kept under another name
  };
  struct Append {
    uint64_t number = 0;
    uint64_t offset = 0;
    bool fresh = false;  // the segment is not in segments_ yet
  };

  explicit Spool(SpoolOptions options);
  std::string path(uint64_t number, std::string_view ending = ".spool") const;
  std::unexpected<Error> refused(const Error& error) const;

  // spool_open.cc
  Status load();
  Status load_segment(uint64_t number, bool newest);
  void load_position();

  Result<Append> begin_append(uint64_t size);
  Status create_segment(uint64_t number);
  void end_append(const Append& append, uint64_t size, uint64_t records, bool written);

  bool empty_locked() const;
  std::optional<Segment> current();
  Status load_window(const Segment& segment, uint64_t wanted);
  void read_entries(const Segment& segment, uint64_t max_bytes, SpoolChunk& chunk);
  void note_damage(const Segment& segment, uint32_t lost);
  Status give_up(const Segment& segment, Error error);
  void report(uint64_t lost, Error error);
  void drop_done();

  const SpoolOptions options_;
  const uint64_t seed_;  // of the segments made here
  SpoolFile lock_file_;

  // Of the appending thread.
  SpoolFile active_file_;

  // Of the draining thread.
  SpoolFile position_file_;
  std::string window_;  // a stretch of a segment
  uint64_t window_segment_ = 0;
  uint64_t window_base_ = 0;
  SpoolPosition chunk_end_;
  uint64_t chunk_records_ = 0;
  SpoolPosition noted_;  // damage before this was reported

  mutable std::mutex mutex_;
  std::deque<Segment> segments_;  // guarded by mutex_, like all below
  SpoolPosition position_;        // in segments_.front(); written by the draining thread only
  uint64_t active_ = 0;           // the segment that active_file_ is, while it takes more; 0 for none
  bool appending_ = false;        // so the last segment must stay
  uint64_t next_number_ = 1;
  SpoolStats stats_;
};

}  // namespace gleaner::intake
