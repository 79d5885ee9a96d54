// Preference pairs from several answers to the same prompt: of those people judged, the best before the worst; of the
// variants of an experiment, the one that did better before the one that did worse. One pair a prompt and source, so
// that a prompt that is asked often does not outweigh the others.
//
// Thread contract: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "dataset/example_file.h"

namespace gleaner::dataset {

class PreferencePairs {
 public:
  // One answer; its example is in the file, with the answer as `answer`.
  struct Half {
    ExampleFile::Place place;
    uint64_t prompt = 0;  // a hash of it
    uint64_t session = 0;
    uint64_t user = 0;
    uint64_t experiment = 0;  // hashes; 0 for none
    uint64_t variant = 0;
    float worth = 0;
    int thumbs = 0;  // 1 approved, -1 rejected, 0 not judged
  };

  void add(const Half& half) { halves_.push_back(half); }

  // Calls `keep` for every pair, in the order in which the chosen answers came. Errors: those of the file and of
  // `keep`.
  using Keep = std::function<Status(const Example& pair, const Half& chosen)>;
  Status make(ExampleFile& file, const Keep& keep);

  // Answers that made() found no other for.
  uint64_t alone() const { return alone_; }

 private:
  struct Pair {
    size_t chosen = 0;
    size_t rejected = 0;
  };
  // Of indexes into halves_; ties go to what came first.
  std::optional<Pair> judged(std::span<const size_t> same_prompt) const;
  std::optional<Pair> siblings(std::span<const size_t> same_prompt) const;

  std::vector<Half> halves_;
  uint64_t alone_ = 0;
};

}  // namespace gleaner::dataset
