#include "archive/day_source.h"

#include <algorithm>

namespace gleaner::archive {

HotSource::HotSource(store::Store& hot, store::ScanOptions options, Day day, int64_t generation, int64_t position)
    : hot_(hot), options_(std::move(options)), day_(day) {
  options_.filter.from = std::max(options_.filter.from.value_or(Time(day)), Time(day));
  options_.filter.to =
      std::min(options_.filter.to.value_or(Time(day + std::chrono::days(1))), Time(day + std::chrono::days(1)));
  options_.cursor = store::Cursor{day, position}.text();
  options_.generation = generation;
  seen_ = position;
}

Result<DaySource::State> HotSource::step(uint64_t budget) {
  if (scan_ == nullptr) {
    options_.max_bytes = budget;
    TRY_ASSIGN(scan_, hot_.scan(options_));
  }
  const uint64_t before = scan_->bytes_seen();
  TRY_ASSIGN(const bool more, scan_->next(head_));
  bytes_seen_ += scan_->bytes_seen() - before;
  if (more) {
    seen_ = head_.position;
    return State::kHead;
  }
  const std::string cursor = scan_->cursor();
  if (cursor.empty()) return State::kEnd;
  TRY_ASSIGN(const store::Cursor at, store::Cursor::parse(cursor));
  seen_ = at.position;
  options_.cursor = cursor;
  scan_.reset();
  return State::kPaused;
}

PartSource::PartSource(std::string key, std::unique_ptr<PartReader> reader, const store::ScanOptions& options,
                       int64_t position, JoinLate join)
    : key_(std::move(key)), options_(options), start_(position), reader_(std::move(reader)), join_(std::move(join)) {
  seen_ = position;
}

Result<std::unique_ptr<PartSource>> PartSource::open(const Tiers& tiers, const store::Part& part,
                                                     const store::ScanOptions& options, int64_t position, int threads,
                                                     JoinLate join) {
  auto index = read_index(tiers, part);
  if (!index) return fail_in(part.key, std::move(index).error());
  const std::vector<std::string>& users = options.filter.user_ids;
  const auto holds = [&](const std::string& user) { return !index->find_user(user).empty(); };
  if (!users.empty() && std::ranges::none_of(users, holds)) return nullptr;
  auto reader = open_part(tiers, part, *std::move(index));
  if (!reader) return fail_in(part.key, std::move(reader).error());
  std::unique_ptr<PartSource> source(new PartSource(part.key, *std::move(reader), options, position, std::move(join)));
  auto first = source->first_block(position);
  if (!first) return fail_in(part.key, std::move(first).error());
  source->cursor_ = source->reader_->walk(*first, options.order, threads);
  return source;
}

// Positions grow through a part: a walk that goes on in the middle looks for its block by halving.
Result<uint32_t> PartSource::first_block(int64_t position) const {
  const auto blocks = static_cast<uint32_t>(reader_->index().blocks().size());
  const bool up = ascending();
  if (up ? position <= 0 : position == INT64_MAX) return up ? 0 : blocks;
  PartBlock block;
  uint32_t low = 0;
  uint32_t high = blocks;  // the first block that begins behind `position` lies in [low, high]
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    TRY(reader_->read_block(middle, block));
    std::span<char> line;
    if (!block.next(line)) break;
    TRY_ASSIGN(const LineParts parts, split_line({line.data(), line.size()}));
    if (parts.position > position) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low > 0 ? low - 1 : 0;
}

Result<bool> PartSource::load_block() {
  TRY_ASSIGN(const bool more, cursor_->next(block_));
  lines_.clear();
  joined_.clear();
  next_line_ = 0;
  if (!more) return false;
  std::span<char> line;
  while (block_.next(line)) lines_.push_back(line);
  if (!ascending()) std::ranges::reverse(lines_);
  if (join_) TRY(join_block());
  return true;
}

Status PartSource::join_block() {
  joined_.resize(lines_.size());
  for (size_t i = 0; i < lines_.size(); ++i) TRY(decoder_.decode(lines_[i], joined_[i]));
  return join_(joined_);
}

// Into head_; false if it does not pass.
Result<bool> PartSource::take(std::span<char> line) {
  if (!joined_.empty()) {
    head_ = std::move(joined_[next_line_ - 1]);
    seen_ = head_.position;
  } else {
    TRY_ASSIGN(const LineParts parts, split_line({line.data(), line.size()}));
    seen_ = parts.position;
    if (!is_behind(seen_)) return false;
    TRY(decoder_.decode(line, head_));
  }
  if (!is_behind(seen_) || !options_.filter.matches(head_.interaction, head_.verdict, head_.signals)) return false;
  if (!options_.with_signals) {
    head_.signals.clear();
    head_.signal_hashes.clear();
  }
  return true;
}

Result<DaySource::State> PartSource::step(uint64_t budget) {
  auto state = look(budget);
  if (!state) return fail_in(key_, std::move(state).error());
  return state;
}

Result<DaySource::State> PartSource::look(uint64_t budget) {
  const uint64_t until = bytes_seen_ + budget;
  while (true) {
    while (next_line_ < lines_.size()) {
      const std::span<char> line = lines_[next_line_++];
      TRY_ASSIGN(const bool taken, take(line));
      // What a walk before this one has looked at is passed over, whatever it costs.
      if (!is_behind(seen_)) continue;
      bytes_seen_ += line.size();
      if (taken) return State::kHead;
      if (budget > 0 && bytes_seen_ >= until) return State::kPaused;
    }
    TRY_ASSIGN(const bool more, load_block());
    if (!more) return State::kEnd;
  }
}

}  // namespace gleaner::archive
