#include "store/sqlite/id_index.h"

#include <array>
#include <cstring>
#include <string>

namespace gleaner::store {

IdIndex::Pair IdIndex::read_pair(const char* bytes) {
  Pair pair{};
  std::memcpy(&pair.key, bytes, sizeof pair.key);
  std::memcpy(&pair.frame, bytes + sizeof pair.key, sizeof pair.frame);
  return pair;
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
  recent_.insert(staged_.begin(), staged_.end());
  if (filter_) {
    for (const auto& [key, frame] : staged_) filter_->add(key);
  }
  staged_.clear();
}

void IdIndex::recent(uint64_t key, std::vector<int64_t>& out) const {
  const std::shared_lock lock(mutex_);
  const auto [first, last] = recent_.equal_range(key);
  for (auto it = first; it != last; ++it) out.push_back(it->second);
}

size_t IdIndex::recent_count() const {
  const std::shared_lock lock(mutex_);
  return recent_.size();
}

Status IdIndex::write_run(Database& db, int64_t last_frame) {
  std::array<std::string, kSlots> slots;
  for (const auto& [key, frame] : recent_) {
    const auto number = static_cast<uint32_t>(frame);
    std::string& slot = slots[slot_of(key)];
    slot.append(reinterpret_cast<const char*>(&key), sizeof key);
    slot.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  Statement add_run(db, "INSERT INTO id_runs (last_frame, entries) VALUES (?, ?)");
  TRY(add_run.bind(1, last_frame).bind(2, static_cast<int64_t>(recent_.size())).run());
  const int64_t run = db.last_insert_id();
  Statement add_slot(db, "INSERT INTO id_slots (slot, entries) VALUES (?, ?)");
  for (size_t slot = 0; slot < kSlots; ++slot) {
    if (slots[slot].empty()) continue;
    TRY(add_slot.bind(1, static_cast<int64_t>(slot) << 32 | run).bind_blob(2, slots[slot]).run());
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
  for (const auto& [known, frame] : recent_) filter.add(known);
  Statement rows(db, "SELECT entries FROM id_slots");
  while (true) {
    TRY_ASSIGN(const bool row, rows.step());
    if (!row) break;
    const std::string_view entries = rows.blob(0);
    for (size_t pos = 0; pos + kPairBytes <= entries.size(); pos += kPairBytes) filter.add(read_pair(entries.data() + pos).key);
  }
  filter_ = std::move(filter);
  return {};
}

void IdIndex::reset() {
  const std::unique_lock lock(mutex_);
  recent_.clear();
  filter_.reset();
}

void IdIndex::forget_recent() {
  const std::unique_lock lock(mutex_);
  recent_.clear();
}

}  // namespace gleaner::store
