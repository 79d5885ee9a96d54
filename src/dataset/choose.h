// Which examples of those gathered a dataset takes: one of each set of duplicates, as many of each kind as the balance
// asks, and a sample. Every choice is made by the seed and the examples alone.
//
// Thread contract: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dataset/gather.h"

namespace gleaner::dataset {

struct ChooseReport {
  std::map<std::string, uint64_t> left_out;  // by reason
  uint64_t clusters = 0;                     // of duplicates
  uint64_t largest_cluster = 0;
  // The first clusters, for a person to look at: the example that was kept first.
  std::vector<std::vector<size_t>> examples;  // indexes of candidates
};

struct Chosen {
  std::vector<size_t> candidates;  // indexes, ascending
  ChooseReport report;
};

// Errors: those of reading the examples again.
Result<Chosen> choose(Gathered& gathered, const Recipe& recipe);

}  // namespace gleaner::dataset
