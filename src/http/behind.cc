#include "http/behind.h"

#include <sys/resource.h>

namespace gleaner::http {
namespace {

// On Linux the priority is that of the thread. It can be lowered by anybody.
void stand_back() {
  constexpr int kNice = 5;
  thread_local const bool done = ::setpriority(PRIO_PROCESS, 0, kNice) == 0;
  static_cast<void>(done);
}

}  // namespace

void Behind::post(size_t bytes, std::function<void()> work) {
  bytes_ += bytes;
  asio::post(pool_, [this, bytes, work = std::move(work)]() mutable {
    stand_back();
    work();
    work = nullptr;
    bytes_ -= bytes;
  });
}

Task<void> Behind::run(std::function<void()> work) {
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [this, &work](auto handler) {
        asio::post(pool_, [&work, handler = std::move(handler)]() mutable {
          stand_back();
          work();
          auto executor = asio::get_associated_executor(handler);
          asio::post(executor, std::move(handler));
        });
      },
      asio::use_awaitable_t<Executor>{});
}

}  // namespace gleaner::http
