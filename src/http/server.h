// An HTTP/1.1 server: reads requests, asks who sends them, hands them to the routes, writes the answers.
//
// One coroutine per connection on a few I/O threads (each with its own io_context), a small pool for handlers that
// block, another for those that may take minutes. What a stranger can make it hold is bounded: connections, header
// bytes, body bytes per request and over all requests, the size of what a compressed body unpacks to, and the time of
// each phase.
//
// Thread contract: start, stop and the destructor by one thread. Handlers are called from many.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "http/authenticator.h"
#include "http/router.h"

namespace gleaner::http {

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0 for any free one
  int io_threads = 1;
  int worker_threads = 2;
  size_t max_connections = 4096;
  size_t max_header_bytes = size_t{16} << 10;
  size_t max_body_bytes = size_t{64} << 20;      // before and after decompression
  size_t max_buffered_bytes = size_t{96} << 20;  // of bodies, over all connections
  size_t max_shadow_calls = 64;                  // under way at once (http/shadow_calls.h)
  size_t max_shadow_bytes = size_t{32} << 20;    // of their bodies
  int header_timeout_seconds = 10;               // from the first byte of a request to the end of its header
  int body_timeout_seconds = 30;                 // without progress, reading a body or writing an answer
  int idle_timeout_seconds = 60;                 // between requests
  int drain_timeout_seconds = 10;                // for requests under way when stopping
};

struct ServerMetrics {
  uint64_t connections = 0;  // open now
  uint64_t requests = 0;
  uint64_t responses_by_class[6] = {};  // [2] counts 2xx
};

class Server {
 public:
  // `router` and `authenticator` must outlive the server.
  Server(ServerOptions options, const Router& router, Authenticator& authenticator);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Errors: kUnavailable when the address cannot be bound.
  Status start();
  uint16_t port() const;
  // Takes no more connections, lets requests under way finish, closes the rest. Idempotent.
  void stop();
  ServerMetrics metrics() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gleaner::http
