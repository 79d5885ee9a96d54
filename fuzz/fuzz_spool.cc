// SegmentReader on a spool segment of any bytes: as they are, and with every checksum put right, so that what lies
// behind the checksums is reached too. Reading ends, stays inside the bytes, and goes on at any position as if it had
// never stopped.
#include <cstring>
#include <vector>

#include "base/hash.h"
#include "intake/spool_format.h"
#include "target.h"

using gleaner::fuzz::require;
using namespace gleaner::intake;

namespace {

struct Step {
  SegmentReader::Found found;
  SpoolEntry entry;
  uint32_t lost = 0;
  size_t offset = 0;
  uint32_t index = 0;
};

bool inside(std::string_view bytes, std::string_view part) {
  return part.empty() || (part.data() >= bytes.data() && part.data() + part.size() <= bytes.data() + bytes.size());
}

bool is_last(SegmentReader::Found found) {
  return found == SegmentReader::Found::kEnd || found == SegmentReader::Found::kTail;
}

std::vector<Step> read(std::string_view bytes, uint64_t seed) {
  SegmentReader reader(bytes, seed);
  std::vector<Step> steps;
  do {
    Step step;
    const size_t before = reader.offset();
    step.found = reader.next(step.entry);
    step.lost = reader.lost();
    step.offset = reader.offset();
    step.index = reader.index();
    require(step.offset >= before && step.offset <= bytes.size(), "reading goes forward");
    steps.push_back(step);
  } while (!is_last(steps.back().found));
  return steps;
}

// Goes on at where `steps` had come to after each of them.
void check_positions(std::string_view bytes, uint64_t seed, const std::vector<Step>& steps) {
  for (size_t i = 0; i + 1 < steps.size(); i += 1 + steps.size() / 16) {
    SegmentReader again(bytes.substr(steps[i].offset), seed);
    SpoolEntry entry;
    while (again.offset() == 0 && again.index() < steps[i].index) again.next(entry);
    require(again.index() == steps[i].index, "a position is found again");
    const Step& next = steps[i + 1];
    require(again.next(entry) == next.found, "what comes next is the same");
    if (next.found == SegmentReader::Found::kEntry)
      require(entry.text.data() == next.entry.text.data(), "it is the same entry");
  }
}

void check_entry(std::string_view bytes, const SpoolEntry& entry) {
  require(inside(bytes, entry.project) && inside(bytes, entry.reason) && inside(bytes, entry.text), "texts are inside");
  if (entry.type != SpoolEntry::Type::kReject) return;
  GroupWriter writer(1);
  writer.add(gleaner::store::Reject{0, std::string(entry.project), entry.at, std::string(entry.reason),
                                    std::string(entry.text)});
  const auto group = writer.finish();
  require(group.has_value(), "it can be written");
  SegmentReader reader(*group, 1);
  SpoolEntry back;
  require(reader.next(back) == SegmentReader::Found::kEntry, "it can be read again");
  require(
      back.project == entry.project && back.at == entry.at && back.reason == entry.reason && back.text == entry.text,
      "it is the same");
}

void check(std::string_view bytes) {
  if (const auto position = SpoolPosition::decode(bytes))
    require(position->encode() == bytes, "a position is written as it was read");
  const auto header = SegmentHeader::decode(bytes);
  if (!header) return;
  const std::string_view groups = bytes.substr(kSegmentHeaderBytes);
  const std::vector<Step> steps = read(groups, header->seed);
  for (const Step& step : steps) {
    if (step.found == SegmentReader::Found::kEntry) check_entry(groups, step.entry);
  }
  check_positions(groups, header->seed, steps);
}

template <typename T>
T get(const std::string& bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Writes the checksum of bytes[from, from + size) at `at`.
void seal(std::string& bytes, size_t at, uint64_t seed, size_t from, size_t size) {
  const uint64_t sum = gleaner::keyed_hash64(seed, std::string_view(bytes).substr(from, size));
  std::memcpy(bytes.data() + at, &sum, sizeof sum);
}

std::string sealed(std::string bytes) {
  if (bytes.size() < kSegmentHeaderBytes) return bytes;
  const auto seed = get<uint64_t>(bytes, 24);
  seal(bytes, 32, seed, 0, 32);
  for (size_t group = kSegmentHeaderBytes; bytes.size() - group >= kGroupHeaderBytes;) {
    seal(bytes, group + 16, seed, group, 16);
    const auto size = get<uint64_t>(bytes, group + 8);
    size_t entry = group + kGroupHeaderBytes;
    if (size > bytes.size() - entry) break;
    group = entry + size;
    while (group - entry >= kEntryHeaderBytes) {
      const size_t length = get<uint32_t>(bytes, entry);
      if (length > group - entry - kEntryHeaderBytes) break;
      seal(bytes, entry + 4, seed, entry + kEntryHeaderBytes, length);
      entry += kEntryHeaderBytes + length;
    }
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = gleaner::fuzz::text_of(data, size);
  check(bytes);
  check(sealed(std::string(bytes)));
  return 0;
}
