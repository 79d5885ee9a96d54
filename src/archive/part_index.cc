#include "archive/part_index.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

#include "archive/block_codec.h"
#include "base/hash.h"

namespace gleaner::archive {
namespace {

constexpr std::string_view kMagic = "GLNI";
constexpr uint8_t kVersion = 1;
constexpr size_t kHeaderBytes = 13;  // magic, version, seed
constexpr size_t kSumBytes = 8;
constexpr size_t kMinBlockBytes = 5;  // its five numbers, a byte each
// The milliseconds of the years 1970 to 9999, what parse_time takes.
constexpr int64_t kMaxMs = 253402300799999;
constexpr uint64_t kMaxObjectBytes = uint64_t{1} << 48;

void put_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_fixed(std::string& out, uint64_t value) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
}

uint64_t get_fixed(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// Small where the difference is, whatever its sign.
uint64_t zigzag(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}
int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

// Reads what the put functions write; after the first mistake `ok` is false and every number 0.
struct Reader {
  std::string_view rest;
  bool ok = true;

  uint64_t number(uint64_t limit) {
    uint64_t value = 0;
    size_t used = 0;
    while (ok) {
      if (used == rest.size() || used == 10) break;
      const auto byte = static_cast<unsigned char>(rest[used]);
      if (used == 9 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << (7 * used);
      ++used;
      if (byte >= 0x80) continue;
      if ((byte == 0 && used > 1) || value > limit) break;  // one number has one way to be written
      rest.remove_prefix(used);
      return value;
    }
    ok = false;
    return 0;
  }
};

// A fingerprint and its block as one number without gaps: their differences are small where a block holds many, and
// there is no second number to store.
uint64_t joined(uint64_t entry, uint64_t blocks) {
  return (entry >> 32) * blocks + (entry & 0xffffffff);
}

void put_entries(std::string& out, std::span<const uint64_t> entries, uint64_t blocks) {
  put_number(out, entries.size());
  uint64_t next = 0;
  for (const uint64_t entry : entries) {
    const uint64_t value = joined(entry, blocks);
    put_number(out, value - next);
    next = value + 1;
  }
}

std::vector<uint64_t> get_entries(Reader& in, uint64_t blocks) {
  std::vector<uint64_t> entries;
  const uint64_t count = in.number(in.rest.size());
  if (blocks == 0) {
    in.ok = in.ok && count == 0;
    return entries;
  }
  entries.reserve(in.rest.size() < count ? 0 : count);
  const uint64_t end = blocks << 32;
  uint64_t next = 0;
  for (uint64_t i = 0; i < count && in.ok; ++i) {
    const uint64_t gap = in.number(end);
    if (gap >= end - next) in.ok = false;
    if (!in.ok) break;
    const uint64_t value = next + gap;
    entries.push_back((value / blocks) << 32 | value % blocks);
    next = value + 1;
  }
  return entries;
}

void put_block(std::string& out, const BlockInfo& block, int64_t before_ms) {
  put_number(out, block.packed_bytes);
  put_number(out, block.raw_bytes);
  put_number(out, block.records);
  put_number(out, zigzag(to_ms(block.first) - before_ms));
  put_number(out, static_cast<uint64_t>(to_ms(block.last) - to_ms(block.first)));
}

BlockInfo get_block(Reader& in, uint64_t offset, int64_t before_ms) {
  BlockInfo block{.offset = offset};
  block.packed_bytes = in.number(std::min(uint64_t{kMaxPackedBytes}, kMaxObjectBytes - offset));
  block.raw_bytes = in.number(kMaxBlockBytes);
  block.records = in.number(block.raw_bytes);
  const int64_t first = before_ms + unzigzag(in.number(uint64_t{4} * kMaxMs));
  const auto length = static_cast<int64_t>(in.number(kMaxMs));
  in.ok = in.ok && block.packed_bytes > 0 && block.records > 0 && first >= 0 && first + length <= kMaxMs;
  block.first = from_ms(first);
  block.last = from_ms(first + length);
  return block;
}

// Sorts what was added since `start`, leaves each once, and sets `start` to the end.
void sort_from(std::vector<uint64_t>& entries, size_t& start) {
  const std::ranges::subrange added(entries.begin() + static_cast<ptrdiff_t>(start), entries.end());
  std::ranges::sort(added);
  const auto repeated = std::ranges::unique(added);
  entries.erase(repeated.begin(), repeated.end());
  start = entries.size();
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Code::kDataLoss, fmt::format("the index of an archived part is damaged: {}", what));
}

}  // namespace

uint64_t PartIndex::packed_bytes() const {
  return blocks_.empty() ? 0 : blocks_.back().offset + blocks_.back().packed_bytes;
}

std::vector<uint32_t> PartIndex::find(const Entries& entries, std::string_view name) const {
  const uint64_t fingerprint = keyed_hash64(seed_, name) >> 32;
  std::vector<uint32_t> found;
  for (auto it = std::ranges::lower_bound(entries, fingerprint << 32); it != entries.end() && *it >> 32 == fingerprint;
       ++it) {
    found.push_back(static_cast<uint32_t>(*it));
  }
  return found;
}

std::string PartIndex::encode() const {
  std::string out(kMagic);
  out += static_cast<char>(kVersion);
  put_fixed(out, seed_);
  put_number(out, blocks_.size());
  int64_t before_ms = 0;
  for (const BlockInfo& block : blocks_) {
    put_block(out, block, before_ms);
    before_ms = to_ms(block.first);
  }
  put_entries(out, ids_, blocks_.size());
  put_entries(out, users_, blocks_.size());
  put_fixed(out, keyed_hash64(seed_, out));
  return out;
}

Result<PartIndex> PartIndex::decode(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes + kSumBytes || !bytes.starts_with(kMagic)) return damaged("it does not begin as one");
  const auto version = static_cast<uint8_t>(bytes[kMagic.size()]);
  if (version != kVersion)
    return fail(Code::kInvalidArgument,
                fmt::format("an index of version {}; this release reads {}", version, kVersion));
  PartIndex index;
  index.seed_ = get_fixed(bytes.substr(kMagic.size() + 1));
  const std::string_view summed = bytes.substr(0, bytes.size() - kSumBytes);
  if (keyed_hash64(index.seed_, summed) != get_fixed(bytes.substr(summed.size()))) return damaged("its checksum");
  Reader in{summed.substr(kHeaderBytes)};
  const uint64_t count = in.number(in.rest.size() / kMinBlockBytes);
  index.blocks_.reserve(count);
  uint64_t offset = 0;
  int64_t before_ms = 0;
  for (uint64_t i = 0; i < count && in.ok; ++i) {
    const BlockInfo block = get_block(in, offset, before_ms);
    if (!in.ok) break;
    offset += block.packed_bytes;
    before_ms = to_ms(block.first);
    index.blocks_.push_back(block);
  }
  if (in.ok) index.ids_ = get_entries(in, count);
  if (in.ok) index.users_ = get_entries(in, count);
  if (!in.ok || !in.rest.empty()) return damaged("its numbers");
  return index;
}

