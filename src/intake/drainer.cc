// One chunk at a time: append its records (in halves of halves where the store refuses some for good), then add its
// rejects, then advance the spool. A failure that may pass leaves Progress as it is for the next attempt.
#include "intake/drainer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::intake {
namespace {

constexpr uint64_t kChunkBytes = uint64_t{4} << 20;
constexpr auto kFirstPause = std::chrono::milliseconds(200);
constexpr auto kLongestPause = std::chrono::milliseconds(5000);
// A store call that takes longer hangs; nobody is held up for it.
constexpr auto kHanging = std::chrono::seconds(2);

std::string_view record_id(const store::Write& write) {
  return std::visit([](const auto& record) -> std::string_view { return record.id; }, write.record);
}

}  // namespace

Drainer::Drainer(Spool& spool, store::Store& store, const Clock& clock, Notice notice)
    : spool_(spool), store_(store), clock_(clock), notice_(std::move(notice)), thread_([this] { run(); }) {}

Drainer::~Drainer() {
  stop();
  thread_.join();
}

void Drainer::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
  progressed_.notify_all();
}

void Drainer::wake() {
  const std::lock_guard lock(mutex_);
  wake_.notify_all();
}

void Drainer::tell(const std::string& message) {
  if (notice_) notice_(message);
}

void Drainer::begin_call() {
  const std::lock_guard lock(mutex_);
  active_at_ = Steady::now();
}

void Drainer::note_store(const Status& status) {
  bool changed = false;
  {
    const std::lock_guard lock(mutex_);
    const std::string error = status ? std::string() : status.error().message;
    changed = metrics_.store_up != status.has_value() || metrics_.store_error != error;
    metrics_.store_up = status.has_value();
    metrics_.store_error = error;
    active_at_ = Steady::now();
    progressed_.notify_all();
  }
  if (!changed) return;
  const uint64_t waiting = spool_.stats().records;
  tell(status ? fmt::format("the store answers again; {} spooled records are on their way to it", waiting)
              : fmt::format("the store takes no records, they stay in the spool: {}", status.error().message));
}

void Drainer::pace(uint64_t spooled_bytes) {
  std::unique_lock lock(mutex_);
  // Groups that are spooled at the same time wait for the sum.
  paced_to_ = std::max(paced_to_, drained_bytes_) + 2 * spooled_bytes;
  const uint64_t target = paced_to_;
  while (!stopping_ && metrics_.store_up && drained_bytes_ < target && !spool_.empty()) {
    const auto patience = active_at_ + kHanging;
    if (Steady::now() >= patience) return;
    progressed_.wait_until(lock, patience);
  }
}

DrainMetrics Drainer::metrics() const {
  const std::lock_guard lock(mutex_);
  return metrics_;
}

void Drainer::run() {
  auto pause = kFirstPause;
  if (!spool_.empty()) tell(fmt::format("{} records of an earlier run are in the spool", spool_.stats().records));
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !spool_.empty(); });
    if (stopping_) return;
    lock.unlock();
    const Status moved = step();
    lock.lock();
    if (stopping_) return;
    lock.unlock();
    note_store(moved);
    if (moved && spool_.empty()) tell("the spool is drained");
    lock.lock();
    if (moved) {
      pause = kFirstPause;
      continue;
    }
    wake_.wait_for(lock, pause, [this] { return stopping_; });
    pause = std::min(2 * pause, kLongestPause);
  }
}

// Moves one chunk, or goes on with the one under way.
Status Drainer::step() {
  if (progress_.chunk.entries.empty()) {
    progress_ = {};
    TRY_ASSIGN(progress_.chunk, spool_.front(kChunkBytes));
    if (progress_.chunk.entries.empty()) return {};
    progress_.todo.emplace_back(0, progress_.chunk.entries.size());
  }
  TRY(append_all());
  if (store_is_to_blame()) {
    Error error = std::move(progress_.refused.front().second);
    // Read again next time: what came since may show whether it is the store or the records.
    progress_ = {};
    return std::unexpected(std::move(error));
  }
  TRY(keep_rejects());
  finish();
  return {};
}

Status Drainer::append_all() {
  while (!progress_.todo.empty()) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return fail(Code::kUnavailable, "stopping");
    }
    const auto [begin, end] = progress_.todo.back();
    Status appended = append_range(begin, end);
    if (!appended && is_retryable(appended.error().code)) return appended;
    progress_.todo.pop_back();
    if (appended) continue;
    if (end - begin == 1) {
      progress_.refused.emplace_back(begin, std::move(appended).error());
      continue;
    }
    const size_t middle = begin + (end - begin) / 2;
    progress_.todo.emplace_back(middle, end);
    progress_.todo.emplace_back(begin, middle);
  }
  return {};
}

