// What a store knows of the records that were moved out of it into archived objects, called parts, and the steps that
// move them. A store keeps this beside its records, so that moving them out and noting where they went is one
// transaction: at every instant a record is either in the store or in a part, and never in both.
//
// The unit is a day of a project: all its platforms are sealed together, one part for each. Records that arrive for a
// day later stay in the store until the day is sealed again, which adds further parts. Counters and facets do not
// change when records move; only stored_bytes and compressed, which say what lies in the store itself, do.
//
// A day's generation counts the changes of its parts. Whoever reads a day reads it, then the records, and then finds
// out whether it is still the same (ScanOptions::generation).
//
// Thread contract: every method is safe from any thread. Implementations pass store/testing/archive_contract.h.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "record/verdict.h"
#include "store/store.h"

namespace gleaner::store {

// One archived object.
struct Part {
  int64_t id = 0;  // given by the store; greater is newer
  std::string project;
  std::string platform;
  Day day;
  int number = 1;      // among the parts of a platform and day
  std::string key;     // of the object
  std::string format;  // as file names end: "jsonl.gz"
  int64_t records = 0;
  int64_t signals = 0;       // that lie in the object
  int64_t raw_bytes = 0;     // of its lines
  int64_t packed_bytes = 0;  // of the object
  std::string sha256;        // of the object's bytes, hexadecimal
  std::string lines_sha256;  // of its lines, hexadecimal
  Time first;                // created_at of its records
  Time last;
  Time archived_at;
  int schema_version = 1;  // of the lines
  std::string index;       // what finds a record in it; empty where a list of parts is asked for
};

// What lies in the store itself of a project, platform and day.
struct HotSlice {
  std::string project;
  std::string platform;
  Day day;
  int64_t records = 0;
  int64_t bytes = 0;  // of their JSON, about: without their signals'
};

// What a day of a project held in the store when it was read: equal only if nothing came and nothing went since.
struct DayContent {
  int64_t interactions = 0;
  int64_t signals = 0;            // of those interactions
  uint64_t interactions_xor = 0;  // of their content hashes
  uint64_t signals_xor = 0;
  int64_t last_position = 0;  // Stored::position of the last
  friend bool operator==(const DayContent&, const DayContent&) = default;
};

struct DayParts {
  int64_t generation = 0;   // 0 for a day that was never sealed
  std::vector<Part> parts;  // by platform and number, without their indexes
};

// What becomes of the counters and facets of a project, platform and day.
struct Recount {
  Counters change;
  std::map<std::pair<std::string, std::string>, int64_t> facets;  // by facet and value
};

// A signal that waited, for an interaction that was found in a part.
struct LateSignal {
  Write waiting;                   // as waiting() gave it
  std::string interaction_id;      // whose it is; becomes the signal's interaction_id
  Time created_at;                 // of the interaction
  std::string platform;            // of the interaction
  int64_t known = 0;               // how many late signals of the interaction there were when `change` was worked out
  std::optional<Counters> change;  // nullopt for one that the part has already: it only stops waiting
};

// A signal that lies in the store, whether its interaction does or not.
struct PlacedSignal {
  record::Signal signal;
  uint64_t content_hash = 0;
  bool waits = false;  // for an interaction that has not come
  Time created_at;     // of its interaction, or the beginning of its day; not if it waits
};

// Held by one among all processes that have the store open; given back when it is destroyed, or its holder dies.
class ArchiveLease {
 public:
  ArchiveLease() = default;
  ArchiveLease(const ArchiveLease&) = delete;
  ArchiveLease& operator=(const ArchiveLease&) = delete;
  virtual ~ArchiveLease() = default;
};

class ArchiveCatalog {
 public:
  ArchiveCatalog() = default;
  ArchiveCatalog(const ArchiveCatalog&) = delete;
  ArchiveCatalog& operator=(const ArchiveCatalog&) = delete;
  virtual ~ArchiveCatalog() = default;

