#include "intake/spool_format.h"

#include <bit>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include "base/hash.h"
#include "record/codec.h"

namespace gleaner::intake {
namespace {

static_assert(std::endian::native == std::endian::little, "the stored form is little-endian");

constexpr std::string_view kSegmentMagic = "GLNSPOOL";
constexpr uint32_t kGroupMagic = 0x50524721;  // "!GRP"
constexpr uint8_t kFreshId = 1;

template <typename T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
void put_at(std::string& out, size_t offset, T value) {
  std::memcpy(out.data() + offset, &value, sizeof value);
}

template <typename T>
T get(std::string_view bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

void encode_record(const store::Write& write, std::string& out) {
  std::visit([&out](const auto& record) { record::encode(record, out); }, write.record);
}

}  // namespace

std::string SegmentHeader::encode() const {
  std::string out(kSegmentMagic);
  put(out, version);
  put(out, uint32_t{0});
  put(out, number);
  put(out, seed);
  put(out, keyed_hash64(seed, out));
  return out;
}

Result<SegmentHeader> SegmentHeader::decode(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kSegmentMagic))
    return fail(Code::kDataLoss, "this is no spool segment");
  SegmentHeader header;
  header.version = get<uint32_t>(bytes, 8);
  header.number = get<uint64_t>(bytes, 16);
  header.seed = get<uint64_t>(bytes, 24);
  if (get<uint64_t>(bytes, 32) != keyed_hash64(header.seed, bytes.substr(0, 32)))
    return fail(Code::kDataLoss, "the header's checksum is wrong");
  if (header.version == 0 || header.version > kSpoolVersion) {
    return fail(Code::kInvalidArgument, fmt::format("version {} was written by a later release, this one reads 1 to {}",
                                                    header.version, kSpoolVersion));
  }
  return header;
}

std::string GroupHeader::encode(uint64_t seed) const {
  std::string out;
  put(out, kGroupMagic);
  put(out, entries);
  put(out, bytes);
  put(out, keyed_hash64(seed, out));
  return out;
}

Result<GroupHeader> GroupHeader::decode(std::string_view bytes, uint64_t seed) {
  if (bytes.size() < kGroupHeaderBytes || get<uint32_t>(bytes, 0) != kGroupMagic ||
      get<uint64_t>(bytes, 16) != keyed_hash64(seed, bytes.substr(0, 16))) {
    return fail(Code::kDataLoss, "this is no group of a spool segment");
  }
  return GroupHeader{get<uint32_t>(bytes, 4), get<uint64_t>(bytes, 8)};
}

std::string SpoolPosition::encode() const {
  std::string out;
  for (const uint64_t number : {segment, seed, offset, index}) put(out, number);
  put(out, keyed_hash64(seed, out));
  return out;
}

Result<SpoolPosition> SpoolPosition::decode(std::string_view bytes) {
  if (bytes.size() != kPositionBytes) return fail(Code::kDataLoss, "this is no position in a spool");
  const SpoolPosition position = {get<uint64_t>(bytes, 0), get<uint64_t>(bytes, 8), get<uint64_t>(bytes, 16),
                                  get<uint64_t>(bytes, 24)};
  if (get<uint64_t>(bytes, 32) != keyed_hash64(position.seed, bytes.substr(0, 32)))
    return fail(Code::kDataLoss, "the position's checksum is wrong");
  return position;
}

size_t GroupWriter::begin(SpoolEntry::Type type, uint8_t flags, uint64_t number, std::string_view project) {
  const size_t start = bytes_.size();
  bytes_.append(kEntryHeaderBytes, '\0');
  put(bytes_, static_cast<uint8_t>(type));
  put(bytes_, flags);
  put(bytes_, uint16_t{0});
  put(bytes_, static_cast<uint32_t>(project.size()));
  put(bytes_, number);
  bytes_ += project;
  return start;
}

void GroupWriter::end(size_t start) {
  const std::string_view payload = std::string_view(bytes_).substr(start + kEntryHeaderBytes);
  too_large_ = too_large_ || payload.size() > std::numeric_limits<uint32_t>::max();
  put_at(bytes_, start, static_cast<uint32_t>(payload.size()));
  put_at(bytes_, start + 4, keyed_hash64(seed_, payload));
  ++entries_;
}

void GroupWriter::add(const store::Write& write) {
  const bool is_signal = std::holds_alternative<record::Signal>(write.record);
  const auto type = is_signal ? SpoolEntry::Type::kSignal : SpoolEntry::Type::kInteraction;
  const size_t start = begin(type, write.id_is_fresh ? kFreshId : 0, write.content_hash, write.project);
  encode_record(write, bytes_);
  end(start);
}

