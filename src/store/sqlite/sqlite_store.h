// The embedded store: a folder of SQLite files.
//
//     DIR/gleaner.db            projects, keys, rejects, signals that wait for their interaction
//     DIR/days/2026-11-21.db    everything about that day's interactions
//     DIR/write.lock            one writer at a time, among all processes
//
// The bytes are in docs/sqlite-format.md. A program may have the folder open while others do: writers take turns, and
// everybody sees what was committed.
//
// Thread contract: as the Store port promises.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "store/archive_catalog.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/checkpointer.h"
#include "store/sqlite/day_file.h"
#include "store/sqlite/write_lock.h"
#include "store/store.h"

namespace gleaner::store {

class SqliteArchive;

struct SqliteOptions {
  std::string directory;
  int zstd_level = 1;
  size_t compression_threshold = 1024;  // bytes of JSON committed together below which nothing is compressed
};

class SqliteStore final : public Store {
 public:
  // Makes the folder if there is none.
  static Result<std::unique_ptr<SqliteStore>> open(SqliteOptions options);
  ~SqliteStore() override;
  // Whether there is a store in that folder.
  static bool exists(const std::string& directory);

  Registry& registry() { return *catalog_; }
  ArchiveCatalog& archive();

  Result<std::vector<Outcome>> append(std::vector<Write>&& writes) override;
  Result<Stored> find(std::string_view project, std::string_view id) override;
  Result<std::unique_ptr<Scan>> scan(ScanOptions options) override;
  Result<Totals> totals(std::string_view project) override;
  Result<std::vector<Write>> waiting(std::string_view project) override;
  Result<Erased> erase(std::string_view project, std::string_view id) override;
  Result<std::vector<Day>> days() override;
  Status drop_day(Day day) override;
  Status add_rejects(std::vector<Reject> rejects) override { return catalog_->add_rejects(std::move(rejects)); }
  Result<std::vector<Reject>> rejects(std::string_view project, int64_t after, size_t limit) override {
    return catalog_->rejects(project, after, limit);
  }
  Status check_writable() override;

  // The day's file, opened if it exists, or null. Safe from any thread; used by scans.
  Result<std::shared_ptr<DayFile>> open_day(Day day);

  enum class KeyOf { kInteraction, kItem };
  Hash128 key(KeyOf of, std::string_view project, std::string_view id) const;

 private:
  class Batch;
  friend class SqliteArchive;

  explicit SqliteStore(SqliteOptions options);
  std::string day_path(Day day) const;
  Result<std::shared_ptr<DayFile>> open_or_create_day(Day day);
  Status catch_up();
  Status catch_up_if_changed();
  Status list_days();
  Status settle_waiting();
  // Days that were written to lately keep what they have cached; those before them give it back.
  void keep_warm(const std::vector<std::shared_ptr<DayFile>>& written);
  struct Place {
    std::shared_ptr<DayFile> day;
    Located located;
  };
  // Asks the days that may hold it, the likeliest first. `locate` is how to ask one.
  using Locate = std::function<Result<std::optional<Located>>(DayFile&)>;
  // kWithStaged also asks days whose filter says no but that are in the middle of a batch.
  enum class Look { kCommitted, kWithStaged };
  Result<std::optional<Place>> find_place(const Hash128& key, std::string_view id, Look look, const Locate& locate);

  const SqliteOptions options_;
  std::unique_ptr<Catalog> catalog_;
  WriteLock lock_;
  std::mutex write_mutex_;
  std::shared_mutex days_mutex_;
  std::map<Day, std::shared_ptr<DayFile>> days_;  // guarded by days_mutex_; null until opened
  std::deque<std::shared_ptr<DayFile>> warm_;     // guarded by write_mutex_; the latest first
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<SqliteArchive> archive_;
  // Grows whenever a day's archived parts may have changed.
  std::atomic<uint64_t> archive_changes_{0};
};

}  // namespace gleaner::store
