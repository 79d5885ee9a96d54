// What the search for duplicates keeps of each text. A part of near_duplicates.h.
//
// Thread contract: texts may be filled in by several threads, each its own; append() by one alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/hash.h"
#include "dataset/minhash.h"

namespace gleaner::dataset {

class SignedTexts {
 public:
  struct Text {
    Hash128 hash;               // of the normalised text
    bool has_shingles = false;  // else its signature says nothing
  };

  explicit SignedTexts(size_t permutations) : permutations_(permutations) {}

  size_t size() const { return size_; }
  size_t permutations() const { return permutations_; }

  // A text nothing is known of, with the signature of the empty set.
  void append() {
    if (size_++ % kTextsOfBlock == 0) blocks_.push_back(std::make_unique<Block>(permutations_));
  }
  Text& text(size_t index) { return blocks_[index / kTextsOfBlock]->texts[index % kTextsOfBlock]; }
  const Text& text(size_t index) const { return blocks_[index / kTextsOfBlock]->texts[index % kTextsOfBlock]; }
  std::span<uint32_t> signature(size_t index) {
    return std::span(blocks_[index / kTextsOfBlock]->signatures).subspan(begin(index), permutations_);
  }
  std::span<const uint32_t> signature(size_t index) const {
    return std::span(blocks_[index / kTextsOfBlock]->signatures).subspan(begin(index), permutations_);
  }

 private:
  static constexpr size_t kTextsOfBlock = 1024;
  // Blocks, because a vector that grows holds everything twice.
  struct Block {
    explicit Block(size_t permutations) : signatures(kTextsOfBlock * permutations, MinHash::kEmpty) {}
    std::array<Text, kTextsOfBlock> texts;
    std::vector<uint32_t> signatures;
  };

  size_t begin(size_t index) const { return index % kTextsOfBlock * permutations_; }

  size_t permutations_;
  size_t size_ = 0;
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace gleaner::dataset
