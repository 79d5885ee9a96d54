#include "store/sqlite/id_index.h"

#include <cstring>

namespace gleaner::store {
namespace {

constexpr size_t kPairBytes = sizeof(uint64_t) + sizeof(uint32_t);

uint64_t key_at(const char* pair) {
  uint64_t key = 0;
  std::memcpy(&key, pair, sizeof key);
  return key;
}

void append_pair(std::string& slot, uint64_t key, int64_t frame) {
  const auto number = static_cast<uint32_t>(frame);
  slot.append(reinterpret_cast<const char*>(&key), sizeof key);
  slot.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void add_to_filter(std::string_view pairs, IdFilter& filter) {
  for (size_t pos = 0; pos + kPairBytes <= pairs.size(); pos += kPairBytes) filter.add(key_at(pairs.data() + pos));
}

}  // namespace

void IdIndex::find_in_slot(std::string_view pairs, uint64_t key, std::vector<int64_t>& out) {
  for (size_t pos = 0; pos + kPairBytes <= pairs.size(); pos += kPairBytes) {
    if (key_at(pairs.data() + pos) != key) continue;
    uint32_t frame = 0;
    std::memcpy(&frame, pairs.data() + pos + sizeof key, sizeof frame);
    out.push_back(frame);
  }
}

void IdIndex::stage(const FrameToc& toc, int64_t frame) {
  for (const FrameEntry& entry : toc.entries) staged_.emplace_back(entry.key.high, frame);
  for (const ItemEntry& item : toc.items) staged_.emplace_back(item.key.high, frame);
}

void IdIndex::staged(uint64_t key, std::vector<int64_t>& out) const {
  for (const auto& [staged_key, frame] : staged_) {
    if (staged_key == key) out.push_back(frame);
  }
}

void IdIndex::publish() {
  if (staged_.empty()) return;
  const std::unique_lock lock(mutex_);
  for (const auto& [key, frame] : staged_) {
    append_pair(recent_[slot_of(key)], key, frame);
    if (filter_) filter_->add(key);
  }
  recent_count_ += staged_.size();
  staged_.clear();
}

void IdIndex::recent(uint64_t key, std::vector<int64_t>& out) const {
  const std::shared_lock lock(mutex_);
  find_in_slot(recent_[slot_of(key)], key, out);
}

size_t IdIndex::recent_count() const {
  const std::shared_lock lock(mutex_);
  return recent_count_;
}

Status IdIndex::write_run(Database& db, int64_t last_frame) {
  Statement add_run(db, "INSERT INTO id_runs (last_frame, entries) VALUES (?, ?)");
  TRY(add_run.bind(1, last_frame).bind(2, static_cast<int64_t>(recent_count_)).run());
  const int64_t run = db.last_insert_id();
  Statement add_slot(db, "INSERT INTO id_slots (slot, entries) VALUES (?, ?)");
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (recent_[slot].empty()) continue;
    TRY(add_slot.bind(1, static_cast<int64_t>(slot) << 32 | run).bind_blob(2, recent_[slot]).run());
  }
  return {};
}

std::optional<bool> IdIndex::maybe_contains(uint64_t key) const {
  const std::shared_lock lock(mutex_);
  if (!filter_) return {};
  return filter_->maybe_contains(key);
}

// Publishing and forgetting wait while the filter is being filled, so no id can slip between the two places it reads.
Status IdIndex::build_filter(Database& db) {
  const std::unique_lock lock(mutex_);
  if (filter_) return {};
  IdFilter filter;
  for (const std::string& slot : recent_) add_to_filter(slot, filter);
  Statement rows(db, "SELECT entries FROM id_slots");
  while (true) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) break;
    add_to_filter(rows.blob(0), filter);
  }
  filter_ = std::move(filter);
  return {};
}

void IdIndex::reset() {
  forget_recent();
  const std::unique_lock lock(mutex_);
  filter_.reset();
}

void IdIndex::forget_recent() {
  const std::unique_lock lock(mutex_);
  for (std::string& slot : recent_) slot.clear();
  recent_count_ = 0;
}

}  // namespace gleaner::store
