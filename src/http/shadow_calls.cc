#include "http/shadow_calls.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace gleaner::http {

void ShadowCalls::start(std::shared_ptr<const Forward> forward) {
  const size_t bytes = forward->body.size();
  const size_t calls = shared_.shadow_calls.fetch_add(1);
  const size_t held = shared_.shadow_bytes.fetch_add(bytes);
  const ServerOptions& options = shared_.options;
  if (calls >= options.max_shadow_calls || held + bytes > options.max_shadow_bytes || shared_.draining) {
    shared_.shadow_bytes -= bytes;
    --shared_.shadow_calls;
    end(*forward, ForwardEnd::kNotMade, "too many shadow calls at once");
    return;
  }
  asio::co_spawn(context_, run(std::move(forward)), asio::detached);
}

Task<void> ShadowCalls::run(std::shared_ptr<const Forward> forward) {
  UpstreamCall call(*forward, upstreams_);
  under_way_.insert(&call);
  ForwardEnd how = ForwardEnd::kUnreachable;
  const bool answered = co_await call.ask();
  if (answered) {
    Headers unsent;
    forward->observer->on_head(call.answer().status(), call.answer().headers(), unsent);
    std::string piece;
    UpstreamCall::Step step = call.take(piece);
    while (step == UpstreamCall::Step::kMore) {
      forward->observer->on_body(piece);
      co_await call.wait();
      step = call.take(piece);
    }
    forward->observer->on_body(piece);
    how = step == UpstreamCall::Step::kDone ? ForwardEnd::kComplete : ForwardEnd::kUpstreamCut;
  }
  call.finish();
  under_way_.erase(&call);
  end(*forward, how, call.reason());
  shared_.shadow_bytes -= forward->body.size();
  --shared_.shadow_calls;
}

void ShadowCalls::end(const Forward& forward, ForwardEnd how, const std::string& reason) {
  shared_.behind.post(forward.body.size(),
                      [observer = forward.observer, how, reason] { observer->on_end(how, reason); });
}

void ShadowCalls::check(UpstreamCall::Clock::time_point now) {
  for (UpstreamCall* const call : under_way_) call->check(now);
}

void ShadowCalls::cancel() {
  for (UpstreamCall* const call : under_way_) call->cancel();
}

}  // namespace gleaner::http
