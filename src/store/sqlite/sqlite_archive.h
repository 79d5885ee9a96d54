// What a SqliteStore knows of archived parts: each day's file has those of its own day. Safe from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/archive_catalog.h"
#include "store/sqlite/day_archive.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::store {

class SqliteArchive final : public ArchiveCatalog {
 public:
  explicit SqliteArchive(SqliteStore& store) : store_(store) {}

  Result<std::unique_ptr<ArchiveLease>> lease() override;
  Result<std::vector<HotSlice>> hot_slices(Day before) override;
  Result<DayParts> parts_of(std::string_view project, Day day) override;
  Result<std::vector<Part>> parts(std::string_view project, std::optional<Day> from, std::optional<Day> to) override;
  Result<int64_t> version(std::string_view project) override;
  Result<std::string> index_of(const Part& part) override;
  Status put_index(const Part& part, std::string_view index) override;
  Result<bool> seal(std::string_view project, Day day, int64_t generation, const DayContent& expected,
                    std::vector<Part>& parts) override;
  Result<bool> replace(const Part& old, int64_t generation, std::optional<Part> with, const Recount& recount,
                       std::span<const std::string> forgotten) override;
  Result<bool> restore(std::span<const Part> parts, int64_t generation, const NextStored& next) override;
  Result<bool> any_late(std::string_view project, Day day) override;
  Result<std::vector<Write>> late_signals(std::string_view project, Day day,
                                          std::span<const std::string> interaction_ids) override;
  Result<std::vector<bool>> settle(std::span<const LateSignal> signals) override;
  Result<std::vector<PlacedSignal>> signals_of(std::string_view project,
                                               std::span<const std::string> user_ids) override;
  Status drop_signals(std::string_view project, std::string_view interaction_id, Time created_at,
                      std::span<const std::string> signal_ids, const record::Verdict& after, std::string_view platform,
                      const Recount& recount) override;
  Result<int64_t> drop_waiting(std::string_view project, std::span<const std::string> user_ids) override;
  Result<int64_t> drop_rejects(std::string_view project, std::span<const std::string> mentions) override;
  Result<std::string> scrub() override;

 private:
  // With the store's write lock held and what others have written taken in.
  template <typename T>
  Result<T> locked(const std::function<Result<T>()>& body);
  // The same on a day that must be there.
  Result<bool> on_day(std::string_view project, Day day, const std::function<Result<bool>(DayArchive&)>& body);
  Result<bool> settle_one(const LateSignal& late);
  DayArchive::Keys keys(std::string_view project) const;
  Result<int64_t> read_version(std::string_view project);

  // Good as long as SqliteStore::archive_changes_ is what it was.
  struct Version {
    uint64_t changes = 0;
    int64_t version = 0;
  };

  SqliteStore& store_;
  std::mutex versions_mutex_;
  std::map<std::string, Version, std::less<>> versions_;  // guarded by versions_mutex_
};

}  // namespace gleaner::store
