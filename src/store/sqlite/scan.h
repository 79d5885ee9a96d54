// A walk over the days of a SqliteStore, one frame at a time. It holds no read transaction between two frames, so it
// never keeps a write-ahead log from being cut. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "record/codec.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store.h"

namespace gleaner::store {

class SqliteScan final : public Scan {
 public:
  static Result<std::unique_ptr<SqliteScan>> open(SqliteStore& store, ScanOptions options);

  Result<bool> next(Stored& out) override;
  std::string cursor() const override;
  uint64_t bytes_seen() const override { return bytes_seen_; }

 private:
  SqliteScan(SqliteStore& store, ScanOptions options) : store_(store), options_(std::move(options)) {}
  Status seek();
  Result<bool> load_frame();
  Result<bool> open_day();
  Status load_signals();
  bool may_match(const FrameEntry& entry) const;
  Result<bool> take(size_t row, Stored& out);
  bool ascending() const { return options_.order == Order::kOldestFirst; }
  int64_t before_first() const { return ascending() ? 0 : INT64_MAX; }
  void start_day();
  Status check_generation();

  SqliteStore& store_;
  ScanOptions options_;
  std::vector<Day> days_;  // still to walk, in walking order, the present one first
  size_t day_index_ = 0;
  std::unique_ptr<DayFile::Reader> reader_;
  std::vector<std::string> platforms_;  // of the open day, by scope id
  bool day_has_verdicts_ = false;
  int64_t frame_seq_ = 0;  // the loaded frame, or the one behind which to go on
  bool frame_loaded_ = false;
  size_t rows_done_ = 0;  // of that frame, in walking order
  int64_t position_ = 0;  // of the last record looked at
  uint64_t bytes_seen_ = 0;
  Frame frame_;
  // Of the frame's rows, as they were when it was loaded; empty where the day has none.
  std::vector<record::Verdict> verdicts_;
  std::vector<Stored> signals_;
  record::Decoder decoder_;
};

}  // namespace gleaner::store
