// Signals for records that were archived before they came. They arrive like any signal whose interaction is not there,
// and wait; settling finds their records in the archive and counts them.
//
// Thread contract: safe from any thread.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "archive/cold_records.h"
#include "archive/tiers.h"

namespace gleaner::archive {

class LateSignals {
 public:
  LateSignals(const Tiers& tiers, ColdRecords& cold) : tiers_(tiers), cold_(cold) {}

  // Counts the waiting signals of the project whose interactions are archived.
  Status settle(std::string_view project);
  // Adds the late signals of an archived record to it.
  Status join(std::string_view project, store::Stored& stored) const;

 private:
  // Waiting signals of a project that belong to nothing archived, so as not to look again before its archive changes.
  struct Homeless {
    int64_t version = -1;
    std::set<std::string> names;
  };
  static constexpr size_t kMaxRemembered = 100'000;

  Result<std::optional<Found>> find_of(std::string_view project, const record::Signal& signal);
  Status settle_one(const store::Write& waiting, const Found& found);

  const Tiers tiers_;
  ColdRecords& cold_;
  std::mutex mutex_;                                       // one settles at a time
  std::map<std::string, Homeless, std::less<>> homeless_;  // by project
};

}  // namespace gleaner::archive
