// What an archived part holds in numbers: what is recorded when it is written, and compared when it is read back.
//
// Plain values. A PartTally belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/digest.h"
#include "archive/line.h"
#include "archive/part_index.h"
#include "base/hash.h"
#include "base/time.h"
#include "store/store.h"

namespace gleaner::archive {

struct PartTotals {
  uint64_t records = 0;
  uint64_t signals = 0;
  uint64_t raw_bytes = 0;     // of the lines, with their line ends
  uint64_t packed_bytes = 0;  // of the object
  Sha256 sha256{};            // of the object
  Sha256 lines_sha256{};      // of the lines, whatever they are compressed with
  Time first;                 // the earliest and the latest created_at
  Time last;
  // Which records and signals these are, in any order and whatever parts they lie in: the sums, modulo 2 to the 64th,
  // of record_mark() over the records and of signal_mark() over the signals.
  uint64_t content_sum = 0;
  uint64_t signal_sum = 0;

  friend bool operator==(const PartTotals&, const PartTotals&) = default;
};

constexpr uint64_t record_mark(uint64_t content_hash) {
  return mix64(content_hash);
}
// The interaction's content_hash keeps two signals apart that only differ in what they are about.
constexpr uint64_t signal_mark(uint64_t signal_hash, uint64_t content_hash) {
  return mix64(signal_hash ^ content_hash);
}

// The first number that differs, for a message; empty if all are the same.
std::string difference(const PartTotals& expected, const PartTotals& found);

struct PartSummary {
  PartTotals totals;
  PartIndex index;
};

// Counts a part as it is written or read again.
class PartTally {
 public:
  explicit PartTally(uint64_t index_seed) : builder_(index_seed) {}

  // Counts a record and notes it in the index. It must have a created_at.
  void add(const store::Stored& stored);
  // Counts a record only. Errors: kDataLoss for a line that cannot be split.
  Status add_line(std::string_view line);
  // The lines of a block, with their line ends.
  void end_block(std::string_view lines);
  // The bytes of the object, in any pieces.
  void add_packed(std::string_view bytes);

  // Ends the counting; nothing may be added after it.
  PartTotals totals();
  PartIndex index(std::span<const uint64_t> packed_bytes) { return builder_.finish(packed_bytes); }

 private:
  void count(Time created_at, uint64_t content_hash);

  PartIndexBuilder builder_;
  PartTotals totals_;
  Sha256Stream packed_digest_;
  Sha256Stream lines_digest_;
};

}  // namespace gleaner::archive
