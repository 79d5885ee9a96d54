// Connections to upstreams, kept for the next request. Everything of one I/O thread, on that thread.
#pragma once

#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "http/forward.h"
#include "http/net.h"

namespace gleaner::http {

class UpstreamConnection {
 public:
  static constexpr size_t kInputBytes = size_t{32} << 10;

  explicit UpstreamConnection(Socket socket) : stream_(std::move(socket)) {}
  explicit UpstreamConnection(asio::ssl::stream<Socket> stream) : stream_(std::move(stream)) {}

  Socket& socket();
  // Whole, or an error.
  Task<boost::system::error_code> write(std::string_view head, std::string_view body);
  // More input behind what is there.
  Task<boost::system::error_code> fill();
  std::string_view input() const { return {input_.get() + begin_, end_ - begin_}; }
  void use(size_t bytes) { begin_ += bytes; }

  // Whether the upstream has neither closed it nor said anything nobody asked for.
  bool quiet();
  void close();

 private:
  std::variant<Socket, asio::ssl::stream<Socket>> stream_;
  std::unique_ptr<char[]> input_ = std::make_unique_for_overwrite<char[]>(kInputBytes);
  size_t begin_ = 0;
  size_t end_ = 0;
};

class UpstreamPool {
 public:
  using Clock = std::chrono::steady_clock;

  UpstreamPool(asio::io_context& context, asio::ssl::context& tls) : context_(context), tls_(tls) {}

  // One that was used before; null if there is none.
  std::unique_ptr<UpstreamConnection> reuse(const Upstream& upstream);
  // A new one; null and `why` otherwise. `opening` points to its socket meanwhile, so that others can close it; while
  // there is none yet, `given_up` says that nobody wants it any more.
  Task<std::unique_ptr<UpstreamConnection>> connect(const Upstream& upstream, Socket*& opening, const bool& given_up,
                                                    std::string& why);
  // Closes those that nobody has used for a while.
  void drop_old();
  // For the next request.
  void keep(const Upstream& upstream, std::unique_ptr<UpstreamConnection> connection);

 private:
  static constexpr size_t kMaxIdle = 128;  // of one upstream
  static constexpr auto kIdleTime = std::chrono::seconds(30);
  static constexpr auto kAddressTime = std::chrono::seconds(30);

  struct Idle {
    std::unique_ptr<UpstreamConnection> connection;
    Clock::time_point since;
  };
  struct Known {
    std::vector<Tcp::endpoint> endpoints;
    Clock::time_point until;
  };
  // Whatever stands behind the server's name.
  struct ByServer {
    bool operator()(const Upstream& a, const Upstream& b) const;
  };
  Task<bool> resolve(const Upstream& upstream, std::vector<Tcp::endpoint>& endpoints, std::string& why);

  asio::io_context& context_;
  asio::ssl::context& tls_;
  std::map<Upstream, std::list<Idle>, ByServer> idle_;  // the latest last
  std::map<Upstream, Known, ByServer> addresses_;
};

}  // namespace gleaner::http
