// The contract of the ArchiveCatalog port as tests. An implementation instantiates ArchiveContract with a factory:
//
//     INSTANTIATE_TEST_SUITE_P(Sqlite, ArchiveContract, testing::Values(&make_sqlite_archive));
//
// Where the port leaves it open, this is what implementations agree on:
//   - settle() adds to `change` what the signal's JSON takes, raw and stored; a Recount is added as it is given;
//   - settle() goes through its signals one after the other: `known` of the second of an interaction counts the first;
//   - what is settled again is there already, and changes nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "store/archive_catalog.h"
#include "store/store.h"

namespace gleaner::store {

// An implementation under test, which can be closed and opened again on the same data.
class ArchiveHarness {
 public:
  ArchiveHarness() = default;
  ArchiveHarness(const ArchiveHarness&) = delete;
  ArchiveHarness& operator=(const ArchiveHarness&) = delete;
  virtual ~ArchiveHarness() = default;
  virtual Store& store() = 0;
  virtual ArchiveCatalog& archive() = 0;
  virtual void reopen() = 0;
};

using ArchiveHarnessFactory = std::unique_ptr<ArchiveHarness> (*)();

class ArchiveContract : public testing::TestWithParam<ArchiveHarnessFactory> {
 protected:
  // What a store holds of a day of a project, in the order of a scan, and what seal() has to be told about it.
  struct Held {
    std::vector<Stored> records;
    DayContent content;
  };
  // A day that was sealed.
  struct Sealed {
    Held held;
    std::vector<Part> parts;
    int64_t generation = 0;  // afterwards
  };

  ArchiveContract() : harness_(GetParam()()) {}
  Store& store() { return harness_->store(); }
  ArchiveCatalog& archive() { return harness_->archive(); }

  void append(std::vector<Write> writes);
  Totals totals(std::string_view project = "default");
  Held held(const std::string& project = "default");
  int64_t generation(std::string_view project = "default");
  // Seals what is there; one part for each platform.
  Sealed seal(const std::string& project = "default", int number = 1);
  // Settles a signal that waits.
  std::vector<bool> settle(const std::string& signal_id, const std::string& interaction_id, int64_t known,
                           const std::optional<Counters>& change);
  // Gives `records` one by one, and then the end or an error.
  static ArchiveCatalog::NextStored giver(const std::vector<Stored>& records, bool fails = false);

  std::unique_ptr<ArchiveHarness> harness_;
};

}  // namespace gleaner::store
