// Ids and places of interactions as values of statements. Plain functions; one thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/time.h"
#include "store/postgres/connection.h"

namespace gleaner::store {

// Something with an id in a project.
struct Ref {
  std::string project;
  std::string id;
  friend auto operator<=>(const Ref&, const Ref&) = default;
};

// An interaction, by its key in gleaner.interactions.
struct Place {
  Ref ref;
  Time created_at;
  friend auto operator<=>(const Place&, const Place&) = default;
};

// Two arrays: projects and ids.
Params ref_params(const std::set<Ref>& refs);
// From the columns project, id; and milliseconds.
Ref read_ref(const Rows& rows, int row);
Place read_place(const Rows& rows, int row);

// Places as three arrays, and the bounds of their times, which tell the planner which days are meant.
class PlaceColumns {
 public:
  void add(const Place& place);
  bool empty() const { return last_ < first_; }
  // The arrays: projects, ids, times. Begins anew.
  Params start();
  Time first() const { return first_; }
  Time last() const { return last_; }

 private:
  ArrayText projects_;
  ArrayText ids_;
  ArrayText times_;
  Time first_ = Time::max();
  Time last_ = Time::min();
};

// Where interactions with ids that Gleaner made would be: such an id (UUID version 7) has their time in it.
std::map<Ref, Place> minted_places(const std::set<Ref>& ids);

// Where interactions of those ids would be: as client_ids has it, else as for minted ones. Whether they are there is
// not known yet.
extern const char* const kClientPlaces;
std::map<Ref, Place> with_client_places(const Rows& rows, std::map<Ref, Place> places);
Result<std::map<Ref, Place>> places_of(Connection& connection, const std::set<Ref>& ids);

}  // namespace gleaner::store
