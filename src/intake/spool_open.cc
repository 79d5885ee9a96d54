// Opening a spool: taking the folder, finding out what is in it, cutting off what a crash left unfinished.
#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "intake/spool.h"

namespace gleaner::intake {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNumberDigits = 16;

// The number of "0000000000000007.spool" and the like.
std::optional<uint64_t> segment_number(const std::string& name) {
  uint64_t number = 0;
  const char* const end = name.data() + std::min(name.size(), kNumberDigits);
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + kNumberDigits) return std::nullopt;
  return number;
}

struct Walk {
  uint64_t records = 0;
  uint64_t end = 0;   // of the groups
  bool torn = false;  // what lies behind is a group that was never finished
};

// Reads the groups' headers only. Where one is damaged it stops counting; draining will look closer.
Result<Walk> walk(const SpoolFile& file, uint64_t seed, uint64_t size) {
  Walk walked{.end = kSegmentHeaderBytes};
  while (walked.end < size) {
    TRY_ASSIGN(const std::string bytes, file.read(walked.end, kGroupHeaderBytes));
    const auto header = GroupHeader::decode(bytes, seed);
    if (!header || header->bytes > size - walked.end - kGroupHeaderBytes) {
      TRY_ASSIGN(const std::string rest, file.read(walked.end, size - walked.end));
      SpoolEntry entry;
      walked.torn = SegmentReader(rest, seed).next(entry) == SegmentReader::Found::kTail;
      return walked;
    }
    walked.records += header->entries;
    walked.end += kGroupHeaderBytes + header->bytes;
  }
  return walked;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(SpoolOptions options) {
  options.segment_bytes = std::min(options.segment_bytes, options.max_bytes / 4);
  const std::string folder = options.folder;
  std::error_code error;
  if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(Code::kUnavailable, fmt::format("{}: cannot be made: {}", folder, error.message()));
  std::unique_ptr<Spool> spool(new Spool(std::move(options)));
  TRY_ASSIGN(spool->lock_file_, SpoolFile::open(folder + "/lock"));
  TRY_ASSIGN(const bool ours, spool->lock_file_.lock());
  if (!ours) return fail(Code::kConflict, fmt::format("another server uses {}; give each its own data_dir", folder));
  TRY(spool->load());
  return spool;
}

Status Spool::load() {
  std::vector<uint64_t> numbers;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(options_.folder, error)) {
    const auto number = segment_number(entry.path().filename());
    if (!number) continue;
    next_number_ = std::max(next_number_, *number + 1);
    if (entry.path().extension() == ".spool") numbers.push_back(*number);
  }
  if (error) return fail(Code::kUnavailable, fmt::format("{}: cannot be listed: {}", options_.folder, error.message()));
  std::ranges::sort(numbers);
  for (const uint64_t number : numbers) TRY(load_segment(number, number == numbers.back()));
  TRY_ASSIGN(position_file_, SpoolFile::open(options_.folder + "/position"));
  load_position();
  drop_done();
  return sync_folder(options_.folder);
}

Status Spool::load_segment(uint64_t number, bool newest) {
  const std::string name = path(number);
  TRY_ASSIGN(SpoolFile file, SpoolFile::open(name));
  TRY_ASSIGN(uint64_t size, file.size());
  TRY_ASSIGN(const std::string bytes, file.read(0, kSegmentHeaderBytes));
  if (newest && size < kSegmentHeaderBytes) {
    ::unlink(name.c_str());  // made and never written
    return {};
  }
  const auto header = SegmentHeader::decode(bytes);
  if (!header && header.error().code != Code::kDataLoss) return fail_in(name, header.error());
  if (!header) {
    const std::string kept = path(number, ".damaged");
    ::rename(name.c_str(), kept.c_str());
    report(0, {Code::kDataLoss, fmt::format("{}: {}; the file is kept as {}", name, header.error().message, kept)});
    return {};
  }
  TRY_ASSIGN(const Walk walked, walk(file, header->seed, size));
  if (newest && walked.torn) {
    TRY(file.truncate(walked.end));
    TRY(file.sync());
    size = walked.end;
  }
  if (size == kSegmentHeaderBytes) {
    ::unlink(name.c_str());
    return {};
  }
  segments_.push_back({.number = number, .seed = header->seed, .size = size, .records = walked.records});
  stats_.bytes += size;
  stats_.records += walked.records;
  return {};
}

void Spool::load_position() {
  if (segments_.empty()) return;
  Segment& front = segments_.front();
  position_ = {front.number, front.seed, kSegmentHeaderBytes, 0};
  const auto bytes = position_file_.read(0, kPositionBytes);
  if (!bytes) return;
  const auto kept = SpoolPosition::decode(*bytes);
  if (!kept || kept->segment != front.number || kept->seed != front.seed) return;
  if (kept->offset < kSegmentHeaderBytes || kept->offset > front.size) return;
  position_ = *kept;
}

}  // namespace gleaner::intake
