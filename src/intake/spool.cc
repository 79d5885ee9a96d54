// The appending and the draining thread meet in segments_: the former adds to its last element, the latter takes from
// its first, and only their sizes and the position are shared. Files are written and read outside of the lock.
//
// A new segment enters segments_ with its first group. The last one leaves it as soon as it is drained, unless a group
// is on its way into it (appending_); then whoever comes later, the next advance() or the end of a failed append, takes
// it out.
#include "intake/spool.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <tuple>

#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/hash.h"

namespace gleaner::intake {
namespace {

// What check_room() asks for: many ordinary groups.
constexpr uint64_t kOrdinaryGroup = uint64_t{64} << 10;
constexpr uint64_t kSpareDisk = uint64_t{1} << 20;

uint64_t random_seed() {
  uint64_t seed = 0;
  const std::string bytes = random_bytes(sizeof seed);
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

auto place(const SpoolPosition& position) {
  return std::make_tuple(position.segment, position.offset, position.index);
}

}  // namespace

Spool::Spool(SpoolOptions options) : options_(std::move(options)), seed_(random_seed()) {
  stats_.max_bytes = options_.max_bytes;
}

std::string Spool::path(uint64_t number, std::string_view ending) const {
  return fmt::format("{}/{:016}{}", options_.folder, number, ending);
}

std::unexpected<Error> Spool::refused(const Error& error) const {
  return fail(Code::kUnavailable,
              fmt::format("the database is away and the spool cannot take more ({}); make room on that disk, or bring "
                          "the database back",
                          error.message));
}

Result<uint64_t> Spool::append(std::span<const store::Write> writes, std::span<const store::Reject> rejects) {
  GroupWriter group(seed_);
  for (const store::Reject& reject : rejects) group.add(reject);
  for (const store::Write& write : writes) group.add(write);
  TRY_ASSIGN(const std::string bytes, group.finish());
  TRY_ASSIGN(const Append append, begin_append(bytes.size()));
  Status written = active_file_.write(bytes, append.offset);
  if (written) written = active_file_.sync();
  end_append(append, bytes.size(), writes.size() + rejects.size(), written.has_value());
  if (!written) return refused(written.error());
  return bytes.size();
}

Result<Spool::Append> Spool::begin_append(uint64_t size) {
  Append append;
  {
    const std::lock_guard lock(mutex_);
    if (stats_.bytes + kSegmentHeaderBytes + size > options_.max_bytes) {
      return fail(Code::kUnavailable,
                  fmt::format("the database is away and the spool {} is full ({} MB, spool_max_mb): bring the database "
                              "back, or allow more",
                              options_.folder, options_.max_bytes >> 20));
    }
    if (active_ != 0 && segments_.back().size < options_.segment_bytes) {
      appending_ = true;
      return Append{active_, segments_.back().size, false};
    }
    append = {next_number_++, kSegmentHeaderBytes, true};
  }
  if (Status made = create_segment(append.number); !made) {
    ::unlink(path(append.number).c_str());
    return refused(made.error());
  }
  return append;
}

Status Spool::create_segment(uint64_t number) {
  TRY_ASSIGN(active_file_, SpoolFile::open(path(number)));
  TRY(active_file_.write(SegmentHeader{.number = number, .seed = seed_}.encode(), 0));
  return sync_folder(options_.folder);
}

void Spool::end_append(const Append& append, uint64_t size, uint64_t records, bool written) {
  if (!written && append.fresh) {
    ::unlink(path(append.number).c_str());
    const std::lock_guard lock(mutex_);
    active_ = 0;
    return;
  }
  if (!written) {
    // After a failed sync nothing is known of the file's end; if it cannot even be cut, opening will.
    const bool cut = active_file_.truncate(append.offset) && active_file_.sync();
    const std::lock_guard lock(mutex_);
    appending_ = false;
    if (!cut) active_ = 0;
  } else {
    const std::lock_guard lock(mutex_);
    appending_ = false;
    if (append.fresh) segments_.push_back({.number = append.number, .seed = seed_, .size = append.offset});
    active_ = append.number;
    segments_.back().size = append.offset + size;
    segments_.back().records += records;
    stats_.bytes += size + (append.fresh ? kSegmentHeaderBytes : 0);
    stats_.records += records;
    return;
  }
  drop_done();
}

bool Spool::empty_locked() const {
  if (segments_.empty()) return true;
  const Segment& front = segments_.front();
  return segments_.size() == 1 && position_.segment == front.number && position_.offset >= front.size;
}

bool Spool::empty() const {
  const std::lock_guard lock(mutex_);
  return empty_locked();
}

Status Spool::check_room() const {
  if (stats().bytes + kOrdinaryGroup > options_.max_bytes) {
    return fail(Code::kUnavailable,
                fmt::format("the spool {} is full ({} MB, spool_max_mb)", options_.folder, options_.max_bytes >> 20));
  }
  struct statvfs disk{};
  if (::statvfs(options_.folder.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize < kSpareDisk)
    return fail(Code::kUnavailable, fmt::format("the disk of the spool {} is full", options_.folder));
  return {};
}

SpoolStats Spool::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

// The segment to drain.
std::optional<Spool::Segment> Spool::current() {
  const std::lock_guard lock(mutex_);
  if (empty_locked()) return std::nullopt;
  const Segment& front = segments_.front();
  if (position_.segment != front.number) position_ = {front.number, front.seed, kSegmentHeaderBytes, 0};
  return front;
}

Result<SpoolChunk> Spool::front(uint64_t max_bytes) {
  while (const auto segment = current()) {
    SpoolChunk chunk;
    if (Status read = load_window(*segment, max_bytes); !read) {
      TRY(give_up(*segment, std::move(read).error()));
      continue;
    }
    read_entries(*segment, max_bytes, chunk);
    if (!chunk.entries.empty()) return chunk;
    advance();
  }
  return SpoolChunk{};
}

Status Spool::load_window(const Segment& segment, uint64_t wanted) {
  const uint64_t end = window_base_ + window_.size();
  const bool covers = window_segment_ == segment.number && window_base_ <= position_.offset && position_.offset <= end;
  if (covers && (end == segment.size || end - position_.offset >= wanted)) return {};
  window_segment_ = 0;
  TRY_ASSIGN(const SpoolFile file, SpoolFile::open(path(segment.number)));
  TRY_ASSIGN(window_, file.read(position_.offset, segment.size - position_.offset));
  if (window_.size() != segment.size - position_.offset)
    return fail(Code::kDataLoss, path(segment.number) + ": is shorter than it was");
  window_segment_ = segment.number;
  window_base_ = position_.offset;
  return {};
}

void Spool::read_entries(const Segment& segment, uint64_t max_bytes, SpoolChunk& chunk) {
  const uint64_t base = position_.offset;
  SegmentReader reader(std::string_view(window_).substr(base - window_base_), segment.seed);
  SpoolEntry entry;
  while (reader.offset() == 0 && reader.index() < position_.index) {
    const auto passed = reader.next(entry);
    if (passed == SegmentReader::Found::kEnd || passed == SegmentReader::Found::kTail) break;
  }
  bool more = true;
  while (more && chunk.bytes < max_bytes) {
    const auto found = reader.next(entry);
    chunk_end_ = {segment.number, segment.seed, base + reader.offset(), reader.index()};
    switch (found) {
      case SegmentReader::Found::kEntry:
        chunk.bytes += kEntryHeaderBytes + kEntryFixedBytes + entry.project.size() + entry.reason.size();
        chunk.bytes += entry.text.size();
        chunk.entries.push_back(entry);
        break;
      case SegmentReader::Found::kTail:
        // Opening cut off the only one that is no damage.
        chunk_end_ = {segment.number, segment.seed, window_base_ + window_.size(), 0};
        [[fallthrough]];
      case SegmentReader::Found::kDamage:
        note_damage(segment, reader.lost());
        break;
      case SegmentReader::Found::kEnd:
        more = false;
        break;
    }
    more = more && found != SegmentReader::Found::kTail;
  }
  chunk_records_ = chunk.entries.size();
}

void Spool::note_damage(const Segment& segment, uint32_t lost) {
  if (place(chunk_end_) <= place(noted_)) return;
  noted_ = chunk_end_;
  // A second name costs nothing, and survives the segment's removal when the rest is drained.
  const std::string kept = path(segment.number, ".damaged");
  if (::link(path(segment.number).c_str(), kept.c_str()) == 0) {
    (void)sync_folder(options_.folder);
  } else if (errno != EEXIST) {
    const std::lock_guard lock(mutex_);
    segments_.front().keep = true;
  }
  report(lost, {Code::kDataLoss,
                fmt::format("{}: {} before byte {} cannot be read; the file is kept as {}", path(segment.number),
                            lost == 0 ? "a stretch" : fmt::format("{} record(s)", lost), chunk_end_.offset, kept)});
}

void Spool::report(uint64_t lost, Error error) {
  {
    const std::lock_guard lock(mutex_);
    stats_.damaged += std::max<uint64_t>(lost, 1);
  }
  if (options_.on_damage) options_.on_damage(error);
}

// Sets a segment aside that the disk does not give back.
Status Spool::give_up(const Segment& segment, Error error) {
  {
    const std::lock_guard lock(mutex_);
    const bool last = segments_.size() == 1;
    if (last) active_ = 0;
    if (last && appending_) return std::unexpected(std::move(error));
    stats_.bytes -= segments_.front().size;
    stats_.records -= segments_.front().records;
    segments_.pop_front();
  }
  const std::string kept = path(segment.number, ".damaged");
  ::rename(path(segment.number).c_str(), kept.c_str());
  (void)sync_folder(options_.folder);
  report(segment.records, {Code::kDataLoss, fmt::format("{}; the file is kept as {}", error.message, kept)});
  return {};
}

void Spool::advance() {
  {
    const std::lock_guard lock(mutex_);
    position_ = chunk_end_;
    const uint64_t drained = std::min(chunk_records_, segments_.front().records);
    segments_.front().records -= drained;
    stats_.records -= drained;
  }
  // Not synced: who loses it is offered again what the store has.
  (void)position_file_.write(chunk_end_.encode(), 0);
  drop_done();
}

// Removes the front segment if all of it is drained.
void Spool::drop_done() {
  Segment done;
  {
    const std::lock_guard lock(mutex_);
    if (segments_.empty()) return;
    const Segment& front = segments_.front();
    if (position_.segment != front.number || position_.offset < front.size) return;
    if (segments_.size() == 1) {
      if (appending_) return;
      active_ = 0;
    }
    done = front;
    stats_.bytes -= done.size;
    stats_.records -= done.records;
    segments_.pop_front();
  }
  const std::string name = path(done.number);
  done.keep ? ::rename(name.c_str(), path(done.number, ".damaged").c_str()) : ::unlink(name.c_str());
  // A segment that came back after a power cut would bring back what was erased since.
  (void)sync_folder(options_.folder);
}

}  // namespace gleaner::intake
