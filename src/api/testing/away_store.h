// A store that can be sent away: for tests of what happens meanwhile.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "store/store.h"

namespace gleaner::api::testing {

class AwayStore final : public store::Store {
 public:
  explicit AwayStore(store::Store& store) : store_(store) {}

  Result<std::vector<store::Outcome>> append(std::vector<store::Write>&& writes) override {
    TRY(answers());
    return store_.append(std::move(writes));
  }
  Status add_rejects(std::vector<store::Reject> rejects) override {
    TRY(answers());
    return store_.add_rejects(std::move(rejects));
  }
  Status check_writable() override {
    ++checks;
    while (hanging) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return answers();
  }
  Result<store::Stored> find(std::string_view project, std::string_view id) override {
    return store_.find(project, id);
  }
  Result<std::unique_ptr<store::Scan>> scan(store::ScanOptions options) override {
    return store_.scan(std::move(options));
  }
  Result<store::Totals> totals(std::string_view project) override { return store_.totals(project); }
  Result<std::vector<store::Write>> waiting(std::string_view project) override { return store_.waiting(project); }
  Result<store::Erased> erase(std::string_view project, std::string_view id) override {
    return store_.erase(project, id);
  }
  Result<std::vector<Day>> days() override { return store_.days(); }
  Status drop_day(Day day) override { return store_.drop_day(day); }
  Result<std::vector<store::Reject>> rejects(std::string_view project, int64_t after, size_t limit) override {
    return store_.rejects(project, after, limit);
  }

  std::atomic<bool> away = false;
  std::atomic<bool> hanging = false;
  std::atomic<int> checks = 0;

 private:
  Status answers() const { return away ? Status(fail(Code::kUnavailable, "connection refused")) : Status(); }

  store::Store& store_;
};

}  // namespace gleaner::api::testing
