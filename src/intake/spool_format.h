// The bytes of a spool segment (docs/spool-format.md): a header, then groups, each a header and its entries. A group is
// what one append made durable. Everything carries a checksum keyed by a random seed of its segment, so that bytes
// inside a record can never be taken for structure.
//
// Thread contract: pure functions and values; a GroupWriter or SegmentReader belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "store/store.h"

namespace gleaner::intake {

// The version written. Readers accept every version from 1 to this one.
inline constexpr uint32_t kSpoolVersion = 1;
inline constexpr size_t kSegmentHeaderBytes = 40;
inline constexpr size_t kGroupHeaderBytes = 24;
inline constexpr size_t kEntryHeaderBytes = 12;
inline constexpr size_t kPositionBytes = 40;
inline constexpr size_t kEntryFixedBytes = 16;  // of an entry's payload, before its texts

// Has the same layout in every version, so that an older reader can tell a newer segment from a damaged one.
struct SegmentHeader {
  uint32_t version = kSpoolVersion;
  uint64_t number = 0;
  uint64_t seed = 0;

  std::string encode() const;
  // Errors: kDataLoss for what is no header, kInvalidArgument for a version of a later release.
  static Result<SegmentHeader> decode(std::string_view bytes);
};

struct GroupHeader {
  uint32_t entries = 0;
  uint64_t bytes = 0;  // of the entries, with their headers

  std::string encode(uint64_t seed) const;
  static Result<GroupHeader> decode(std::string_view bytes, uint64_t seed);
};

// One entry as it lies in the segment. The texts point into the bytes it was read from.
struct SpoolEntry {
  enum class Type : uint8_t { kInteraction = 1, kSignal = 2, kReject = 3 };
  Type type = Type::kInteraction;
  bool id_is_fresh = false;
  uint64_t content_hash = 0;  // of an interaction or signal
  Time at;                    // of a reject
  std::string_view project;
  std::string_view reason;  // of a reject
  std::string_view text;    // the record's JSON, or what was rejected
};

// How far a spool is drained: up to an entry of a group of a segment.
struct SpoolPosition {
  uint64_t segment = 0;
  uint64_t seed = 0;  // of that segment: a position is of this segment or of none
  uint64_t offset = 0;
  uint64_t index = 0;

  std::string encode() const;
  // Errors: kDataLoss.
  static Result<SpoolPosition> decode(std::string_view bytes);
};

// Writes one group.
class GroupWriter {
 public:
  explicit GroupWriter(uint64_t seed) : seed_(seed), bytes_(kGroupHeaderBytes, '\0') {}
  void add(const store::Write& write);
  void add(const store::Reject& reject);
  // The whole group. Errors: kTooLarge when an entry has over 4 GiB.
  Result<std::string> finish();

 private:
  size_t begin(SpoolEntry::Type type, uint8_t flags, uint64_t number, std::string_view project);
  void end(size_t start);

  uint64_t seed_;
  std::string bytes_;
  uint32_t entries_ = 0;
  bool too_large_ = false;
};

// Walks the groups of a segment. What does not check is passed over: an entry whose checksum is wrong alone, the rest
// of a group where a length is wrong, and the bytes up to the next group where a group's header is wrong.
class SegmentReader {
 public:
  // `bytes` begins where a group does.
  SegmentReader(std::string_view bytes, uint64_t seed) : bytes_(bytes), seed_(seed) {}

  enum class Found {
    kEntry,
    kDamage,  // `lost` entries, at least; 0 where it is unknown how many
    kTail,    // the segment ends inside a group, or in zeros: a group that was never finished
    kEnd,
  };
  Found next(SpoolEntry& entry);

  // Where to go on: where a group begins, and how many of its entries lie behind.
  size_t offset() const { return index_ == entries_ ? end_ : group_; }
  uint32_t index() const { return index_ == entries_ ? 0 : index_; }
  uint32_t lost() const { return lost_; }

 private:
  Found next_group();
  Found skip_to_group();
  Found damage(uint32_t lost);
  bool parse(std::string_view payload, SpoolEntry& entry) const;

  std::string_view bytes_;
  uint64_t seed_;
  size_t group_ = 0;   // where the current group begins
  size_t end_ = 0;     // where it ends; group_ where no group could be read
  size_t cursor_ = 0;  // the next entry
  uint32_t index_ = 0;
  uint32_t entries_ = 0;
  uint32_t lost_ = 0;
};

}  // namespace gleaner::intake
