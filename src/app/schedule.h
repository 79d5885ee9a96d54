// What the server does by itself: it goes on with erasures that were interrupted, archives old days once a day where
// that is enabled, and joins signals for archived records soon after they came, so that what others read of the store
// (statistics, SQL) has them.
//
// Thread contract: made and destroyed on one thread; works on two of its own.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "cli/cli.h"
#include "config/config.h"

namespace gleaner::app {

// "02:30" or "02:30:15": since midnight. Errors: kInvalidArgument.
Result<std::chrono::seconds> parse_time_of_day(std::string_view text);
// The first instant after `now` at which it is that time, UTC.
Time next_at(Time now, std::chrono::seconds of_day);

class Schedule {
 public:
  // Starts working. `open`, `config` and `clock` must outlive it. Errors: kInvalidArgument for archive_at.
  static Result<std::unique_ptr<Schedule>> start(const cli::OpenStore& open, const config::Config& config,
                                                 const Clock& clock);
  virtual ~Schedule() = default;
  Schedule(const Schedule&) = delete;
  Schedule& operator=(const Schedule&) = delete;

  // Ends what is under way between two blocks; whether it has ended within that time. If not, the process may end all
  // the same: a run may be killed at any instant.
  virtual bool stop(std::chrono::seconds within) = 0;

 protected:
  Schedule() = default;
};

}  // namespace gleaner::app
