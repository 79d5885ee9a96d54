// "Has this id been seen?" answered from memory: no for certain, or maybe. A blocked Bloom filter that grows by adding
// layers of double size, about 12 bits per id and one cache line per layer and question.
//
// Blocked Bloom filters: Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient Bloom Filters" (2007).
// Thread contract: one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gleaner::store {

class IdFilter {
 public:
  // `key` must be evenly distributed: the half of a Hash128.
  void add(uint64_t key);
  bool maybe_contains(uint64_t key) const;
  size_t bytes() const;

 private:
  struct alignas(64) Block {
    std::array<uint64_t, 8> words{};
  };
  struct Layer {
    std::vector<Block> blocks;
    size_t room = 0;
  };
  static constexpr size_t kBitsPerId = 12;
  static constexpr size_t kFirstLayer = size_t{1} << 14;
  std::vector<Layer> layers_;
};

}  // namespace gleaner::store
