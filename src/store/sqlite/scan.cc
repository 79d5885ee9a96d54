#include "store/sqlite/scan.h"

#include <algorithm>

#include <fmt/format.h>

namespace gleaner::store {

std::string SqliteScan::cursor() const {
  if (day_index_ >= days_.size()) return {};
  return Cursor{days_[day_index_], position_}.text();
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

void SqliteScan::start_day() {
  frame_seq_ = before_first();
  rows_done_ = 0;
  position_ = before_first();
}

Status SqliteScan::seek() {
  start_day();
  if (options_.cursor.empty()) return {};
  TRY_ASSIGN(const Cursor cursor, Cursor::parse(options_.cursor));
  const bool up = ascending();
  days_.erase(days_.begin(),
              std::ranges::find_if(days_, [&](Day day) { return up ? day >= cursor.day : day <= cursor.day; }));
  if (days_.empty() || days_.front() != cursor.day) return {};
  position_ = cursor.position;
  frame_seq_ = frame_of(position_);
  TRY_ASSIGN(const bool opened, open_day());
  if (!opened) return {};
  TRY_ASSIGN(frame_loaded_, (*reader_)->load(frame_seq_, FrameReader::Part::kAll, frame_));
  if (!frame_loaded_) return {};
  // A cursor comes from outside: it may name a frame of another project, or a row that is not there.
  if (frame_.project != options_.project) {
    frame_loaded_ = false;
    return {};
  }
  TRY(load_signals());
  const size_t rows = frame_.toc.entries.size();
  const size_t row = std::min(row_of(position_), rows);
  rows_done_ = up ? std::min(row + 1, rows) : rows - row;
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
      TRY(load_signals());
      TRY(check_generation());
      if (frame_loaded_) {
        frame_seq_ = frame_.seq;
        rows_done_ = 0;
        return true;
      }
    }
    reader_.reset();
    ++day_index_;
    start_day();
  }
  return false;
}

// What was read before this was read is of that generation.
Status SqliteScan::check_generation() {
  if (!options_.generation) return {};
  TRY_ASSIGN(const int64_t generation, (*reader_)->generation(options_.project));
  if (generation == *options_.generation) return {};
  return fail(Code::kConflict, fmt::format("{} was archived meanwhile", format_day(days_[day_index_])));
}

// A platform may have come up after the day was opened; the record itself then says.
bool SqliteScan::may_match(const FrameEntry& entry) const {
  const std::string_view platform = entry.scope < platforms_.size() ? std::string_view(platforms_[entry.scope]) : "";
  const bool succeeded = (entry.flags & FrameEntry::kSucceeded) != 0;
  return platform.empty() || options_.filter.may_match(platform, from_ms(entry.created_ms), succeeded);
}

// Of all rows at once: a day that is archived meanwhile takes them along.
Status SqliteScan::load_signals() {
  verdicts_.clear();
  signals_.clear();
  if (!frame_loaded_ || !day_has_verdicts_) return {};
  const std::vector<FrameEntry>& entries = frame_.toc.entries;
  verdicts_.resize(entries.size());
  if (options_.loads_signals()) signals_.resize(entries.size());
  for (size_t row = 0; row < entries.size(); ++row) {
    if (entries[row].erased() || !may_match(entries[row])) continue;
    TRY_ASSIGN(verdicts_[row], (*reader_)->verdict(entries[row].key));
    if (!signals_.empty() && verdicts_[row].signals > 0) TRY((*reader_)->signals(entries[row].key, signals_[row]));
  }
  return {};
}

Result<bool> SqliteScan::take(size_t row, Stored& out) {
  const FrameEntry& entry = frame_.toc.entries[row];
  const record::Filter& filter = options_.filter;
  if (!may_match(entry)) return false;
  out.verdict = verdicts_.empty() ? record::Verdict{} : verdicts_[row];
  if (!filter.matches_verdict(out.verdict)) return false;
  auto interaction = decoder_.encoded_interaction(frame_.record(entry));
  if (!interaction)
    return fail(Code::kDataLoss, "a stored interaction does not read back: " + interaction.error().message);
  out.interaction = *std::move(interaction);
  const std::span<const record::Signal> signals =
      signals_.empty() ? std::span<const record::Signal>() : signals_[row].signals;
  if (!filter.matches(out.interaction, out.verdict, signals)) return false;
  out.content_hash = entry.content_hash;
  out.signals.clear();
  out.signal_hashes.clear();
  if (options_.with_signals && !signals_.empty()) {
    out.signals = std::move(signals_[row].signals);
    out.signal_hashes = std::move(signals_[row].signal_hashes);
  }
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
    const size_t row = ascending() ? rows_done_ : entries.size() - 1 - rows_done_;
    const FrameEntry& entry = entries[row];
    ++rows_done_;
    position_ = position_of(frame_seq_, row);
    if (entry.erased()) continue;
    bytes_seen_ += entry.length;
    TRY_ASSIGN(const bool taken, take(row, out));
    if (!taken) continue;
    out.position = position_;
    return true;
  }
}

}  // namespace gleaner::store
