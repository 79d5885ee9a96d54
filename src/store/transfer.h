// Carries everything from one store to another, of whatever kind: projects with their secrets, API keys, interactions
// and their signals with the content hashes by which a client's repeat is told from a conflict, signals that wait, and
// rejects. transfer_check.h says afterwards whether it is all there.
//
// Nothing in the source is changed. What the target has already is recognised and left alone, so a transfer may be
// repeated, and one that was killed goes on from its TransferProgress. Other data in the target stays as it is.
//
// Thread contract: one thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "store/registry.h"
#include "store/store.h"
#include "store/transfer_progress.h"

namespace gleaner::store {

struct Side {
  Store& store;
  Registry& registry;
};

struct TransferStep {
  uint64_t bytes = 0;  // of record JSON looked at so far, of about so many in all
  uint64_t total_bytes = 0;
  uint64_t records = 0;
};
using OnStep = std::function<void(const TransferStep&)>;

struct TransferCounts {
  int64_t projects = 0;
  int64_t keys = 0;
  int64_t interactions = 0;  // written to the target by this run, like the next three
  int64_t signals = 0;
  int64_t waiting = 0;
  int64_t rejects = 0;
  int64_t there_already = 0;     // records that the target had
  int64_t conflicts = 0;         // ids that the target has with other content; its own stays
  int64_t rejects_left_out = 0;  // the target's list of rejects is full
};

struct TransferOptions {
  size_t max_records = 1000;  // in memory at once, about
  size_t max_bytes = size_t{4} << 20;
  // Called after what it says is durable in the target.
  std::function<Status(const TransferProgress&)> save;
  OnStep on_step;
};

class Transfer {
 public:
  Transfer(Side source, Side target, TransferProgress& progress, TransferOptions options);

  // Errors: kConflict if the target has a project or key of the same name with other secrets, before any record is
  // carried; those of the stores.
  Status run();
  const TransferCounts& counts() const { return counts_; }

 private:
  struct OwnedSignal {
    size_t owner = 0;  // index of its interaction in the batch
    Write write;
  };
  struct Batch {
    std::vector<Write> interactions;
    std::vector<std::string> ids;  // of `interactions`
    std::vector<OwnedSignal> signals;
    size_t bytes = 0;
  };

  Status carry_registry(const std::vector<std::string>& projects);
  Result<bool> known_on_both_sides(const std::string& project, const std::string& id);
  Status carry_interactions(const std::string& project);
  void add(Batch& batch, const std::string& project, Stored stored, size_t bytes) const;
  Status write(const std::string& project, Batch batch);
  Status carry_waiting(const std::string& project);
  Status append(std::vector<Write> writes, int64_t& stored);
  Status carry_rejects(const std::string& project);
  void step(uint64_t more_bytes, size_t more_records);

  Side source_;
  Side target_;
  TransferProgress& progress_;
  const TransferOptions options_;
  TransferCounts counts_;
  TransferStep step_;
};

}  // namespace gleaner::store
