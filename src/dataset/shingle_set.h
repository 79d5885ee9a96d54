// The different shingles of a text, as their hashes; to compare two texts exactly. A part of near_duplicates.h.
//
// A table with open addresses, at most half full: sorting the hashes would take several times as long.
//
// Thread contract: an object belongs to one thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataset/words.h"

namespace gleaner::dataset {

class ShingleSet {
 public:
  size_t size() const { return hashes_.size(); }

  // Takes all that are left of `shingles`; what was in the set is gone.
  void assign(NGrams shingles) {
    table_.assign(std::bit_ceil(2 * shingles.count() + 1), kNone);
    hashes_.clear();
    for (size_t left = shingles.count(); left > 0; --left) {
      const uint64_t hash = std::max(shingles.next(), kNone + 1);
      uint64_t& place = table_[place_of(hash)];
      if (place == kNone) hashes_.push_back(hash);
      place = hash;
    }
  }

  // Jaccard's: what both have, of what either has. 0 if both are empty.
  double similarity(const ShingleSet& other) const {
    if (size() > other.size()) return other.similarity(*this);
    size_t shared = 0;
    for (const uint64_t hash : hashes_) shared += other.table_[other.place_of(hash)] == hash ? 1 : 0;
    const size_t all = size() + other.size() - shared;
    return all == 0 ? 0 : static_cast<double>(shared) / static_cast<double>(all);
  }

 private:
  static constexpr uint64_t kNone = 0;

  // Where it is, or would be.
  size_t place_of(uint64_t hash) const {
    const size_t mask = table_.size() - 1;
    size_t at = hash & mask;
    while (table_[at] != kNone && table_[at] != hash) at = (at + 1) & mask;
    return at;
  }

  std::vector<uint64_t> table_;
  std::vector<uint64_t> hashes_;
};

}  // namespace gleaner::dataset
