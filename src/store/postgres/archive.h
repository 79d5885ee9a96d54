// What a PostgresStore knows of archived parts: gleaner.archive_metadata and gleaner.archive_days (docs/postgres.md).
//
// A day's row of archive_days is the lock of everything that changes its parts or the late signals beside them, in
// whichever server; dropping the day takes it, too. Late signals are rows of gleaner.signals without an interaction.
// The number of a slice's records in the store is what counters count less what parts hold, so every method that
// changes either sees to it that they agree.
//
// After kUnavailable from seal(), replace() or restore() it may be done all the same, if the answer to the commit was
// lost: the day's generation says so.
//
// Thread contract: safe from any thread.
#pragma once

#include "store/archive_catalog.h"
#include "store/postgres/copy_rows.h"
#include "store/postgres/pool.h"

namespace gleaner::store {

class PostgresArchive final : public ArchiveCatalog {
 public:
  // `staged` as in WriterState. `pool` must outlive the archive; what takes long has connections of its own, at most
  // two, made with `slow`.
  PostgresArchive(Pool& pool, Connection::Options slow, CopyRows::Options rows, bool staged)
      : pool_(pool), options_(slow), slow_(std::move(slow), 2), rows_(rows), staged_(staged) {}

  // A connection of its own, with an advisory lock of its session.
  Result<std::unique_ptr<ArchiveLease>> lease() override;
  Result<std::vector<HotSlice>> hot_slices(Day before) override;
  Result<DayParts> parts_of(std::string_view project, Day day) override;
  Result<std::vector<Part>> parts(std::string_view project, std::optional<Day> from, std::optional<Day> to) override;
  Result<int64_t> version(std::string_view project) override;
  Result<std::string> index_of(const Part& part) override;
  Status put_index(const Part& part, std::string_view index) override;

  // Errors: also kInvalidArgument, if the parts do not hold as many records as are taken out.
  Result<bool> seal(std::string_view project, Day day, int64_t generation, const DayContent& expected,
                    std::vector<Part>& parts) override;
  // Errors: also kInvalidArgument, if `recount` has another number of interactions than the parts.
  Result<bool> replace(const Part& old, int64_t generation, std::optional<Part> with, const Recount& recount,
                       std::span<const std::string> forgotten) override;
  // Errors: also kDataLoss, if `next` gives something else than the parts were to hold; kConflict, if the id of a
  // record is another's by now.
  Result<bool> restore(std::span<const Part> parts, int64_t generation, const NextStored& next) override;

  Result<bool> any_late(std::string_view project, Day day) override;
  Result<std::vector<Write>> late_signals(std::string_view project, Day day,
                                          std::span<const std::string> interaction_ids) override;
  // Errors: kUnavailable also if a signal stopped waiting in between.
  Result<std::vector<bool>> settle(std::span<const LateSignal> signals) override;

  Result<std::vector<PlacedSignal>> signals_of(std::string_view project,
                                               std::span<const std::string> user_ids) override;
  // Errors: kUnavailable also if signals of the interaction came or went in between: `after` is out of date then.
  Status drop_signals(std::string_view project, std::string_view interaction_id, Time created_at,
                      std::span<const std::string> signal_ids, const record::Verdict& after, std::string_view platform,
                      const Recount& recount) override;
  Result<int64_t> drop_waiting(std::string_view project, std::span<const std::string> user_ids) override;
  Result<int64_t> drop_rejects(std::string_view project, std::span<const std::string> mentions) override;
  Result<std::string> scrub() override;

 private:
  Pool& pool_;
  const Connection::Options options_;
  Pool slow_;
  const CopyRows::Options rows_;
  const bool staged_;
};

}  // namespace gleaner::store