  // The right to archive, or null while another has it. Archivers without it do no harm, only work in vain.
  virtual Result<std::unique_ptr<ArchiveLease>> lease() = 0;

  // What lies in the store itself, of days before `before`; by day, project and platform.
  virtual Result<std::vector<HotSlice>> hot_slices(Day before) = 0;
  virtual Result<DayParts> parts_of(std::string_view project, Day day) = 0;
  // Of all days, or of those in [from, to), by day, platform and number; without indexes.
  virtual Result<std::vector<Part>> parts(std::string_view project, std::optional<Day> from, std::optional<Day> to) = 0;
  // A number that grows whenever any part of the project comes, goes or changes, for who remembers parts.
  virtual Result<int64_t> version(std::string_view project) = 0;
  // Errors: kNotFound.
  virtual Result<std::string> index_of(const Part& part) = 0;
  // Another index for a part whose own is lost or damaged; nothing else changes. Errors: kNotFound.
  virtual Status put_index(const Part& part, std::string_view index) = 0;

  // Takes the project's records of the day out of the store and notes `parts` in their stead, with the ids they get.
  // False, and nothing is changed, if what the store has of the day is no longer `expected` or its generation is no
  // longer `generation`. A waiting signal is none of the day's. Errors: kUnavailable, also when writers stand in the
  // way for seconds.
  virtual Result<bool> seal(std::string_view project, Day day, int64_t generation, const DayContent& expected,
                            std::vector<Part>& parts) = 0;

  // `with` in the stead of part `old`, or nothing, with what that changes in the counters of its platform, and without
  // the late signals of `forgotten` interactions (their ids). False if the generation is another.
  virtual Result<bool> replace(const Part& old, int64_t generation, std::optional<Part> with, const Recount& recount,
                               std::span<const std::string> forgotten) = 0;

  // Puts the records of `parts`, all of one project and day, back into the store, and forgets the parts; one
  // transaction. `next` gives them with their signals and hashes, in the order they shall have, nullopt at the end;
  // late signals are the store's already and not among them. False if the generation is another.
  using NextStored = std::function<Result<std::optional<Stored>>()>;
  virtual Result<bool> restore(std::span<const Part> parts, int64_t generation, const NextStored& next) = 0;

  // Whether any late signals of the day's archived records may lie in the store.
  virtual Result<bool> any_late(std::string_view project, Day day) = 0;
  // Late signals of these interactions of the day, in order of arrival.
  virtual Result<std::vector<Write>> late_signals(std::string_view project, Day day,
                                                  std::span<const std::string> interaction_ids) = 0;
  // Moves waiting signals to the day of their interactions and counts them; one answer for each: false if the number
  // of late signals of its interaction is not the one that is known, and then it waits on.
  virtual Result<std::vector<bool>> settle(std::span<const LateSignal> signals) = 0;

  // Every signal in the store by any of these people (their pseudonyms), by time of arrival.
  virtual Result<std::vector<PlacedSignal>> signals_of(std::string_view project,
                                                       std::span<const std::string> user_ids) = 0;
  // Removes signals of one interaction, in the store or archived, by their ids; `after` is what its verdict becomes.
  virtual Status drop_signals(std::string_view project, std::string_view interaction_id, Time created_at,
                              std::span<const std::string> signal_ids, const record::Verdict& after,
                              std::string_view platform, const Recount& recount) = 0;
  // Removes waiting signals of these people; how many.
  virtual Result<int64_t> drop_waiting(std::string_view project, std::span<const std::string> user_ids) = 0;
  // Removes rejects whose text names any of these; how many.
  virtual Result<int64_t> drop_rejects(std::string_view project, std::span<const std::string> mentions) = 0;
  // Gives back the space of what was removed, so that none of it stands in free pages or the write-ahead log any
  // longer, as far as the store can; what it cannot is said in the answer, empty if all is done.
  virtual Result<std::string> scrub() = 0;
};

}  // namespace gleaner::store