Status Drainer::append_range(size_t begin, size_t end) {
  std::vector<store::Write> writes;
  std::vector<size_t> indexes;
  for (size_t i = begin; i < end; ++i) {
    const SpoolEntry& entry = progress_.chunk.entries[i];
    if (entry.type == SpoolEntry::Type::kReject) continue;
    // Not fresh any more: it may be in the store already, from a commit whose answer was lost.
    store::Write write{std::string(entry.project), {}, entry.content_hash, false};
    if (entry.type == SpoolEntry::Type::kInteraction) {
      auto interaction = decoder_.interaction(entry.text);
      if (!interaction) return std::unexpected(std::move(interaction).error());
      write.record = *std::move(interaction);
    } else {
      auto signal = decoder_.signal(entry.text);
      if (!signal) return std::unexpected(std::move(signal).error());
      write.record = *std::move(signal);
    }
    writes.push_back(std::move(write));
    indexes.push_back(i);
  }
  if (writes.empty()) return {};
  std::vector<std::string> ids;
  for (const store::Write& write : writes) ids.emplace_back(record_id(write));
  begin_call();
  TRY_ASSIGN(const std::vector<store::Outcome> outcomes, store_.append(std::move(writes)));
  progress_.accepted = true;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    progress_.stored += outcomes[i] == store::Outcome::kStored ? 1 : 0;
    progress_.duplicates += outcomes[i] == store::Outcome::kDuplicate ? 1 : 0;
    if (outcomes[i] != store::Outcome::kConflict) continue;
    ++progress_.conflicts;
    progress_.rejects.push_back(
        reject_of(progress_.chunk.entries[indexes[i]],
                  fmt::format("id: {} was taken by a record with other content while this one was spooled", ids[i])));
  }
  return {};
}

// Whether what was refused says more about the store than about the records.
bool Drainer::store_is_to_blame() {
  if (progress_.refused.empty() || progress_.accepted) return false;
  const auto input = [](const auto& refused) { return refused.second.code == Code::kInvalidArgument; };
  if (std::ranges::any_of(progress_.refused, input)) return false;
  return progress_.refused.size() > 1 || !store_.check_writable();
}

void Drainer::collect_rejects() {
  if (std::exchange(progress_.collected, true)) return;
  for (const auto& [index, error] : progress_.refused) {
    tell(fmt::format("the store refused a spooled record, it is kept as a reject: {}", error.message));
    progress_.rejects.push_back(reject_of(progress_.chunk.entries[index], "refused by the store: " + error.message));
  }
  for (const SpoolEntry& entry : progress_.chunk.entries) {
    if (entry.type == SpoolEntry::Type::kReject)
      progress_.rejects.push_back(reject_of(entry, std::string(entry.reason)));
  }
}

Status Drainer::keep_rejects() {
  collect_rejects();
  if (progress_.rejects.empty()) return {};
  begin_call();
  Status kept = store_.add_rejects(progress_.rejects);
  if (!kept && !is_retryable(kept.error().code)) return add_one_by_one();
  if (kept) progress_.rejects.clear();
  return kept;
}

// What the store does not even take as a reject goes in without its text.
Status Drainer::add_one_by_one() {
  while (!progress_.rejects.empty()) {
    begin_call();
    store::Reject& reject = progress_.rejects.front();
    const Status kept = store_.add_rejects({reject});
    if (!kept && !is_retryable(kept.error().code)) {
      TRY(store_.add_rejects({{0, reject.project, reject.at, "refused by the store: " + kept.error().message, ""}}));
    } else if (!kept) {
      return kept;
    }
    progress_.rejects.erase(progress_.rejects.begin());
  }
  return {};
}

store::Reject Drainer::reject_of(const SpoolEntry& entry, std::string reason) const {
  const Time at = entry.type == SpoolEntry::Type::kReject ? entry.at : clock_.now();
  return {0, std::string(entry.project), at, std::move(reason),
          std::string(truncate_utf8(entry.text, store::kMaxRejectBytes))};
}

// Counts before it advances, so that an empty spool means that everything is counted.
void Drainer::finish() {
  {
    const std::lock_guard lock(mutex_);
    drained_bytes_ += progress_.chunk.bytes;
    metrics_.drained += progress_.chunk.entries.size();
    metrics_.stored += progress_.stored;
    metrics_.duplicates += progress_.duplicates;
    metrics_.conflicts += progress_.conflicts;
    metrics_.refused += progress_.refused.size();
  }
  spool_.advance();
  progress_ = {};
}

}  // namespace gleaner::intake
