// The key set of a token issuer, fetched over HTTP and kept fresh by a thread of its own, so that nobody who is asked
// for keys ever waits for the issuer's server.
//
// Keys are fetched again when they are ten minutes old, and when a token names a key that is not there: at once, but
// not more often than every 30 seconds. While fetching fails the old keys stay, however old, and it is tried again
// every five seconds: an issuer that is down must not lock everybody out. What a fetched set no longer has is no longer
// known.
//
// Thread contract: start() once, by one thread; the rest is safe from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "http/client.h"
#include "http/key_set.h"

namespace gleaner::http {

struct RemoteKeysOptions {
  std::string url;
  std::chrono::milliseconds max_age = std::chrono::minutes(10);
  std::chrono::milliseconds between_misses = std::chrono::seconds(30);
  std::chrono::milliseconds between_failures = std::chrono::seconds(5);
  // Told when fetching fails, once as long as it fails in the same way.
  std::function<void(const Error&)> on_failure = [](const Error&) {};
};

class RemoteKeys final : public KeySource {
 public:
  explicit RemoteKeys(RemoteKeysOptions options);
  // Ends a fetch under way.
  ~RemoteKeys() override = default;

  // Fetches for the first time, on the caller's thread, and goes on in the background whatever came of it.
  void start();

  std::shared_ptr<const KeySet> keys() const override;
  void missed() override;

 private:
  using Clock = std::chrono::steady_clock;

  void run(const std::stop_token& stop);
  void fetch(const std::stop_token& stop);
  Result<KeySet> download(const std::stop_token& stop) const;

  const RemoteKeysOptions options_;
  const Client client_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::shared_ptr<const KeySet>
      keys_;                         // guarded by mutex_; shared with whoever is verifying by it while it is replaced
  bool missed_ = false;              // guarded by mutex_
  Clock::time_point next_;           // guarded by mutex_; when to fetch whatever happens
  Clock::time_point next_for_miss_;  // guarded by mutex_
  std::string told_;                 // by the thread that fetches
  std::jthread thread_;
};

}  // namespace gleaner::http
