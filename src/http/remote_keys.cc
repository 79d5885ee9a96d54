#include "http/remote_keys.h"

#include <algorithm>

#include <fmt/format.h>

namespace gleaner::http {
namespace {

constexpr ClientOptions kClient{.timeout = std::chrono::seconds(5), .max_body_bytes = size_t{256} << 10};

}  // namespace

RemoteKeys::RemoteKeys(RemoteKeysOptions options) : options_(std::move(options)), client_(kClient) {}

void RemoteKeys::start() {
  fetch({});
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

std::shared_ptr<const KeySet> RemoteKeys::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

void RemoteKeys::missed() {
  {
    const std::lock_guard lock(mutex_);
    if (missed_) return;
    missed_ = true;
  }
  wake_.notify_all();
}

void RemoteKeys::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const bool missed = missed_;
    const auto due = missed ? std::min(next_, next_for_miss_) : next_;
    if (Clock::now() < due) {
      wake_.wait_until(lock, stop, due, [this, missed] { return missed_ != missed; });
      continue;
    }
    lock.unlock();
    fetch(stop);
    lock.lock();
  }
}

void RemoteKeys::fetch(const std::stop_token& stop) {
  {
    // Cleared first: whoever misses a key from now on may miss it in what is fetched here, too.
    const std::lock_guard lock(mutex_);
    if (missed_) next_for_miss_ = Clock::now() + options_.between_misses;
    missed_ = false;
  }
  auto fetched = download(stop);
  if (stop.stop_requested()) return;
  const Error failure = fetched ? Error() : fetched.error();
  {
    const std::lock_guard lock(mutex_);
    next_ = Clock::now() + (fetched ? options_.max_age : options_.between_failures);
    if (fetched) keys_ = std::make_shared<const KeySet>(*std::move(fetched));
  }
  if (!failure.message.empty() && failure.message != told_) options_.on_failure(failure);
  told_ = failure.message;
}

Result<KeySet> RemoteKeys::download(const std::stop_token& stop) const {
  TRY_ASSIGN(const ClientResponse response, client_.get(options_.url, stop));
  if (response.status != 200) return fail(Code::kUnavailable, fmt::format("the server answers {}", response.status));
  return KeySet::parse(response.body);
}

}  // namespace gleaner::http
