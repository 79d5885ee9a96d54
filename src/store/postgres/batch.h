// One append() as one transaction on one connection. One thread.
//
// Ids that clients chose are claimed in gleaner.client_ids first, which makes two servers that get the same one wait
// for each other; then interactions go in by COPY, then signals are joined, and the counters come last, so that what
// other writers might wait for is held for the shortest time. Commit follows in the same round trip.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/postgres/copy_rows.h"
#include "store/postgres/signal_join.h"
#include "store/postgres/tally.h"

namespace gleaner::store {

// What a store's batches share; used by one at a time.
struct WriterState {
  WriterState(CopyRows::Options options, int64_t of_slot, bool is_staged)
      : rows(options), slot(of_slot), staged(is_staged) {}

  CopyRows rows;
  FacetValues facet_values;
  const int64_t slot;
  // Row-level security binds this login, so COPY into the table is refused: rows go through a temporary table.
  const bool staged;
  std::set<Day> days;  // whose partitions are there
};

class Batch {
 public:
  // `writes` must outlive the batch.
  Batch(Connection& connection, WriterState& state, const std::vector<Write>& writes)
      : connection_(connection), state_(state), writes_(writes), join_(connection, tally_) {}

  // `trust_fresh`: that ids marked as fresh need not be looked up; not so when the batch may have been committed
  // before.
  Result<std::vector<Outcome>> run(bool trust_fresh);

  // Afterwards: what came, by the names that signals may wait for; empty when none wait.
  const std::set<Ref>& came() const { return came_; }
  const std::set<Ref>& waits_for() const { return join_.waits_for(); }

  // Gives signals that wait for one of `targets` to their interactions.
  Status settle(const std::set<Ref>& targets);

 private:
  struct Claim {
    Place place;
    uint64_t content_hash;
    std::vector<size_t> writes;  // with this id; the first is the one to store
  };

  Status choose(bool trust_fresh);
  Status make_days();
  Status find_minted();
  Status claim_ids();
  Status look_at_taken();
  void decide(const Claim& claim, uint64_t stored_hash);
  Status begin();
  Result<Rows> ask(const char* sql, Params params);
  Status copy_interactions();
  Status expect_generations();
  Status add_row(const Write& write, const record::Interaction& record);
  Status write_items();
  void note_what_came();
  Result<std::vector<Rows>> finish();

  const record::Interaction& interaction(size_t index) const {
    return std::get<record::Interaction>(writes_[index].record);
  }

  Connection& connection_;
  WriterState& state_;
  const std::vector<Write>& writes_;
  Tally tally_;
  SignalJoin join_;
  std::vector<Outcome> outcomes_;
  std::vector<size_t> store_;  // indexes of interactions that go in
  std::map<Ref, Claim> claims_;
  std::vector<size_t> signals_;  // indexes, in the order of the join
  std::vector<Call> calls_;
  std::set<Ref> came_;
  bool begun_ = false;
};

}  // namespace gleaner::store
