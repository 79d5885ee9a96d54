// What belongs to no day: projects, API keys, rejected records, and signals whose interaction has not arrived yet.
// One small SQLite file, gleaner.db.
//
// Thread contract: safe from any thread; calls are serialised.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/hash.h"
#include "record/codec.h"
#include "store/registry.h"
#include "store/sqlite/database.h"
#include "store/sqlite/id_filter.h"
#include "store/store.h"

namespace gleaner::store {

struct WaitingSignal {
  int64_t seq = 0;
  std::string project;
  Hash128 key;  // of the interaction or item it waits for
  uint64_t content_hash = 0;
  record::Signal signal;
};

class Catalog final : public Registry {
 public:
  static Result<std::unique_ptr<Catalog>> open(const std::string& path);
  ~Catalog() override;

  // The seed of the store's keyed hashes, made with the file.
  uint64_t hash_seed() const { return hash_seed_; }

  Result<Project> project(std::string_view name) override;
  Result<std::vector<std::string>> projects() override;
  Status restore_project(const Project& project) override;
  Status rotate_secret(std::string_view name, Time from) override;
  Status add_key(const ApiKey& key) override;
  Result<std::vector<ApiKey>> keys() override;
  Result<bool> revoke_key(std::string_view project, std::string_view id, Time at) override;

  Status add_rejects(std::vector<Reject> rejects);
  Result<std::vector<Reject>> rejects(std::string_view project, int64_t after, size_t limit);

  // From memory: whether any signal waits, and whether one may wait for `key`.
  bool any_waiting();
  bool maybe_waiting(const Hash128& key);
  // Takes in what another process has added.
  Status refresh_waiting();
  Result<std::vector<WaitingSignal>> waiting_for(const Hash128& key);
  Result<std::vector<WaitingSignal>> all_waiting();
  // kDuplicate or kConflict when a signal of that id waits for the same thing already. All in one transaction.
  Result<std::vector<Outcome>> add_waiting(const std::vector<WaitingSignal>& signals);
  Status remove_waiting(const std::vector<int64_t>& seqs);
  // Those that wait for `key`; for an erasure that came before the interaction.
  Result<int64_t> erase_waiting(const Hash128& key);

  // Those whose text has any of `mentions`; how many.
  Result<int64_t> drop_rejects(std::string_view project, std::span<const std::string> mentions);
  // The generations that days had when they were dropped, and one for each: what knows the archive by their sum is not
  // led to believe that nothing has changed.
  Result<int64_t> dropped_generations();
  Status add_dropped_generations(int64_t generations);
  // Writes the file anew without what was removed from it.
  Status scrub();

  // Takes the write lock of the file and lets it go: whether the disk takes writes.
  Status check_writable();

 private:
  struct Statements;
  Catalog();
  Status prepare();
  Result<Project> read_project(std::string_view name);  // with mutex_ held
  Result<std::vector<WaitingSignal>> read_waiting(Statement& statement);

  std::mutex mutex_;
  std::unique_ptr<Database> db_;
  std::unique_ptr<Statements> sql_;
  record::Decoder decoder_;
  uint64_t hash_seed_ = 0;
  bool any_waiting_ = false;  // guarded by mutex_
  IdFilter waiting_filter_;   // guarded by mutex_
};

}  // namespace gleaner::store
