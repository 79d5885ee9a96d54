// One writer at a time among all processes that have the store open, and the knowledge whether another one has written
// since. The kernel releases the lock when its holder dies.
//
// The file's content is a generation number and the token of the last writer. It only tells living processes about each
// other, so it needs no fsync. Thread contract: acquire() by one thread at a time; changed_elsewhere() from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace gleaner::store {

class WriteLock {
 public:
  WriteLock() = default;
  ~WriteLock();
  WriteLock(const WriteLock&) = delete;
  WriteLock& operator=(const WriteLock&) = delete;

  Status open(const std::string& path);

  // Holds the lock for its lifetime.
  class Held {
   public:
    explicit Held(WriteLock& lock) : lock_(&lock) {}
    ~Held();
    Held(Held&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
    Held& operator=(Held&&) = delete;

   private:
    WriteLock* lock_;
  };
  Result<Held> acquire();

  // Whether another process has written since the last mark_seen(). Needs no lock.
  bool changed_elsewhere() const;
  void mark_seen();
  // After a commit, while holding the lock: tells the others.
  void announce();

 private:
  struct State {
    uint64_t generation = 0;
    uint64_t writer = 0;
  };
  State read() const;

  int fd_ = -1;
  uint64_t token_ = 0;
  std::atomic<uint64_t> seen_{0};
};

}  // namespace gleaner::store
