// What everybody does who archives, be it the command line, the API or the server's schedule: the days that are old
// enough, one project and day after the other, and a report that also says what was done before an error.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/archiver.h"

namespace gleaner::archive {

// The first day that stays: it and the days after it are younger than `days_old` full days.
Day first_kept(Time now, int64_t days_old);

// How many bytes of 100 the compression saved, as the reports of earlier collectors have it.
double saved_percentage(int64_t before, int64_t after);

struct ArchiveJobOptions {
  UploadOptions upload;  // its on_step is not called
  std::function<void(const ArchiveProgress&)> on_progress;
  // Called behind each of kArchiveSteps, with the project and day that are under way.
  std::function<void(const std::string& project, Day day, std::string_view step)> on_step;
  // Called for each object when its day is recorded.
  std::function<void(const store::Part&)> on_part;
  std::function<bool()> stop;  // as ArchiverOptions::stop
};

class ArchiveJob {
 public:
  ArchiveJob(const Tiers& tiers, const Clock& clock, ArchiveJobOptions options)
      : tiers_(tiers), clock_(clock), options_(std::move(options)) {}

  // What would be archived: of one project, or of all if it is empty. Errors: kInvalidArgument for less than one day,
  // those of the store.
  Result<std::vector<store::HotSlice>> plan(int64_t days_old, std::string_view project);
  // Archives what was planned. `report` has what was done, also after an error: what is in it stays done. Errors:
  // those of Archiver::run.
  Status run(const std::vector<store::HotSlice>& plan, ArchiveReport& report);

 private:
  const Tiers tiers_;
  const Clock& clock_;
  const ArchiveJobOptions options_;
};

}  // namespace gleaner::archive
