// Removes an interaction, a person or a project for good, wherever anything of them lies: in the store and the space
// they took there, among signals that wait, among rejected records, and in archived objects, which are written anew
// without them, read back, exchanged, and then removed with every version that the store of objects keeps.
//
// Each erasure is written down as it goes (ErasureJournal). One that was interrupted is done again from its beginning:
// what is gone already is not found a second time.
//
// Thread contract: safe from any thread; one erasure at a time.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/cold_records.h"
#include "archive/erasure_journal.h"
#include "archive/late_signals.h"
#include "archive/part_upload.h"
#include "archive/stoppable_objects.h"
#include "archive/tiers.h"

namespace gleaner::archive {

struct EraserOptions {
  const Clock* clock = nullptr;
  std::string journal;   // the folder of journals
  UploadOptions upload;  // its on_step also hears of kEraseSteps
  // Removes what was made of the records and is kept elsewhere: datasets. Asked for the same again after a crash. May
  // be empty.
  std::function<Result<std::vector<Removal>>(const ErasureRequest& request)> derived = {};
};

inline constexpr std::string_view kEraseSteps[] = {"begun",    "store",    "signals",    "packed",
                                                   "uploaded", "verified", "manifested", "exchanged",
                                                   "removed",  "rejects",  "scrubbed"};

class Eraser {
 public:
  Eraser(const Tiers& tiers, ColdRecords& cold, LateSignals& late, EraserOptions options);

  Result<Receipt> erase(const ErasureRequest& request);
  // Of an archived interaction only; found is false if there is none.
  Result<store::Erased> erase_interaction(std::string_view project, std::string_view id);
  // Only what was made of it.
  Result<std::vector<Removal>> erase_derived(const ErasureRequest& request) const;
  // Goes on with what was interrupted; the receipts of what is done now.
  Result<std::vector<Receipt>> resume();
  // Ends the erasure that is under way between two blocks, and every later one at once, with kUnavailable; what was
  // begun is gone on with by another process's resume(). For a process that is about to end.
  void stop() { stopping_ = true; }
  Result<std::vector<Receipt>> receipts() const { return ErasureJournal::receipts(options_.journal); }

 private:
  using Users = std::span<const std::string>;
  struct Rewrite {
    Removal removal;
    store::Recount recount;
    std::vector<std::string> forgotten;
  };
  // What is to go of an archived record, once it was looked at: true for all of it; else only those of its signals that
  // `drop` names go.
  using Decide = std::function<bool(const store::Stored& stored, std::set<std::string>& drop)>;

  Status run(ErasureJournal& journal);
  Status remove(ErasureJournal& journal);
  Status erase_hot(ErasureJournal& journal, const record::Filter& filter);
  Status erase_signals(ErasureJournal& journal, Users users);
  Result<int64_t> drop_signals(const std::string& project, const std::string& interaction_id,
                               const std::set<std::string>& signal_ids);
  Status erase_person(ErasureJournal& journal);
  Status erase_project(ErasureJournal& journal);
  Status erase_one(ErasureJournal& journal);
  // False if the part is another by now.
  Result<bool> rewrite(ErasureJournal& journal, const store::Part& part, const Decide& decide);
  Result<Manifest> write_without(const store::Part& part, const Decide& decide, Rewrite& rewrite);
  Result<bool> exchange(ErasureJournal& journal, const store::Part& part, int64_t generation, const Manifest& with,
                        Rewrite rewrite);
  Result<bool> keep_line(store::Stored& stored, std::string_view project, const Decide& decide, Rewrite& rewrite);
  Status end_exchanges(const ErasureJournal& journal);
  Status drop_rejects(ErasureJournal& journal, Users mentions);
  Status scrub(ErasureJournal& journal);
  void step(std::string_view name);

  const Tiers tiers_;
  ColdRecords& cold_;
  LateSignals& late_;
  const EraserOptions options_;
  std::atomic<bool> stopping_ = false;
  StoppableObjects objects_;
  PartUpload upload_;
  std::mutex mutex_;
};

}  // namespace gleaner::archive
