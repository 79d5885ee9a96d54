// A walk over the store and the archive as one: day by day, and inside a day in the order in which records came, as if
// none had ever moved. It notices when a day is sealed under its feet and goes on in the new parts.
//
// A day that is restored while it is read fails with kUnavailable: its records have other places then.
//
// One thread at a time. Memory: a block or two of each part of the day under way; at most kMaxAhead parts read ahead.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "archive/cold_records.h"
#include "archive/day_source.h"
#include "store/store.h"

namespace gleaner::archive {

class TieredScan final : public store::Scan {
 public:
  static constexpr size_t kMaxAhead = 4;

  // `cold` are the project's parts; `days` those in which the store has records.
  static Result<std::unique_ptr<TieredScan>> open(const Tiers& tiers, std::vector<Day> days,
                                                  const ColdRecords::Parts& cold, store::ScanOptions options);

  Result<bool> next(store::Stored& out) override;
  std::string cursor() const override;
  uint64_t bytes_seen() const override { return bytes_before_ + bytes_of_day(); }

 private:
  TieredScan(const Tiers& tiers, store::ScanOptions options) : tiers_(tiers), options_(std::move(options)) {}

  bool ascending() const { return options_.order == store::Order::kOldestFirst; }
  int64_t before_first() const { return ascending() ? 0 : INT64_MAX; }
  Day day() const { return days_[day_index_]; }
  Status open_day();
  Result<JoinLate> join_of_day() const;
  Status reopen_day(Error why);
  void close_day();
  void next_day();
  // Brings every source to its next record. False when the budget is used up first.
  Result<bool> advance_all();
  DaySource* first_in_order() const;
  int64_t safe_position() const;
  uint64_t bytes_of_day() const;
  uint64_t budget() const;
  bool used_up() const { return options_.max_bytes > 0 && bytes_seen() >= options_.max_bytes; }

  const Tiers tiers_;
  const store::ScanOptions options_;
  std::vector<Day> days_;  // in walking order
  size_t day_index_ = 0;
  bool day_open_ = false;
  store::DayParts parts_;  // of the open day
  int64_t position_ = 0;   // everything up to here was given or passed over
  std::vector<std::unique_ptr<DaySource>> sources_;
  uint64_t bytes_before_ = 0;  // of sources that are closed
};

}  // namespace gleaner::archive
