// Which split an example stands in. Examples that share a session, a user, a prompt or a cluster of near-duplicates are
// one group, and so are groups that share an example; a group stays together. Groups are taken in an order that the
// seed decides, the large ones first, each to the split that lacks most of its share; stratified, for each value by
// itself as far as groups allow.
//
// Thread contract: pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataset/gather.h"

namespace gleaner::dataset {

struct Splits {
  std::vector<uint32_t> of;  // the split of each chosen candidate, in their order
  uint64_t groups = 0;
  uint64_t largest_group = 0;  // examples
};

Splits split(const Gathered& gathered, std::span<const size_t> chosen, const Recipe& recipe);

// How many sessions, users, prompts and clusters stand in more than one split: all 0 for what split() made and the
// recipe groups by. Counted anew from the candidates, not from the groups.
struct Leakage {
  uint64_t sessions = 0;
  uint64_t users = 0;
  uint64_t prompts = 0;
  uint64_t duplicates = 0;
};
Leakage leakage(const Gathered& gathered, std::span<const size_t> chosen, std::span<const uint32_t> split_of);

}  // namespace gleaner::dataset
