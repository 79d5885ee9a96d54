#include "store/postgres/pool.h"

#include <algorithm>

namespace gleaner::store {
namespace {

constexpr std::chrono::milliseconds kFirstPause{200};
constexpr std::chrono::milliseconds kLongestPause{5000};
constexpr std::chrono::seconds kWaitForOne{10};

}  // namespace

Result<Pool::Lease> Pool::lease() {
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_for(lock, kWaitForOne, [this] { return out_ < size_; }))
      return fail(Code::kUnavailable, "PostgreSQL: all connections are busy (database_connections)");
    ++out_;
    if (!idle_.empty()) {
      Lease one(*this, std::move(idle_.back()));
      idle_.pop_back();
      return one;
    }
    if (std::chrono::steady_clock::now() < closed_until_) {
      --out_;
      freed_.notify_one();
      return std::unexpected(last_error_);
    }
  }
  auto opened = Connection::open(options_);
  const std::lock_guard lock(mutex_);
  if (!opened) {
    --out_;
    freed_.notify_one();
    pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
    closed_until_ = std::chrono::steady_clock::now() + pause_;
    last_error_ = opened.error();
    return std::unexpected(std::move(opened).error());
  }
  pause_ = std::chrono::milliseconds(0);
  return Lease(*this, *std::move(opened));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  connection->rollback();
  std::vector<std::unique_ptr<Connection>> unfit;  // closed without the lock
  {
    const std::lock_guard lock(mutex_);
    --out_;
    if (connection->healthy()) {
      idle_.push_back(std::move(connection));
    } else {
      // Whatever broke this one has likely broken the idle ones too.
      unfit.swap(idle_);
      unfit.push_back(std::move(connection));
    }
  }
  freed_.notify_one();
}

}  // namespace gleaner::store
