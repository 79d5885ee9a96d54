// Everything that is held about one person of a project, for who asks what that is: lines of JSON, streamed. Archived
// objects are opened only where their index says that something of the person is in them.
//
//   {"interaction":{...}}           what they asked and were answered, in the store or archived
//   {"signal":{...}}                what they said, of whomever's interaction: its id only, none of its content
//   {"signal":{...},"waits":true}   the same, for an interaction that has not come
//   {"summary":{...}}               PersonCounts; the last line: without it something is missing
//
// What is archived while the lines are read is given once all the same. What is restored or erased meanwhile, and lay
// in the archive when they began, is an error: begin again.
//
// Thread contract: one thread at a time. Memory: one block of an archived object, one piece, the person's signals that
// lie in the store and the ids of their interactions there.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "archive/cold_records.h"
#include "archive/tiered_store.h"
#include "archive/tiers.h"
#include "store/store.h"

namespace gleaner::insight {

struct PersonCounts {
  int64_t interactions = 0;
  int64_t signals = 0;  // but those that wait
  int64_t waiting = 0;
  int64_t rejects = 0;  // rejected records that name them; their text is no record and not given
  int64_t total() const { return interactions + signals + waiting + rejects; }
};

class PersonData {
 public:
  // `store` stands on `tiers`; both must outlive it. `users` are the person's pseudonyms, at least one. Errors:
  // kInvalidArgument without any, those of the stores; kUnavailable while the archive changes all the time.
  static Result<std::unique_ptr<PersonData>> open(const archive::Tiers& tiers, archive::TieredStore& store,
                                                  std::string project, std::vector<std::string> users);

  // Appends some lines, or none when there was much to look through; false when there are no more. Errors: those of the
  // stores; kUnavailable when archived parts went meanwhile.
  Result<bool> next(std::string& out);
  // Of what was appended so far.
  const PersonCounts& counts() const { return counts_; }

 private:
  enum class Stage { kHot, kSignals, kArchive, kRejects, kEnd };

  PersonData(const archive::Tiers& tiers, archive::ColdRecords& cold, std::string project,
             std::vector<std::string> users)
      : tiers_(tiers), cold_(cold), project_(std::move(project)), users_(std::move(users)) {}

  Status begin();
  Status begin_scan(std::string cursor);
  Status step_hot(std::string& out);
  Status step_signals(std::string& out);
  Status begin_archive();
  Status step_archive(std::string& out);
  Status open_part(const store::Part& part);
  Status add_block(std::string& out);
  Status step_rejects(std::string& out);
  bool is_theirs(std::string_view user) const;

  const archive::Tiers tiers_;
  archive::ColdRecords& cold_;
  const std::string project_;
  const std::vector<std::string> users_;
  PersonCounts counts_;
  Stage stage_ = Stage::kHot;

  archive::ColdRecords::Parts before_;  // together with signals_, at one instant
  std::vector<store::PlacedSignal> signals_;
  size_t next_signal_ = 0;
  std::unique_ptr<store::Scan> scan_;
  std::set<std::string> given_;  // interactions that were in the store

  archive::ColdRecords::Parts parts_;  // when the store had been looked through
  std::set<std::string> new_parts_;    // sealed since the beginning, by key
  size_t next_part_ = 0;
  std::unique_ptr<archive::PartReader> reader_;  // of the part under way, whose blocks these are
  std::vector<uint32_t> blocks_;
  size_t next_block_ = 0;
  bool part_is_new_ = false;
  archive::PartBlock block_;
  archive::LineDecoder decoder_;

  int64_t last_reject_ = 0;
};

}  // namespace gleaner::insight
