// Values that are read from somewhere slow, kept in memory, and read again in the background: what the registry says of
// keys and projects, for which every request asks.
//
// A value younger than half a second is used as it is; then it is read again on a thread of its own. Up to a second old
// it is used meanwhile; an older one is waited for, so that what was changed elsewhere is in force after a second. That
// wait is short and not repeated while reading takes long or fails: then the registry is away, and who asks goes on
// with what was known before, for writes can still be taken on disk. Only an error that trying again will not mend
// takes the place of a known value.
//
// Thread contract: safe from any thread. get() waits for a quarter of a second at most, refresh() as long as reading
// takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/error.h"

namespace gleaner::api {

template <typename T>
class Refreshed {
 public:
  // Reads the value of that name.
  using Read = std::function<Result<T>(const std::string& name)>;

  explicit Refreshed(Read read) : read_(std::move(read)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

  // The value of that name. Errors: what reading it last came to, if there is no value to go on with.
  Result<std::shared_ptr<const T>> get(std::string_view name = {});

  // Reads the value now, so that what the caller changed is in force.
  Status refresh(const std::string& name = {});

  // Reads the value as something to go on with, should the registry be away: the next get() reads it again if it can.
  void learn(const std::string& name = {});

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr auto kFresh = std::chrono::milliseconds(500);
  static constexpr auto kUsable = std::chrono::seconds(1);
  static constexpr auto kPatience = std::chrono::milliseconds(250);

  struct Entry {
    std::shared_ptr<const T> value;  // shared with whoever is using it while it is replaced
    std::optional<Error> error;      // of the last reading
    Clock::time_point read_at;
    uint64_t turn = 0;     // which reading it is from
    bool pending = false;  // will be read, or is being read, in the background
    bool away = false;     // the last reading failed, or takes too long: nobody waits
  };

  Entry& entry(std::string_view name) {
    const auto found = entries_.find(name);
    return found != entries_.end() ? found->second : entries_[std::string(name)];
  }
  static Result<std::shared_ptr<const T>> answer(const Entry& entry);
  void run(const std::stop_token& stop);

  const Read read_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable done_;
  std::map<std::string, Entry, std::less<>> entries_;  // guarded by mutex_; none is ever removed
  std::deque<std::string> queue_;                      // guarded by mutex_
  uint64_t turns_ = 0;                                 // guarded by mutex_
  std::jthread thread_;
};

template <typename T>
Result<std::shared_ptr<const T>> Refreshed<T>::answer(const Entry& entry) {
  if (entry.value && (!entry.error || is_retryable(entry.error->code))) return entry.value;
  if (entry.error) return std::unexpected(*entry.error);
  return fail(Code::kUnavailable, "the store does not answer; try again");
}

template <typename T>
Result<std::shared_ptr<const T>> Refreshed<T>::get(std::string_view name) {
  std::unique_lock lock(mutex_);
  Entry& wanted = entry(name);
  const bool read_before = wanted.turn > 0;
  const auto age = Clock::now() - wanted.read_at;
  if (read_before && age < kFresh) return answer(wanted);
  if (!wanted.pending) {
    wanted.pending = true;
    queue_.emplace_back(name);
    wake_.notify_one();
  }
  if (wanted.away || (read_before && age < kUsable)) return answer(wanted);
  if (!done_.wait_for(lock, kPatience, [&wanted] { return !wanted.pending; })) wanted.away = true;
  return answer(wanted);
}

template <typename T>
Status Refreshed<T>::refresh(const std::string& name) {
  std::unique_lock lock(mutex_);
  const uint64_t turn = ++turns_;
  lock.unlock();
  const auto begun = Clock::now();
  Result<T> value = read_(name);
  lock.lock();
  Entry& read = entry(name);
  // Whoever began later has seen more.
  if (turn < read.turn) return {};
  read.turn = turn;
  if (!value) {
    read.error = value.error();
    read.away = is_retryable(value.error().code);
    read.read_at = Clock::now();
    return std::unexpected(std::move(value).error());
  }
  read.value = std::make_shared<const T>(*std::move(value));
  read.error.reset();
  read.away = false;
  read.read_at = begun;
  return {};
}

template <typename T>
void Refreshed<T>::learn(const std::string& name) {
  (void)refresh(name);
  const std::lock_guard lock(mutex_);
  entry(name).read_at = {};
}

template <typename T>
void Refreshed<T>::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return !queue_.empty(); }) && !stop.stop_requested()) {
    const std::string name = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    (void)refresh(name);
    lock.lock();
    entry(name).pending = false;
    done_.notify_all();
  }
}

}  // namespace gleaner::api
