#include "store/sqlite/id_filter.h"

namespace gleaner::store {
namespace {

constexpr size_t kBlockBits = 512;

// The high half picks the block, the low half six of its 512 bits.
size_t block_of(uint64_t key, size_t blocks) {
  return static_cast<size_t>((key >> 32) * blocks >> 32);
}

template <typename Visit>
bool for_each_bit(uint64_t key, Visit visit) {
  uint64_t bits = key * 0x9e3779b97f4a7c15ULL;
  for (int i = 0; i < 6; ++i, bits >>= 9) {
    if (!visit((bits & 511) >> 6, uint64_t{1} << (bits & 63))) return false;
  }
  return true;
}

}  // namespace

void IdFilter::add(uint64_t key) {
  if (layers_.empty() || layers_.back().room == 0) {
    const size_t ids = kFirstLayer << layers_.size();
    layers_.push_back({std::vector<Block>(ids * kBitsPerId / kBlockBits), ids});
  }
  Layer& layer = layers_.back();
  --layer.room;
  Block& block = layer.blocks[block_of(key, layer.blocks.size())];
  for_each_bit(key, [&block](size_t word, uint64_t mask) {
    block.words[word] |= mask;
    return true;
  });
}

bool IdFilter::maybe_contains(uint64_t key) const {
  for (const Layer& layer : layers_) {
    const Block& block = layer.blocks[block_of(key, layer.blocks.size())];
    if (for_each_bit(key, [&block](size_t word, uint64_t mask) { return (block.words[word] & mask) != 0; }))
      return true;
  }
  return false;
}

size_t IdFilter::bytes() const {
  size_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.blocks.size() * sizeof(Block);
  return sum;
}

}  // namespace gleaner::store
