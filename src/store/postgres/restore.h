// Puts archived records back into the store, inside a transaction of the caller's: rows by COPY, a batch at a time, and
// with each batch what belongs to it. The caller has the day locked (archive_day.h). One thread.
//
// Late signals of a record are in the store already. They get new places in the order of arrival, behind those of the
// record, and its verdict counts both.
#pragma once

#include <map>
#include <vector>

#include "store/archive_catalog.h"
#include "store/postgres/copy_rows.h"
#include "store/postgres/refs.h"
#include "store/postgres/signal_rows.h"
#include "store/postgres/tally.h"
#include "store/postgres/verdict_columns.h"

namespace gleaner::store {

class Restore {
 public:
  // `staged` as in WriterState.
  Restore(Connection& connection, std::string project, Day day, CopyRows::Options rows, bool staged)
      : connection_(connection), project_(std::move(project)), day_(day), rows_(rows), staged_(staged) {}

  // All that `next` gives. How many.
  Result<int64_t> run(const ArchiveCatalog::NextStored& next);
  // The statements that count what lies in the store now.
  Status count(std::vector<Call>& calls) const;

 private:
  // Of a record of the batch: what is left to do once its row is in.
  struct Rest {
    Place place;
    std::string platform;
    uint64_t content_hash = 0;
    std::vector<std::string> items;
    std::vector<record::Signal> signals;
    std::vector<uint64_t> signal_hashes;
  };

  Status add(Stored&& stored);
  Status write_batch();
  Status copy_rows();
  Status claim_ids();
  Status write_items();
  // Takes the late signals of the batch out, to be put behind the others.
  Status take_late_signals();
  void add_signals(const Rest& rest, size_t late_from);
  Status write_signals();

  Connection& connection_;
  const std::string project_;
  const Day day_;
  CopyRows rows_;
  const bool staged_;
  Tally tally_;
  std::vector<Rest> batch_;
  std::map<Place, std::vector<std::pair<record::Signal, uint64_t>>> late_;  // of the batch
  SignalRows signal_rows_;
  VerdictRows verdict_rows_;
  size_t signal_bytes_ = 0;  // of the batch
};

}  // namespace gleaner::store
