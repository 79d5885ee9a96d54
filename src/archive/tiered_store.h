// The store and the archive as one: whoever reads through it cannot tell which of the two a record lies in. Writing
// goes to the store; what comes for archived records is recognised.
//
// A signal for an archived record is joined when somebody reads, at the latest kSettleEvery after it was written by
// another process; what was written through this object is seen at once.
//
// Thread contract: as the Store port promises.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "archive/cold_records.h"
#include "archive/eraser.h"
#include "archive/late_signals.h"
#include "archive/tiers.h"
#include "store/store.h"

namespace gleaner::archive {

class TieredStore final : public store::Store {
 public:
  static constexpr std::chrono::seconds kSettleEvery{2};
  // Days younger than this are never archived: what is written now need not be looked for there.
  static constexpr std::chrono::days kNeverArchived{1};

  // What `tiers` names must outlive it.
  TieredStore(const Tiers& tiers, const Clock& clock, EraserOptions options);

  ColdRecords& cold() { return cold_; }
  Eraser& eraser() { return eraser_; }
  // Joins signals for archived records now.
  Status settle(std::string_view project);

  Result<std::vector<store::Outcome>> append(std::vector<store::Write>&& writes) override;
  Result<store::Stored> find(std::string_view project, std::string_view id) override;
  Result<std::unique_ptr<store::Scan>> scan(store::ScanOptions options) override;
  Result<store::Totals> totals(std::string_view project) override;
  Result<std::vector<store::Write>> waiting(std::string_view project) override { return tiers_.hot.waiting(project); }
  Result<store::Erased> erase(std::string_view project, std::string_view id) override;
  Result<std::vector<Day>> days() override { return tiers_.hot.days(); }
  Status drop_day(Day day) override { return tiers_.hot.drop_day(day); }
  Status add_rejects(std::vector<store::Reject> rejects) override { return tiers_.hot.add_rejects(std::move(rejects)); }
  Result<std::vector<store::Reject>> rejects(std::string_view project, int64_t after, size_t limit) override {
    return tiers_.hot.rejects(project, after, limit);
  }
  Status check_writable() override { return tiers_.hot.check_writable(); }

 private:
  using Outcomes = Result<std::vector<store::Outcome>>;
  // What of the writes is archived already, by index. The others are to be stored only if that has not changed.
  Result<std::map<size_t, store::Outcome>> archived(std::vector<store::Write>& writes);
  Outcomes append_rest(std::vector<store::Write>& writes, const std::map<size_t, store::Outcome>& known);
  Result<std::optional<store::Stored>> find_cold(std::string_view project, std::string_view id);
  Status settle_if_due(std::string_view project);

  const Tiers tiers_;
  const Clock& clock_;
  ColdRecords cold_;
  LateSignals late_;
  Eraser eraser_;
  std::mutex mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point, std::less<>> settle_at_;  // guarded by mutex_
};

}  // namespace gleaner::archive
