// What all connections of a server share. Every member is safe from any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "http/behind.h"
#include "http/net.h"
#include "http/server.h"

namespace gleaner::http {

struct Shared {
  Shared(ServerOptions server_options, const Router& routes, Authenticator& auth)
      : options(std::move(server_options)),
        router(routes),
        authenticator(auth),
        workers(static_cast<size_t>(options.worker_threads)),
        aside(kAsideThreads) {
    tls.set_default_verify_paths();
    tls.set_verify_mode(asio::ssl::verify_peer);
  }

  // Of handlers that may take minutes so many run at once; more of them wait for their turn.
  static constexpr size_t kAsideThreads = 4;

  const ServerOptions options;
  const Router& router;
  Authenticator& authenticator;
  asio::thread_pool workers;
  asio::thread_pool aside;
  Behind behind;
  asio::ssl::context tls{asio::ssl::context::tls_client};  // to upstreams
  std::atomic<bool> draining{false};
  std::atomic<size_t> connections{0};
  std::atomic<size_t> shadow_calls{0};
  std::atomic<size_t> shadow_bytes{0};  // of their requests
  std::atomic<size_t> buffered_bytes{0};
  std::atomic<uint64_t> requests{0};
  std::atomic<uint64_t> responses_by_class[6] = {};
};

}  // namespace gleaner::http
