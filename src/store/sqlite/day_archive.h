// What happens in a day's file when its records move to archived objects and back: each step one transaction. Lives
// under the store's write lock, like the writing half of DayFile. One thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/archive_catalog.h"
#include "store/sqlite/day_file.h"

namespace gleaner::store {

class DayArchive {
 public:
  // How the store makes keys of a project's interactions and items.
  struct Keys {
    std::function<Hash128(std::string_view id)> interaction;
    std::function<std::vector<Hash128>(const record::Interaction&)> items;
  };

  DayArchive(DayFile& day, std::string_view project, Keys keys)
      : day_(day), project_(project), keys_(std::move(keys)) {}

  // As ArchiveCatalog says of them.
  Result<bool> seal(int64_t generation, const DayContent& expected, std::vector<Part>& parts);
  Result<bool> replace(const Part& old, int64_t generation, const std::optional<Part>& with, const Recount& recount,
                       std::span<const std::string> forgotten);
  Result<bool> restore(std::span<const Part> parts, int64_t generation, const ArchiveCatalog::NextStored& next);
  // False if there is no such part.
  Result<bool> put_index(const Part& part, std::string_view index);
  Result<bool> settle(const LateSignal& late);
  Status drop_signals(std::string_view interaction_id, std::span<const std::string> signal_ids,
                      const record::Verdict& after, std::string_view platform, const Recount& recount);

  // Over any connection.
  static Result<std::vector<Part>> parts(Database& db, std::string_view project, Day day);
  static Result<std::string> index_of(Database& db, const Part& part);
  static Status hot_slices(Database& db, Day day, std::vector<HotSlice>& out);

 private:
  struct Content {
    DayContent sums;
    // Half the key of every record and its scope, ascending: a day may have many millions. Two keys with the same half
    // would only keep the day from being sealed.
    std::vector<std::pair<uint64_t, uint32_t>> scopes;
    std::vector<Hash128> rated;                   // those that have signals
    std::unordered_map<int64_t, Counters> place;  // by scope: what of them lies in the file
    int64_t last_frame = 0;
  };

  // Runs `body` in a batch of the day; false from it ends the batch without a change.
  Result<bool> batch(const std::function<Result<bool>()>& body);
  Result<bool> is_still(int64_t generation);
  Result<Content> read_content();
  Status read_signals(Content& content);
  Status remove_frames(int64_t last_frame);
  Status forget_ids();
  Status insert_part(Part& part);
  Status next_generation();
  // `more` late signals of archived records lie in the file.
  Status count_late(int64_t more);
  Result<int64_t> signals_of(const Hash128& key);
  Status restore_one(const Stored& stored);
  Status put_signals(const Hash128& key, int64_t scope, const Stored& stored);
  Status count(std::string_view platform, const Recount& recount);

  DayFile& day_;
  const std::string project_;
  const Keys keys_;
};

}  // namespace gleaner::store
