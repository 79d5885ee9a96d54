#include "http/server.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "http/connection.h"
#include "http/shadow_calls.h"
#include "http/shared.h"

namespace gleaner::http {
namespace {

constexpr auto kSweepInterval = std::chrono::milliseconds(250);
constexpr auto kCutOffTime = std::chrono::seconds(5);

// One I/O thread and the connections that live on it.
class Loop {
 public:
  explicit Loop(Shared& shared) : shared_(shared), timer_(context_) {}

  asio::io_context& context() { return context_; }

  void start() {
    sweep();
    thread_ = std::thread([this] { context_.run(); });
  }

  // From any thread: the socket belongs to this loop's context.
  void adopt(Socket socket) { asio::co_spawn(context_, serve(std::move(socket)), asio::detached); }

  enum class Which { kIdle, kAll };
  void close(Which which) {
    asio::post(context_, [this, which] {
      for (Connection* const connection : connections_) {
        if (which == Which::kAll || connection->idle()) connection->close();
      }
      if (which == Which::kAll) shadows_.cancel();
    });
  }

  void finish() {
    asio::post(context_, [this] {
      finishing_ = true;
      timer_.cancel();
    });
    if (thread_.joinable()) thread_.join();
  }

 private:
  Task<void> serve(Socket socket) {
    Connection connection(std::move(socket), shared_, upstreams_, shadows_);
    connections_.insert(&connection);
    co_await connection.run();
    connections_.erase(&connection);
    --shared_.connections;
  }

  void sweep() {
    if (finishing_) return;
    const auto now = Connection::Clock::now();
    for (Connection* const connection : connections_) {
      if (connection->expired(now)) connection->close();
      connection->check_upstream(now);
    }
    shadows_.check(now);
    upstreams_.drop_old();
    timer_.expires_after(kSweepInterval);
    timer_.async_wait([this](const boost::system::error_code&) { sweep(); });
  }

  Shared& shared_;
  asio::io_context context_{1};
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> timer_;
  UpstreamPool upstreams_{context_, shared_.tls};
  ShadowCalls shadows_{context_, shared_, upstreams_};
  std::unordered_set<Connection*> connections_;  // touched on the loop's thread only
  bool finishing_ = false;                       // the same
  std::thread thread_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, const Router& router, Authenticator& authenticator)
      : shared(std::move(options), router, authenticator), loops(make_loops(shared)) {}

  Status bind() {
    boost::system::error_code error;
    const auto address =
        asio::ip::make_address(shared.options.host == "localhost" ? "127.0.0.1" : shared.options.host, error);
    if (error)
      return fail(Code::kInvalidArgument, fmt::format("host: expected an IP address, got \"{}\"", shared.options.host));
    const Tcp::endpoint endpoint(address, shared.options.port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(Code::kUnavailable, fmt::format("cannot listen on {} port {}: {}", shared.options.host,
                                                  shared.options.port, error.message()));
    }
    port = acceptor.local_endpoint().port();
    return {};
  }

  Task<void> accept() {
    size_t next = 0;
    while (acceptor.is_open()) {
      Loop& loop = *loops[next++ % loops.size()];
      auto [error, socket] = co_await acceptor.async_accept(loop.context(), kAwait);
      if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
      if (error) {
        // Out of file descriptors, most likely: wait for connections to end instead of spinning.
        backoff.expires_after(std::chrono::milliseconds(50));
        co_await backoff.async_wait(kAwait);
        continue;
      }
      if (++shared.connections > shared.options.max_connections) {
        --shared.connections;
        continue;
      }
      loop.adopt(Socket(std::move(socket)));
    }
  }

  void wait_for_connections(Loop::Which close, std::chrono::milliseconds at_most) {
    const auto give_up = Connection::Clock::now() + at_most;
    while (shared.connections + shared.shadow_calls > 0 && Connection::Clock::now() < give_up) {
      for (const auto& loop : loops) loop->close(close);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  Shared shared;
  std::vector<std::unique_ptr<Loop>> loops;
  Acceptor acceptor{loops_context()};
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> backoff{
      loops_context()};
  uint16_t port = 0;
  bool started = false;

 private:
  static std::vector<std::unique_ptr<Loop>> make_loops(Shared& shared) {
    std::vector<std::unique_ptr<Loop>> loops;
    for (int i = 0; i < std::max(1, shared.options.io_threads); ++i) loops.push_back(std::make_unique<Loop>(shared));
    return loops;
  }
  asio::io_context& loops_context() { return loops.front()->context(); }
};

Server::Server(ServerOptions options, const Router& router, Authenticator& authenticator)
    : impl_(std::make_unique<Impl>(std::move(options), router, authenticator)) {}

Server::~Server() {
  stop();
}

Status Server::start() {
  TRY(impl_->bind());
  asio::co_spawn(impl_->loops.front()->context(), impl_->accept(), asio::detached);
  for (const auto& loop : impl_->loops) loop->start();
  impl_->started = true;
  return {};
}

uint16_t Server::port() const {
  return impl_->port;
}

void Server::stop() {
  if (!std::exchange(impl_->started, false)) return;
  Shared& shared = impl_->shared;
  shared.draining = true;
  asio::post(impl_->loops.front()->context(), [this] {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
  });
  // Requests under way get their time; what then remains is cut off, which lets its coroutine end.
  impl_->wait_for_connections(Loop::Which::kIdle, std::chrono::seconds(shared.options.drain_timeout_seconds));
  impl_->wait_for_connections(Loop::Which::kAll, kCutOffTime);
  shared.workers.join();
  shared.aside.join();
  shared.behind.join();
  for (const auto& loop : impl_->loops) loop->finish();
}

ServerMetrics Server::metrics() const {
  const Shared& shared = impl_->shared;
  ServerMetrics metrics;
  metrics.connections = shared.connections;
  metrics.requests = shared.requests;
  for (size_t i = 0; i < std::size(metrics.responses_by_class); ++i)
    metrics.responses_by_class[i] = shared.responses_by_class[i];
  return metrics;
}

}  // namespace gleaner::http
