#include "http/send.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/post.hpp>
#include <sys/socket.h>
#include <sys/uio.h>

namespace gleaner::http {
namespace {

iovec piece_of(std::string_view text) {
  return {const_cast<char*>(text.data()), text.size()};  // sendmsg() only reads
}

// After so many bytes it is the turn of others of the same thread.
constexpr size_t kTurn = size_t{256} << 10;

ssize_t send_some(int socket, std::string_view first, std::string_view second) {
  std::array pieces = {piece_of(first), piece_of(second)};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void remove_sent(size_t sent, std::string_view& text) {
  text.remove_prefix(std::min(sent, text.size()));
}

}  // namespace

Task<boost::system::error_code> send_all(Socket& socket, std::string_view first, std::string_view second) {
  size_t in_turn = 0;
  while (!first.empty() || !second.empty()) {
    const ssize_t sent = send_some(socket.native_handle(), first, second);
    if (sent >= 0) {
      const size_t of_first = first.size();
      remove_sent(static_cast<size_t>(sent), first);
      remove_sent(static_cast<size_t>(sent) - (of_first - first.size()), second);
      in_turn += static_cast<size_t>(sent);
      if (in_turn >= kTurn) {
        in_turn = 0;
        co_await asio::post(socket.get_executor(), asio::use_awaitable_t<Executor>{});
      }
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const auto [error] = co_await socket.async_wait(Socket::wait_write, kAwait);
      if (error) co_return error;
    } else if (errno != EINTR) {
      co_return boost::system::error_code(errno, boost::system::system_category());
    }
  }
  co_return boost::system::error_code();
}

}  // namespace gleaner::http
