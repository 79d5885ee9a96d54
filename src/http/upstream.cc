#include "http/upstream.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>

#include <boost/asio/connect.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include "http/send.h"

namespace gleaner::http {

Socket& UpstreamConnection::socket() {
  if (auto* const plain = std::get_if<Socket>(&stream_)) return *plain;
  return std::get<asio::ssl::stream<Socket>>(stream_).next_layer();
}

Task<boost::system::error_code> UpstreamConnection::write(std::string_view head, std::string_view body) {
  if (auto* const plain = std::get_if<Socket>(&stream_)) {
    const boost::system::error_code error = co_await send_all(*plain, head, body);
    co_return error;
  }
  const std::array buffers = {asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())};
  auto& tls = std::get<asio::ssl::stream<Socket>>(stream_);
  const auto [error, sent] = co_await asio::async_write(tls, buffers, kAwait);
  co_return error;
}

Task<boost::system::error_code> UpstreamConnection::fill() {
  if (begin_ > 0) {
    std::memmove(input_.get(), input_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == kInputBytes) co_return asio::error::no_buffer_space;
  const auto room = asio::buffer(input_.get() + end_, kInputBytes - end_);
  if (auto* const plain = std::get_if<Socket>(&stream_)) {
    const auto [error, got] = co_await plain->async_read_some(room, kAwait);
    end_ += got;
    co_return error;
  }
  auto& tls = std::get<asio::ssl::stream<Socket>>(stream_);
  const auto [error, got] = co_await tls.async_read_some(room, kAwait);
  end_ += got;
  co_return error;
}

bool UpstreamConnection::quiet() {
  char byte = 0;
  const ssize_t got = ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) && input().empty();
}

void UpstreamConnection::close() {
  boost::system::error_code ignored;
  socket().close(ignored);
}

bool UpstreamPool::ByServer::operator()(const Upstream& a, const Upstream& b) const {
  return std::tie(a.tls, a.port, a.host) < std::tie(b.tls, b.port, b.host);
}

std::unique_ptr<UpstreamConnection> UpstreamPool::reuse(const Upstream& upstream) {
  const auto found = idle_.find(upstream);
  if (found == idle_.end()) return nullptr;
  std::list<Idle>& list = found->second;
  while (!list.empty()) {
    std::unique_ptr<UpstreamConnection> connection = std::move(list.back().connection);
    list.pop_back();
    if (connection->quiet()) return connection;
  }
  return nullptr;
}

void UpstreamPool::drop_old() {
  const auto oldest = Clock::now() - kIdleTime;
  for (auto& [upstream, list] : idle_) {
    while (!list.empty() && list.front().since < oldest) list.pop_front();
  }
}

void UpstreamPool::keep(const Upstream& upstream, std::unique_ptr<UpstreamConnection> connection) {
  std::list<Idle>& list = idle_[upstream];
  list.push_back({std::move(connection), Clock::now()});
  if (list.size() > kMaxIdle) list.pop_front();
}

Task<bool> UpstreamPool::resolve(const Upstream& upstream, std::vector<Tcp::endpoint>& endpoints, std::string& why) {
  Known& known = addresses_[upstream];
  if (known.until < Clock::now()) {
    asio::ip::basic_resolver<Tcp, Executor> resolver(context_);
    const auto [error, results] = co_await resolver.async_resolve(upstream.host, std::to_string(upstream.port), kAwait);
    if (error) {
      why = fmt::format("{} has no address: {}", upstream.host, error.message());
      co_return false;
    }
    known.endpoints.clear();
    for (const auto& result : results) known.endpoints.push_back(result.endpoint());
    known.until = Clock::now() + kAddressTime;
  }
  endpoints = known.endpoints;
  co_return true;
}

Task<std::unique_ptr<UpstreamConnection>> UpstreamPool::connect(const Upstream& upstream, Socket*& opening,
                                                                const bool& given_up, std::string& why) {
  std::vector<Tcp::endpoint> endpoints;
  const bool resolved = co_await resolve(upstream, endpoints, why);
  if (!resolved || given_up) co_return nullptr;
  Socket socket(context_);
  opening = &socket;
  const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints, kAwait);
  opening = nullptr;
  if (error) {
    why = fmt::format("{} port {} cannot be connected to: {}", upstream.host, upstream.port, error.message());
    co_return nullptr;
  }
  boost::system::error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  if (!upstream.tls) co_return std::make_unique<UpstreamConnection>(std::move(socket));
  asio::ssl::stream<Socket> tls(std::move(socket), tls_);
  SSL_set_tlsext_host_name(tls.native_handle(), upstream.host.c_str());
  tls.set_verify_callback(asio::ssl::host_name_verification(upstream.host), ignored);
  opening = &tls.next_layer();
  const auto [refused] = co_await tls.async_handshake(asio::ssl::stream_base::client, kAwait);
  opening = nullptr;
  if (refused) {
    why = fmt::format("{} port {}: no TLS: {}", upstream.host, upstream.port, refused.message());
    co_return nullptr;
  }
  co_return std::make_unique<UpstreamConnection>(std::move(tls));
}

}  // namespace gleaner::http
