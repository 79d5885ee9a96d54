// What one transaction changes in gleaner.counters and gleaner.facets, gathered and written as two statements. One
// thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/time.h"
#include "record/interaction.h"
#include "store/postgres/connection.h"
#include "store/store.h"

namespace gleaner::store {

// Which values of a facet are told apart in a slot: at most kMaxFacetValues. Remembered between transactions; one that
// was rolled back may leave a value here that is not in the database yet, which does no harm.
class FacetValues {
 public:
  using Key = std::tuple<std::string, Day, std::string, std::string>;  // project, day, platform, facet
  using Values = std::set<std::string, std::less<>>;

  // Reads from the database what is not remembered yet.
  Status load(Connection& connection, const std::vector<Key>& keys, int64_t slot);
  // The value as it is counted: itself, or "(other)".
  std::string_view counted(const Key& key, const std::string& value);

 private:
  static constexpr size_t kMaxKeys = 20'000;
  std::map<Key, Values> known_;
};

class Tally {
 public:
  void count(const std::string& project, Day day, const std::string& platform, const Counters& change);
  void count_facets(const std::string& project, Day day, const std::string& platform, const record::Interaction& i);
  // Adds the statements that write it. `slot` is the writer's own.
  Status write(Connection& connection, FacetValues& values, int64_t slot, std::vector<Call>& calls) const;

 private:
  std::map<std::tuple<std::string, Day, std::string>, Counters> counters_;
  std::map<FacetValues::Key, std::map<std::string, int64_t>> facets_;
};

}  // namespace gleaner::store
