// Finds records in archived parts, opening no object that cannot hold them: by id, and by person.
//
// What it knows of a project's parts is kept until the catalog says that it changed; indexes of parts are kept as long
// as kCachedIndexBytes suffice for them.
//
// Thread contract: safe from any thread.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/tiers.h"

namespace gleaner::archive {

// Where a record lies.
struct Found {
  store::Part part;
  store::Stored stored;  // with the signals that were archived with it, not those that came later
};

class ColdRecords {
 public:
  static constexpr size_t kCachedIndexBytes = size_t{64} << 20;

  explicit ColdRecords(const Tiers& tiers) : tiers_(tiers) {}

  using Parts = std::shared_ptr<const std::vector<store::Part>>;
  // All of the project, by day, platform and number, as they were at some instant during the call. Shared, because they
  // may change while somebody goes through them.
  Result<Parts> parts(std::string_view project);

  // The record of that id, or the one that has an item of it. Asks the day that a minted id names first.
  enum class Look { kInteraction, kItem };
  Result<std::optional<Found>> find(std::string_view project, std::string_view id, Look look);
  // The interaction of that id in one of these parts.
  Result<std::optional<Found>> find_among(std::span<const store::Part> parts, std::string_view id);

  // Whether the part may hold anything of these people, by their pseudonyms: what they asked or signals of theirs.
  Result<bool> may_hold(const store::Part& part, std::span<const std::string> user_ids);

  // Objects opened so far.
  int64_t opened() const;

 private:
  using Index = std::shared_ptr<const PartIndex>;
  struct Known {
    int64_t version = -1;
    Parts parts;
  };
  struct Cached {
    Index index;
    size_t bytes = 0;
    std::list<std::string>::iterator use;
  };

  Result<Index> index_of(const store::Part& part);
  // Errors name the object.
  Result<std::optional<Found>> look_in(const store::Part& part, std::string_view id, Look look);
  Result<std::optional<Found>> search(const store::Part& part, std::string_view id, Look look);
  Result<std::unique_ptr<PartReader>> open(const store::Part& part, const Index& index);

  const Tiers tiers_;
  mutable std::mutex mutex_;
  std::map<std::string, Known, std::less<>> known_;  // guarded by mutex_, as is all that follows
  std::map<std::string, Cached> indexes_;            // by the object's sha256
  std::list<std::string> uses_;                      // the latest first
  size_t cached_bytes_ = 0;
  int64_t opened_ = 0;
};

}  // namespace gleaner::archive
