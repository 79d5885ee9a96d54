// Joins signals with the interactions they are about, inside a transaction: finds the interaction, locks its verdict,
// tells new signals from repeated ones, folds them, and keeps those whose interaction has not come. Everything it locks
// comes in the same order for every writer. One thread.
//
// An interaction is locked against deletion until the transaction ends, and its verdict against other writers, so that
// signals of one interaction may come to several servers at once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "record/signal.h"
#include "record/verdict.h"
#include "store/postgres/connection.h"
#include "store/postgres/refs.h"
#include "store/postgres/tally.h"
#include "store/store.h"

namespace gleaner::store {

class SignalJoin {
 public:
  SignalJoin(Connection& connection, Tally& tally) : connection_(connection), tally_(tally) {}

  // In order. What is given must outlive the join.
  void add(const std::string& project, const record::Signal& signal, uint64_t content_hash);
  bool empty() const { return signals_.empty(); }

  // Reads and locks what is needed, and adds the statements that write the result.
  Status prepare(std::vector<Call>& calls);
  // The outcomes, once those statements were carried out; `answers` are theirs, beginning with the join's first.
  std::vector<Outcome> outcomes(const std::vector<Rows>& answers) const;
  // What signals wait for.
  const std::set<Ref>& waits_for() const { return waits_for_; }

  // Of the interactions that signals wait for, or of items: those that are there now.
  static Result<std::set<Ref>> arrived(Connection& connection, const std::set<Ref>& wanted);

 private:
  struct Incoming {
    const std::string* project;
    const record::Signal* signal;
    uint64_t content_hash;
    std::optional<Place> place;
    Outcome outcome = Outcome::kStored;
  };
  struct Touched {
    std::string platform;
    record::Verdict before;
    record::Verdict after;
    int64_t bytes = 0;
    bool changed = false;
  };
  using SignalKey = std::pair<Place, std::string>;
  // What a signal may be about, the likeliest first.
  using Candidates = std::vector<std::vector<Place>>;

  static Result<Candidates> candidates(Connection& connection, const std::vector<Incoming>& signals);
  Status locate();
  Status lock_verdicts();
  Status fold(std::vector<Call>& calls);
  void keep_waiting(std::vector<Call>& calls);
  void write_verdicts(std::vector<Call>& calls) const;

  Connection& connection_;
  Tally& tally_;
  std::vector<Incoming> signals_;
  std::map<Place, Touched> touched_;
  std::map<SignalKey, uint64_t> known_;           // content of the signals that are there
  std::set<std::pair<Place, std::string>> seen_;  // who has viewed what
  std::set<Ref> waits_for_;
  std::vector<size_t> waiting_;  // indexes into signals_, of the first of each key
};

}  // namespace gleaner::store