uint64_t random_index_seed() {
  return get_fixed(random_bytes(8));
}

PartIndexBuilder::PartIndexBuilder(uint64_t seed) {
  index_.seed_ = seed;
}

void PartIndexBuilder::add_id(std::string_view id) {
  index_.ids_.push_back(keyed_hash64(index_.seed_, id) >> 32 << 32 | index_.blocks_.size());
}

void PartIndexBuilder::add_user(std::string_view user_id) {
  if (user_id.empty() || user_id == last_user_) return;
  last_user_ = user_id;
  index_.users_.push_back(keyed_hash64(index_.seed_, user_id) >> 32 << 32 | index_.blocks_.size());
}

void PartIndexBuilder::add_record(Time created_at) {
  block_.first = block_.records == 0 ? created_at : std::min(block_.first, created_at);
  block_.last = block_.records == 0 ? created_at : std::max(block_.last, created_at);
  ++block_.records;
}

void PartIndexBuilder::end_block(uint64_t raw_bytes) {
  block_.raw_bytes = raw_bytes;
  index_.blocks_.push_back(std::exchange(block_, {}));
  last_user_.clear();
  sort_from(index_.ids_, block_ids_);
  sort_from(index_.users_, block_users_);
}

PartIndex PartIndexBuilder::finish(std::span<const uint64_t> packed_bytes) {
  assert(packed_bytes.size() == index_.blocks_.size());
  uint64_t offset = 0;
  for (size_t i = 0; i < packed_bytes.size(); ++i) {
    index_.blocks_[i].offset = offset;
    index_.blocks_[i].packed_bytes = packed_bytes[i];
    offset += packed_bytes[i];
  }
  for (auto* const entries : {&index_.ids_, &index_.users_}) {
    std::ranges::sort(*entries);
    entries->shrink_to_fit();
  }
  return std::exchange(index_, {});
}

}  // namespace gleaner::archive
