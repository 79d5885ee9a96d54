// Calls to upstreams whose answers no client waits for: only their observers get them. So many at once and no more,
// over all I/O threads (ServerOptions); one above that is not made, and its observer is told so.
//
// Of one I/O thread, on that thread.
#pragma once

#include <memory>
#include <unordered_set>

#include "http/forward.h"
#include "http/shared.h"
#include "http/upstream_call.h"

namespace gleaner::http {

class ShadowCalls {
 public:
  ShadowCalls(asio::io_context& context, Shared& shared, UpstreamPool& upstreams)
      : context_(context), shared_(shared), upstreams_(upstreams) {}

  void start(std::shared_ptr<const Forward> forward);
  // As of UpstreamCall, for all that are under way.
  void check(UpstreamCall::Clock::time_point now);
  void cancel();

 private:
  Task<void> run(std::shared_ptr<const Forward> forward);
  void end(const Forward& forward, ForwardEnd how, const std::string& reason);

  asio::io_context& context_;
  Shared& shared_;
  UpstreamPool& upstreams_;
  std::unordered_set<UpstreamCall*> under_way_;
};

}  // namespace gleaner::http
