#include "http/behind.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <sys/resource.h>

namespace gleaner::http {
namespace {

// On Linux the priority is that of the thread. It can be lowered by anybody.
void stand_back() {
  constexpr int kNice = 5;
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, kNice));
}

}  // namespace

Behind::Behind() : thread_([this] { work(); }) {}

void Behind::join() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Behind::work() {
  stand_back();
  std::vector<Piece> taken;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !pieces_.empty(); });
    if (pieces_.empty()) return;
    wake_.wait_for(lock, kPatience, [this] { return stopping_ || hurry_; });
    hurry_ = false;
    taken.swap(pieces_);
    lock.unlock();
    for (Piece& piece : taken) {
      piece.work();
      piece.work = nullptr;
      bytes_ -= piece.bytes;
    }
    taken.clear();
    lock.lock();
  }
}

void Behind::post(size_t bytes, std::move_only_function<void()> work) {
  bytes_ += bytes;
  add({bytes, std::move(work)}, is_full());
}

void Behind::add(Piece piece, bool hurry) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(piece));
    hurry_ = hurry_ || hurry;
    wake = hurry_ || pieces_.size() == 1;
  }
  if (wake) wake_.notify_one();
}

Task<void> Behind::run(std::function<void()> work) {
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [this, &work](auto handler) {
        auto piece = [&work, handler = std::move(handler)]() mutable {
          work();
          auto executor = asio::get_associated_executor(handler);
          asio::post(executor, std::move(handler));
        };
        add({0, std::move(piece)}, true);
      },
      asio::use_awaitable_t<Executor>{});
}

}  // namespace gleaner::http
