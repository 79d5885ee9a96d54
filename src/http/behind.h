// Work that is done behind an answer that was given: observers are told here what became of their exchange. On a thread
// of its own that stands back for all others, so that nobody waits for an answer while somebody else's is being
// recorded.
//
// Safe from any thread, until join().
#pragma once

#include <atomic>
#include <functional>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "http/net.h"

namespace gleaner::http {

class Behind {
 public:
  // `bytes`: what it holds in memory until it is done.
  void post(size_t bytes, std::function<void()> work);
  // When so much waits that a caller should wait, too: for its own work.
  bool is_full() const { return bytes_ > kFullBytes; }
  Task<void> run(std::function<void()> work);
  // Until all is done.
  void join() { pool_.join(); }

 private:
  static constexpr size_t kFullBytes = size_t{16} << 20;

  // One thread keeps the order: what goes on with an exchange is looked at after it.
  asio::thread_pool pool_{1};
  std::atomic<size_t> bytes_{0};
};

}  // namespace gleaner::http
