#include "store/sqlite/scan.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace gleaner::store {

// Where a walk stands is written as day.frame.rows: so many rows of that frame, in walking order, have been seen.
std::string SqliteScan::cursor() const {
  if (day_index_ >= days_.size()) return {};
  return fmt::format("{}.{}.{}", format_day(days_[day_index_]), frame_seq_, rows_done_);
}

Result<std::unique_ptr<SqliteScan>> SqliteScan::open(SqliteStore& store, ScanOptions options) {
  std::unique_ptr<SqliteScan> scan(new SqliteScan(store, std::move(options)));
  TRY_ASSIGN(scan->days_, store.days());
  const record::Filter& filter = scan->options_.filter;
  std::erase_if(scan->days_, [&filter](Day day) {
    return (filter.from && day < day_of(*filter.from)) || (filter.to && Time(day) >= *filter.to);
  });
  if (!scan->ascending()) std::ranges::reverse(scan->days_);
  TRY(scan->seek());
  return scan;
}

Status SqliteScan::seek() {
  frame_seq_ = before_first();
  std::string_view text = options_.cursor;
  if (text.empty()) return {};
  const auto bad = [this] {
    return fail(Code::kInvalidArgument, fmt::format("cursor: \"{}\" is not one this server gave out", options_.cursor));
  };
  const auto day = parse_day(text.substr(0, 10));
  if (!day || text.size() < 12 || text[10] != '.') return bad();
  text.remove_prefix(11);
  const char* const end = text.data() + text.size();
  const auto frame = std::from_chars(text.data(), end, frame_seq_);
  if (frame.ec != std::errc() || frame.ptr == end || *frame.ptr != '.') return bad();
  const auto rows = std::from_chars(frame.ptr + 1, end, rows_done_);
  if (rows.ec != std::errc() || rows.ptr != end || frame_seq_ < 0) return bad();
  const bool up = ascending();
  const auto first = std::ranges::find_if(days_, [&](Day d) { return up ? d >= *day : d <= *day; });
  days_.erase(days_.begin(), first);
  if (days_.empty() || days_.front() != *day) {
    frame_seq_ = before_first();
    rows_done_ = 0;
    return {};
  }
  if (frame_seq_ == before_first() || rows_done_ == 0) return {};
  // Go on inside that frame: step back before it, so that it is the next to load.
  TRY_ASSIGN(const bool opened, open_day());
  if (!opened) return {};
  TRY_ASSIGN(frame_loaded_, (*reader_)->load(frame_seq_, FrameReader::Part::kAll, frame_));
  // A cursor comes from outside: it may name a frame of another project.
  if (frame_loaded_ && frame_.project != options_.project) return bad();
  if (!frame_loaded_) rows_done_ = 0;
  return {};
}

Result<bool> SqliteScan::open_day() {
  if (reader_ != nullptr) return true;
  TRY_ASSIGN(const std::shared_ptr<DayFile> file, store_.open_day(days_[day_index_]));
  if (file == nullptr) return false;
  TRY_ASSIGN(reader_, DayFile::Reader::open(file));
  TRY_ASSIGN(platforms_, (*reader_)->platforms());
  TRY_ASSIGN(day_has_verdicts_, (*reader_)->has_verdicts());
  return true;
}

// Loads the next frame, going on to the next day where one ends. False at the end of all.
Result<bool> SqliteScan::load_frame() {
  while (day_index_ < days_.size()) {
    TRY_ASSIGN(const bool opened, open_day());
    if (opened) {
      TRY_ASSIGN(frame_loaded_, (*reader_)->load_next(options_.project, frame_seq_, options_.order, frame_));
      if (frame_loaded_) {
        frame_seq_ = frame_.seq;
        rows_done_ = 0;
        return true;
      }
    }
    reader_.reset();
    ++day_index_;
    frame_seq_ = before_first();
    rows_done_ = 0;
  }
  return false;
}

Result<bool> SqliteScan::take(const FrameEntry& entry, Stored& out) {
  const record::Filter& filter = options_.filter;
  const std::string_view platform = entry.scope < platforms_.size() ? std::string_view(platforms_[entry.scope]) : "";
  const bool succeeded = (entry.flags & FrameEntry::kSucceeded) != 0;
  // A platform may have come up after the day was opened; the record itself then says.
  if (!platform.empty() && !filter.may_match(platform, from_ms(entry.created_ms), succeeded)) return false;
  out.verdict = {};
  if (day_has_verdicts_) {
    TRY_ASSIGN(out.verdict, (*reader_)->verdict(entry.key));
  }
  if (!filter.matches_verdict(out.verdict)) return false;
  auto interaction = decoder_.interaction(frame_.record(entry));
  if (!interaction)
    return fail(Code::kDataLoss, "a stored interaction does not read back: " + interaction.error().message);
  out.interaction = *std::move(interaction);
  if (!filter.matches(out.interaction, out.verdict)) return false;
  out.content_hash = entry.content_hash;
  out.signals.clear();
  out.signal_hashes.clear();
  if (options_.with_signals && out.verdict.signals > 0) TRY((*reader_)->signals(entry.key, out));
  return true;
}

Result<bool> SqliteScan::next(Stored& out) {
  while (true) {
    const std::vector<FrameEntry>& entries = frame_.toc.entries;
    if (!frame_loaded_ || rows_done_ >= entries.size()) {
      if (options_.max_bytes > 0 && bytes_seen_ >= options_.max_bytes) return false;
      TRY_ASSIGN(const bool more, load_frame());
      if (!more) return false;
      continue;
    }
    const FrameEntry& entry = ascending() ? entries[rows_done_] : entries[entries.size() - 1 - rows_done_];
    ++rows_done_;
    if (entry.erased()) continue;
    bytes_seen_ += entry.length;
    TRY_ASSIGN(const bool taken, take(entry, out));
    if (taken) return true;
  }
}

}  // namespace gleaner::store
