// Sends records through the intake in batches and keeps count: what `import` and `demo` share. One thread.
#pragma once

#include <string>
#include <string_view>

#include "cli/cli.h"
#include "gateway/import/importer.h"
#include "intake/intake.h"

namespace gleaner::cli {

struct WriteCounts {
  uint64_t read = 0;    // elements of the input
  uint64_t stored = 0;  // interactions and signals
  uint64_t duplicates = 0;
  uint64_t rejected = 0;  // elements that could not be read, records that are in conflict
};

class RecordWriter {
 public:
  RecordWriter(const Services& services, store::Store& store, const intake::Rulebook& rulebook, store::Project project)
      : project_(std::move(project)), intake_({}, store, rulebook, services.clock, services.ids) {}

  // Both commit what has gathered when it is enough. Errors: those of the store.
  Status add(gateway::Record record);
  Status reject(const Error& error, std::string_view text);
  Status flush();

  WriteCounts& counts() { return counts_; }

 private:
  Status flush_if_full();

  store::Project project_;
  intake::Intake intake_;
  intake::Submission pending_;
  WriteCounts counts_;
};

}  // namespace gleaner::cli
