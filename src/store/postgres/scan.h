// A walk over the interactions of a project, a page of about a megabyte at a time, each a statement of its own: it
// holds neither a connection nor a snapshot in between. One thread at a time.
#pragma once

#include <cstdint>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "record/codec.h"
#include "store/postgres/pool.h"
#include "store/postgres/record_row.h"
#include "store/store.h"

namespace gleaner::store {

class PostgresScan final : public Scan {
 public:
  // `days` are those that may have records of the project.
  static Result<std::unique_ptr<PostgresScan>> open(Pool& pool, std::vector<Day> days, ScanOptions options);

  Result<bool> next(Stored& out) override;
  std::string cursor() const override;
  uint64_t bytes_seen() const override { return bytes_seen_; }

 private:
  PostgresScan(Pool& pool, ScanOptions options) : pool_(pool), options_(std::move(options)) {}
  Status seek();
  Result<bool> load_page();
  Result<Rows> read_page(Connection& connection, Day day, int64_t behind) const;
  Status load_signals();
  Status same_generation(const Rows& now) const;
  Result<bool> take(int row, Stored& out);
  bool ascending() const { return options_.order == Order::kOldestFirst; }
  int64_t before_first() const { return ascending() ? 0 : INT64_MAX; }

  Pool& pool_;
  ScanOptions options_;
  std::vector<Day> days_;  // in walking order
  size_t day_index_ = 0;
  int64_t seq_ = 0;  // of the last row that was looked at
  Rows page_;
  std::map<std::string, Signals, std::less<>> signals_;  // of the page
  int row_ = 0;
  uint64_t bytes_seen_ = 0;
  std::string unpacked_;
  record::Decoder decoder_;
  // Last, so that it is waited for before what it uses is gone.
  std::future<Result<Rows>> coming_;
};

}  // namespace gleaner::store
