// Work that is done behind an answer that was given: observers are told here what became of their exchange. On a thread
// of its own that stands back for all others, so that nobody waits for an answer while somebody else's is being
// recorded.
//
// As a rule nobody waits for that work, so it is let gather for a moment: to wake a thread for each piece of it costs
// the callers more than the piece is worth.
//
// Safe from any thread, until join().
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/net.h"

namespace gleaner::http {

class Behind {
 public:
  Behind();
  Behind(const Behind&) = delete;
  Behind& operator=(const Behind&) = delete;
  ~Behind() { join(); }

  // `bytes`: what it holds in memory until it is done.
  void post(size_t bytes, std::move_only_function<void()> work);
  // When so much waits that a caller should wait, too: for its own work.
  bool is_full() const { return bytes_ > kFullBytes; }
  Task<void> run(std::function<void()> work);
  // Until all is done.
  void join();

 private:
  static constexpr size_t kFullBytes = size_t{16} << 20;
  static constexpr auto kPatience = std::chrono::milliseconds(5);

  struct Piece {
    size_t bytes;
    std::move_only_function<void()> work;
  };
  void work();
  void add(Piece piece, bool hurry);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Piece> pieces_;  // guarded by mutex_
  bool hurry_ = false;         // guarded by mutex_; somebody waits after all
  bool stopping_ = false;      // guarded by mutex_
  std::atomic<size_t> bytes_{0};
  // One thread keeps the order: what goes on with an exchange is looked at after it.
  std::thread thread_;
};

}  // namespace gleaner::http
