#include "archive/tiered_scan.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace gleaner::archive {

Result<std::unique_ptr<TieredScan>> TieredScan::open(const Tiers& tiers, std::vector<Day> days,
                                                     const ColdRecords::Parts& cold, store::ScanOptions options) {
  std::unique_ptr<TieredScan> scan(new TieredScan(tiers, std::move(options)));
  std::set<Day> all(days.begin(), days.end());
  for (const store::Part& part : *cold) all.insert(part.day);
  const record::Filter& filter = scan->options_.filter;
  std::erase_if(all, [&filter](Day day) {
    return (filter.from && day < day_of(*filter.from)) || (filter.to && Time(day) >= *filter.to);
  });
  scan->days_.assign(all.begin(), all.end());
  const bool up = scan->ascending();
  if (!up) std::ranges::reverse(scan->days_);
  scan->position_ = scan->before_first();
  if (scan->options_.cursor.empty()) return scan;
  TRY_ASSIGN(const store::Cursor cursor, store::Cursor::parse(scan->options_.cursor));
  std::vector<Day>& left = scan->days_;
  left.erase(left.begin(), std::ranges::find_if(left, [&](Day d) { return up ? d >= cursor.day : d <= cursor.day; }));
  if (!left.empty() && left.front() == cursor.day) scan->position_ = cursor.position;
  return scan;
}

Result<JoinLate> TieredScan::join_of_day() const {
  TRY_ASSIGN(const bool any, tiers_.catalog.any_late(options_.project, day()));
  if (!any) return JoinLate();
  return JoinLate([this, on = day()](std::vector<store::Stored>& block) -> Status {
    std::vector<std::string> ids;
    std::map<std::string_view, store::Stored*> by_id;
    for (store::Stored& stored : block) {
      ids.push_back(stored.interaction.id);
      by_id[stored.interaction.id] = &stored;
    }
    TRY_ASSIGN(std::vector<store::Write> late, tiers_.catalog.late_signals(options_.project, on, ids));
    std::set<store::Stored*> changed;
    for (store::Write& write : late) {
      auto& signal = std::get<record::Signal>(write.record);
      const auto found = by_id.find(signal.interaction_id);
      if (found == by_id.end()) continue;
      found->second->signals.push_back(std::move(signal));
      found->second->signal_hashes.push_back(write.content_hash);
      changed.insert(found->second);
    }
    for (store::Stored* const stored : changed) stored->verdict = verdict_of(stored->signals);
    return {};
  });
}

Status TieredScan::open_day() {
  TRY_ASSIGN(parts_, tiers_.catalog.parts_of(options_.project, day()));
  const std::string& platform = options_.filter.platform;
  std::erase_if(parts_.parts, [&](const store::Part& part) { return !platform.empty() && part.platform != platform; });
  sources_.push_back(std::make_unique<HotSource>(tiers_.hot, options_, day(), parts_.generation, position_));
  JoinLate join;
  if (!parts_.parts.empty()) {
    TRY_ASSIGN(join, join_of_day());
  }
  const int threads = parts_.parts.size() <= kMaxAhead ? 1 : 0;
  for (const store::Part& part : parts_.parts) {
    if (options_.filter.from && part.last < *options_.filter.from) continue;
    if (options_.filter.to && part.first >= *options_.filter.to) continue;
    TRY_ASSIGN(std::unique_ptr<DaySource> source, PartSource::open(tiers_, part, options_, position_, threads, join));
    if (source != nullptr) sources_.push_back(std::move(source));
  }
  day_open_ = true;
  return {};
}

void TieredScan::close_day() {
  bytes_before_ += bytes_of_day();
  sources_.clear();
  day_open_ = false;
}

void TieredScan::next_day() {
  close_day();
  ++day_index_;
  position_ = before_first();
}

// What went wrong is no wonder if the day's parts are others by now: then from where we are, in those.
Status TieredScan::reopen_day(Error why) {
  const store::DayParts before = std::move(parts_);
  const int64_t at = safe_position();
  close_day();
  TRY_ASSIGN(const store::DayParts now, tiers_.catalog.parts_of(options_.project, day()));
  if (now.generation == before.generation) return std::unexpected(std::move(why));
  std::map<std::string, int64_t> records;
  for (const store::Part& part : before.parts) records[part.platform] -= 1;
  for (const store::Part& part : now.parts) records[part.platform] += 1;
  if (std::ranges::any_of(records, [](const auto& platform) { return platform.second < 0; }))
    return fail(Code::kUnavailable, fmt::format("{} was restored while it was read; begin again", format_day(day())));
  position_ = at;
  return {};
}

uint64_t TieredScan::bytes_of_day() const {
  uint64_t bytes = 0;
  for (const auto& source : sources_) bytes += source->bytes_seen();
  return bytes;
}

// 0 is no bound, so that what is left is at least 1.
uint64_t TieredScan::budget() const {
  return options_.max_bytes == 0
             ? 0
             : std::max<uint64_t>(options_.max_bytes - std::min(options_.max_bytes, bytes_seen()), 1);
}

Result<bool> TieredScan::advance_all() {
  bool all = true;
  for (const auto& source : sources_) {
    // Each goes on by a record at least, so that a walk in pages always gets further.
    if (source->state() == DaySource::State::kPaused) TRY(source->advance(budget()));
    while (source->state() == DaySource::State::kPaused && !used_up()) TRY(source->advance(budget()));
    all = all && source->state() != DaySource::State::kPaused;
  }
  return all;
}

DaySource* TieredScan::first_in_order() const {
  DaySource* first = nullptr;
  for (const auto& source : sources_) {
    if (source->state() != DaySource::State::kHead) continue;
    const bool before = first == nullptr || (ascending() ? source->head().position < first->head().position
                                                         : source->head().position > first->head().position);
    if (before) first = source.get();
  }
  return first;
}

// Up to where every source has been looked through: a head that waits to be given has not been.
int64_t TieredScan::safe_position() const {
  int64_t safe = ascending() ? INT64_MAX : 0;
  bool any = false;
  for (const auto& source : sources_) {
    if (source->state() == DaySource::State::kEnd) continue;
    any = true;
    int64_t seen = source->seen();
    if (source->state() == DaySource::State::kHead) seen = source->head().position + (ascending() ? -1 : 1);
    safe = ascending() ? std::min(safe, seen) : std::max(safe, seen);
  }
  if (!any) return position_;
  return ascending() ? std::max(safe, position_) : std::min(safe, position_);
}

std::string TieredScan::cursor() const {
  if (day_index_ >= days_.size()) return {};
  return store::Cursor{day(), safe_position()}.text();
}

Result<bool> TieredScan::next(store::Stored& out) {
  while (day_index_ < days_.size()) {
    if (used_up()) return false;
    Result<bool> ready = true;
    if (!day_open_) {
      if (Status opened = open_day(); !opened) ready = std::unexpected(std::move(opened).error());
    }
    if (ready) ready = advance_all();
    if (!ready) {
      TRY(reopen_day(std::move(ready).error()));
      continue;
    }
    if (!*ready) return false;
    DaySource* const first = first_in_order();
    if (first == nullptr) {
      next_day();
      continue;
    }
    position_ = first->head().position;
    out = std::move(first->head());
    first->take_head();
    return true;
  }
  return false;
}

}  // namespace gleaner::archive
