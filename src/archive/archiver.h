// Moves whole days out of the store into archived objects: plan, write, read back and compare, record and purge. What
// is recorded is purged in the same transaction (ArchiveCatalog::seal), and only after every object of the day was read
// back and found to be what was written. A run may be killed at any instant and begun again: objects that no
// transaction recorded are nobody's, and `verify` says which.
//
// Several archivers at once do no harm: a day that another has sealed is another's, and what was written for it in vain
// is removed again.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/part_upload.h"
#include "archive/stoppable_objects.h"
#include "archive/tiers.h"
#include "base/time.h"

namespace gleaner::archive {

struct ArchiveProgress {
  int64_t records = 0;  // looked at so far, of so many
  int64_t total_records = 0;
  int64_t bytes = 0;  // of their JSON
  int64_t total_bytes = 0;
};

struct ArchiverOptions {
  UploadOptions upload;
  std::function<void(const ArchiveProgress&)> on_progress;
  // True ends the run between two blocks, and leaves the day under way as it was. Asked on several threads.
  std::function<bool()> stop;
};

// All that upload.on_step hears of, in their order; those from "packed" to "verified" for each part.
inline constexpr std::string_view kArchiveSteps[] = {"planned",  "packed",     "uploaded",
                                                     "verified", "manifested", "sealed"};

struct ArchiveReport {
  std::vector<store::Part> parts;  // recorded, without their indexes
  int64_t records = 0;
  // Days that were left as they were, with the reason.
  std::vector<std::string> left;
  bool stopped = false;  // before all was done, by ArchiverOptions::stop
};

class Archiver {
 public:
  Archiver(const Tiers& tiers, const Clock& clock, ArchiverOptions options);

  // What lies in the store of days before `before`; of one project, or of all if it is empty.
  Result<std::vector<store::HotSlice>> plan(Day before, std::string_view project);
  // Archives what was planned. A day in which records come and go is left after a few tries. Errors: those of the
  // stores; what was sealed before stays so.
  Result<ArchiveReport> run(const std::vector<store::HotSlice>& plan);

 private:
  using Slices = std::vector<store::HotSlice>;         // of one project and day
  enum class Outcome { kSealed, kChanged, kStopped };  // kChanged: it is no longer what was read
  Result<Outcome> archive_day(const Slices& slices, ArchiveReport& report);
  Result<Outcome> seal(const Slices& slices, int64_t generation, const store::DayContent& content,
                       std::vector<Manifest>& written, ArchiveReport& report);
  // Adds what it saw to `content`.
  Result<Manifest> write(const store::HotSlice& slice, const store::DayParts& known, store::DayContent& content);
  Status read(const store::HotSlice& slice, int64_t generation, PartWriter& writer, store::DayContent& content);
  Result<Slices> plan_day(const std::string& project, Day day);
  void step(std::string_view name);
  void progress(int64_t records, int64_t bytes);

  const Tiers tiers_;
  const ArchiverOptions options_;
  StoppableObjects objects_;
  PartUpload upload_;
  ArchiveProgress progress_;
};

}  // namespace gleaner::archive
