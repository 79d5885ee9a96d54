// The connections of one store: at most so many, opened when needed, kept while they are good. While the database does
// not answer, it is asked ever more seldom (0.2 s to 5 s), and everybody in between gets the last error at once.
//
// Thread contract: safe from any thread; a Lease belongs to one thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "store/postgres/connection.h"

namespace gleaner::store {

class Pool {
 public:
  Pool(Connection::Options options, size_t size) : options_(std::move(options)), size_(size) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // A connection until the end of its scope; rolled back and given back then, or closed if it is not good any more.
  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_ != nullptr) pool_->give_back(std::move(connection_));
    }
    Connection* operator->() { return connection_.get(); }
    Connection& operator*() { return *connection_; }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  // Errors: kUnavailable.
  Result<Lease> lease();

  // Runs `work` on a connection; once more on a new one if the first turns out to be broken, which every connection is
  // after the database was restarted. For work that may be done twice.
  template <typename Work>
  auto run(Work work) -> decltype(work(std::declval<Connection&>())) {
    for (int attempt = 0;; ++attempt) {
      TRY_ASSIGN(Lease one, lease());
      auto done = work(*one);
      if (done || attempt > 0 || !one->worth_retrying()) return done;
    }
  }

 private:
  void give_back(std::unique_ptr<Connection> connection);

  const Connection::Options options_;
  const size_t size_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;       // guarded by mutex_
  size_t out_ = 0;                                      // guarded by mutex_
  Error last_error_;                                    // guarded by mutex_
  std::chrono::steady_clock::time_point closed_until_;  // guarded by mutex_
  std::chrono::milliseconds pause_{0};                  // guarded by mutex_
};

}  // namespace gleaner::store
