// Whether a text repeats something of a held-out set: evaluation questions that must not be trained on.
//
// What is held out is kept as the hashes of all its runs of `words` words (13 by default, as for GPT-3); words are
// those of dataset/words.h, so case, white space and punctuation do not count. A held-out text with fewer words counts
// as one run of all it has, but not if it has fewer than `least_words`: a few words occur everywhere. Of Thai, Lao,
// Khmer and Burmese a letter is a word, and 13 of them are no more than three words: more should be asked for.
//
// Memory: 8 bytes for each different run and 1 to 2 for a filter that tells nearly all others without a search; while
// it is built, at most three times that.
//
// Thread contract: a Builder belongs to one thread. The set it makes is immutable and safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dataset/words.h"

namespace gleaner::dataset {

struct ContaminationOptions {
  size_t words = 13;       // 1 to 1,000
  size_t least_words = 8;  // 1 to `words`
};

struct Overlap {
  size_t words = 0;    // of the text
  size_t covered = 0;  // of these, part of a run that is held out
  size_t hits = 0;     // runs of the text that are held out
  std::string first;   // the first of them, normalised; empty without one

  double fraction() const { return words == 0 ? 0 : static_cast<double>(covered) / static_cast<double>(words); }
};

class HeldOut {
 public:
  class Builder {
   public:
    // Errors: kInvalidArgument for an option out of its range.
    static Result<Builder> create(const ContaminationOptions& options);

    // False when the text has too few words to be recognised.
    bool add(std::string_view text);
    // The builder is empty afterwards.
    HeldOut build();

   private:
    explicit Builder(const ContaminationOptions& options);

    ContaminationOptions options_;
    WordReader reader_;
    std::vector<uint64_t> runs_;
    std::vector<bool> has_length_;  // whether there is a run of so many words
  };

  size_t runs() const { return runs_.size(); }

  // `reader` is the caller's scratch; any that make_reader gave.
  Overlap overlap(std::string_view text, WordReader& reader) const;
  static WordReader make_reader() { return WordReader(kSeed); }

 private:
  static constexpr uint64_t kSeed = 13;

  HeldOut(std::vector<uint64_t> runs, std::vector<size_t> lengths);
  bool contains(uint64_t run) const;

  std::vector<uint64_t> runs_;   // in ascending order, each once
  std::vector<size_t> lengths_;  // that occur, in words, ascending
  std::vector<uint64_t> filter_;
  int filter_shift_ = 0;
};

}  // namespace gleaner::dataset
