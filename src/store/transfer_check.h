// Whether everything of one store is in another just so. Both are read again: per project and day the numbers of
// interactions and signals and the sum of their digests (transfer_digest.h) are compared. Where they differ, each
// record of the source is looked up in the target: the target may hold more than the source, and what is missing or
// other is named. Besides: projects with their secrets, API keys, signals that wait, rejects.
//
// The target may be ahead: a project may have been rotated there since, a key revoked, a signal's interaction may have
// come, more signals may have been given. A list of rejects that is full has no place for more.
//
// Memory: a few numbers per project and day, and 16 bytes per reject. Thread contract: one thread.
#pragma once

#include <string>
#include <vector>

#include "store/transfer.h"
#include "store/transfer_digest.h"

namespace gleaner::store {

// What of the source is not in the target just so.
struct Findings {
  int64_t missing = 0;
  int64_t different = 0;
  std::vector<std::string> examples;  // the first few: "interaction \"a\" is missing"

  bool none() const { return missing == 0 && different == 0; }
  void miss(const std::string& what);
  void differ(const std::string& what, std::string_view how);
};

struct DayCheck {
  Day day;
  Tally source;
  Tally target;
  Findings findings;
};

// Things that have no day, by number.
struct CountCheck {
  int64_t source = 0;
  int64_t target = 0;
  Findings findings;
};

struct ProjectCheck {
  std::string project;
  CountCheck secrets;
  std::vector<DayCheck> days;  // those that the source has
  CountCheck waiting;
  CountCheck rejects;
  bool source_changed = false;  // it was written to, or erased from, while it was carried or compared
};

struct TransferCheck {
  std::vector<ProjectCheck> projects;
  CountCheck keys;

  bool all_there() const;
  bool source_changed() const;
};

struct CheckOptions {
  const TransferProgress* carried = nullptr;  // what was read when it was carried, where it was just now
  OnStep on_step;
};

// Errors: those of the stores. A record of the target that does not read back is a finding.
Result<TransferCheck> check_transfer(Side source, Side target, const CheckOptions& options);

// The source's side alone: what a transfer would carry, without its signals' digests.
Result<TransferCheck> plan_transfer(Side source, const OnStep& on_step);

}  // namespace gleaner::store