void GroupWriter::add(const store::Reject& reject) {
  const auto at = static_cast<uint64_t>(to_ms(reject.at));
  const size_t start = begin(SpoolEntry::Type::kReject, 0, at, reject.project);
  put(bytes_, static_cast<uint32_t>(reject.reason.size()));
  bytes_ += reject.reason;
  bytes_ += reject.text;
  end(start);
}

Result<std::string> GroupWriter::finish() {
  if (too_large_) return fail(Code::kTooLarge, "a record has over 4 GiB");
  bytes_.replace(0, kGroupHeaderBytes, GroupHeader{entries_, bytes_.size() - kGroupHeaderBytes}.encode(seed_));
  return std::move(bytes_);
}

SegmentReader::Found SegmentReader::damage(uint32_t lost) {
  lost_ = lost;
  return Found::kDamage;
}

bool SegmentReader::parse(std::string_view payload, SpoolEntry& entry) const {
  if (payload.size() < kEntryFixedBytes) return false;
  const auto type = get<uint8_t>(payload, 0);
  const auto project_bytes = get<uint32_t>(payload, 4);
  const auto number = get<uint64_t>(payload, 8);
  if (type < 1 || type > 3 || project_bytes > payload.size() - kEntryFixedBytes) return false;
  entry = {.type = static_cast<SpoolEntry::Type>(type), .id_is_fresh = (get<uint8_t>(payload, 1) & kFreshId) != 0};
  entry.project = payload.substr(kEntryFixedBytes, project_bytes);
  entry.text = payload.substr(kEntryFixedBytes + project_bytes);
  if (entry.type != SpoolEntry::Type::kReject) {
    entry.content_hash = number;
    return true;
  }
  if (entry.text.size() < sizeof(uint32_t)) return false;
  const auto reason_bytes = get<uint32_t>(entry.text, 0);
  entry.text.remove_prefix(sizeof(uint32_t));
  if (reason_bytes > entry.text.size()) return false;
  entry.at = from_ms(static_cast<int64_t>(number));
  entry.reason = entry.text.substr(0, reason_bytes);
  entry.text.remove_prefix(reason_bytes);
  return true;
}

// Finds the next group behind a header that does not check.
SegmentReader::Found SegmentReader::skip_to_group() {
  char magic[sizeof kGroupMagic];
  std::memcpy(magic, &kGroupMagic, sizeof magic);
  size_t found = group_;
  do {
    found = bytes_.find(std::string_view(magic, sizeof magic), found + 1);
  } while (found != std::string_view::npos && !GroupHeader::decode(bytes_.substr(found), seed_));
  group_ = end_ = cursor_ = std::min(found, bytes_.size());
  return damage(0);
}

SegmentReader::Found SegmentReader::next_group() {
  group_ = cursor_ = end_;
  index_ = entries_ = lost_ = 0;
  const std::string_view rest = bytes_.substr(group_);
  if (rest.empty()) return Found::kEnd;
  const auto header = GroupHeader::decode(rest, seed_);
  if (!header) {
    const bool unwritten = rest.size() < kGroupHeaderBytes || rest.find_first_not_of('\0') == std::string_view::npos;
    return unwritten ? Found::kTail : skip_to_group();
  }
  if (header->bytes > rest.size() - kGroupHeaderBytes) return Found::kTail;
  cursor_ = group_ + kGroupHeaderBytes;
  end_ = cursor_ + header->bytes;
  entries_ = header->entries;
  return Found::kEntry;
}

SegmentReader::Found SegmentReader::next(SpoolEntry& entry) {
  while (index_ == entries_) {
    if (const Found found = next_group(); found != Found::kEntry) return found;
  }
  const size_t room = end_ - cursor_;
  const size_t length = room < kEntryHeaderBytes ? 0 : get<uint32_t>(bytes_, cursor_);
  if (room < kEntryHeaderBytes || length > room - kEntryHeaderBytes) {
    const uint32_t rest = entries_ - index_;
    index_ = entries_;
    cursor_ = end_;
    return damage(rest);
  }
  const std::string_view payload = bytes_.substr(cursor_ + kEntryHeaderBytes, length);
  const bool whole = get<uint64_t>(bytes_, cursor_ + 4) == keyed_hash64(seed_, payload);
  cursor_ += kEntryHeaderBytes + length;
  ++index_;
  return whole && parse(payload, entry) ? Found::kEntry : damage(1);
}

}  // namespace gleaner::intake
