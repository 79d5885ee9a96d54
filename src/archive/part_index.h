// What finds a record or a person in an archived part without opening it. It is kept as a blob in the hot database and
// can be made again from the part alone. The encoding is described in docs/archive-format.md.
//
// Ids are kept as 32 bits of a keyed hash: an answer can name a block too many, never one too few. The seed is random
// and secret, so that nobody can choose ids that collide.
//
// Thread contract: a PartIndex does not change once made, and is then safe from any thread; a builder belongs to one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace gleaner::archive {

struct BlockInfo {
  uint64_t offset = 0;  // in the object
  uint64_t packed_bytes = 0;
  uint64_t raw_bytes = 0;
  uint64_t records = 0;
  Time first;  // the earliest and the latest created_at
  Time last;
  friend bool operator==(const BlockInfo&, const BlockInfo&) = default;
};

class PartIndex {
 public:
  // Blocks lie one behind the other from the object's beginning.
  std::span<const BlockInfo> blocks() const { return blocks_; }
  uint64_t packed_bytes() const;

  // The blocks, ascending, that may hold an interaction of that id, or one of whose items has it.
  std::vector<uint32_t> find_id(std::string_view id) const { return find(ids_, id); }
  // The blocks, ascending, that may hold an interaction or a signal of that user.
  std::vector<uint32_t> find_user(std::string_view user_id) const { return find(users_, user_id); }

  std::string encode() const;
  // Errors: kDataLoss for bytes that encode() does not write, kInvalidArgument for a later version.
  static Result<PartIndex> decode(std::string_view bytes);

  friend bool operator==(const PartIndex&, const PartIndex&) = default;

 private:
  friend class PartIndexBuilder;
  // Fingerprint above, block below; ascending, each once.
  using Entries = std::vector<uint64_t>;
  std::vector<uint32_t> find(const Entries& entries, std::string_view name) const;

  uint64_t seed_ = 0;
  std::vector<BlockInfo> blocks_;
  Entries ids_;
  Entries users_;
};

uint64_t random_index_seed();

class PartIndexBuilder {
 public:
  explicit PartIndexBuilder(uint64_t seed);

  // Of the block that is being filled.
  void add_id(std::string_view id);
  void add_user(std::string_view user_id);  // an empty one is nobody
  void add_record(Time created_at);
  // Ends that block; its packed size may be told later, as blocks are compressed aside.
  void end_block(uint64_t raw_bytes);

  // `packed_bytes` of every block, in order. The builder is empty afterwards.
  PartIndex finish(std::span<const uint64_t> packed_bytes);

 private:
  PartIndex index_;
  BlockInfo block_;
  size_t block_ids_ = 0;  // where the block's entries begin
  size_t block_users_ = 0;
  std::string last_user_;  // of the block; many records in a row are of one person
};

}  // namespace gleaner::archive
