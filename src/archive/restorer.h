// Brings archived days back into the store: one day of a project at a time, in one transaction, and then its objects
// are removed. A day that cannot be read in full is left as it is.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/cold_records.h"
#include "archive/late_signals.h"
#include "archive/tiers.h"

namespace gleaner::archive {

struct RestoreProgress {
  int64_t records = 0;  // restored so far, of so many
  int64_t total_records = 0;
};

struct RestorerOptions {
  std::function<void(const RestoreProgress&)> on_progress;
  // Called at each of kRestoreSteps. For tests, which die there.
  std::function<void(std::string_view step)> on_step;
};

inline constexpr std::string_view kRestoreSteps[] = {"planned", "reading", "restored", "removed"};

struct RestoreReport {
  int64_t days = 0;
  int64_t records = 0;
  int64_t objects = 0;
};

class Restorer {
 public:
  Restorer(const Tiers& tiers, LateSignals& late, RestorerOptions options)
      : tiers_(tiers), late_(late), options_(std::move(options)) {}

  // Days in [from, to). Errors: those of the stores; the days before stay restored.
  Result<RestoreReport> run(std::string_view project, Day from, Day to);

 private:
  Result<bool> restore_day(std::string_view project, Day day, RestoreReport& report);
  void step(std::string_view name);

  const Tiers tiers_;
  LateSignals& late_;
  const RestorerOptions options_;
  RestoreProgress progress_;
};

}  // namespace gleaner::archive
