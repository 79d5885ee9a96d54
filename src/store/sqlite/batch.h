// One append(): sorts the writes into their days, finds duplicates, joins signals with interactions in whichever order
// they came, and commits. Lives under the store's write lock. One thread.
//
// Several files cannot be committed as one. The order makes a crash between two commits harmless: days first, then the
// catalog, where a waiting signal is removed only after its day has it; SqliteStore::settle_waiting repeats that step.
#pragma once

#include <unordered_map>
#include <vector>

#include "store/sqlite/sqlite_store.h"

namespace gleaner::store {

class SqliteStore::Batch {
 public:
  // `writes` must outlive it.
  Batch(SqliteStore& store, std::vector<Write>& writes) : store_(store), writes_(writes) {}

  Result<std::vector<Outcome>> run();
  // Moves signals out of the catalog whose interaction is there.
  Status settle_waiting();

 private:
  struct KeyHash {
    size_t operator()(const Hash128& key) const { return key.low; }
  };
  struct Arrived {
    Hash128 key;
    std::vector<Hash128> items;
    std::shared_ptr<DayFile> day;
  };

  Status add_all();
  Status add_interaction(size_t index);
  Result<std::optional<Outcome>> known(const Write& write, const record::Interaction& interaction, const Hash128& key);
  Status join_waiting();
  Status join(const Hash128& wanted, const Arrived& arrived);
  Status add_signals();
  Status add_signal(size_t index);
  Result<Outcome> add_to(const Place& place, record::Signal& signal, uint64_t content_hash);
  // Where the signal belongs, if that is here.
  Result<std::optional<Place>> place_of(std::string_view project, const record::Signal& signal);
  // What a signal may name, the likeliest first; it waits under the first.
  std::vector<Hash128> wanted_keys(std::string_view project, const record::Signal& signal) const;
  Status enter(const std::shared_ptr<DayFile>& day);
  Status finish_frames();
  Status commit();
  void rollback();

  SqliteStore& store_;
  std::vector<Write>& writes_;
  std::vector<Outcome> outcomes_;
  std::vector<std::shared_ptr<DayFile>> entered_;
  std::unordered_map<Hash128, uint64_t, KeyHash> batch_hashes_;  // content of the batch's own client ids
  std::vector<Arrived> arrived_;
  bool signals_wait_ = false;
  std::vector<WaitingSignal> new_waiting_;
  std::vector<size_t> new_waiting_index_;
  std::vector<int64_t> settled_;
};

}  // namespace gleaner::store
