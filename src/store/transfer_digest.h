// What two stores are compared by. A digest is taken over a record as it is read back, so it does not depend on how a
// store keeps it; the digests of many are added up, so it does not matter in which order they come.
//
// Digests are good inside of one process only. Plain functions, safe from any thread; walk_rejects() as the store.
#pragma once

#include <functional>
#include <map>

#include "base/hash.h"
#include "store/store.h"

namespace gleaner::store {

// Over the id, the record as record::encode writes it, and the content hash.
Hash128 digest_of(const record::Interaction& interaction, uint64_t content_hash);
// Also over the interaction it belongs to; empty for a signal that waits.
Hash128 digest_of(const record::Signal& signal, std::string_view interaction_id, uint64_t content_hash);
// Over everything but seq, which is each store's own.
Hash128 digest_of(const Reject& reject);

// Interactions, their signals, and the sum of all their digests, modulo 2 to the 128th.
struct Tally {
  int64_t interactions = 0;
  int64_t signals = 0;
  Hash128 digest;

  // One interaction with its signals.
  void add(const Stored& stored);
  friend bool operator==(const Tally&, const Tally&) = default;
};

// How often each reject of a project is there.
struct RejectCounts {
  std::map<Hash128, int64_t> by_digest;
  int64_t all = 0;

  // False if there is none left of it, else there is one less.
  bool take(const Reject& reject);
};

Status walk_rejects(Store& store, const std::string& project, const std::function<Status(Reject&)>& body);
Result<RejectCounts> count_rejects(Store& store, const std::string& project);

}  // namespace gleaner::store
