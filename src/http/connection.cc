#include "http/connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "base/compress.h"
#include "base/text.h"
#include "http/credential.h"
#include "http/head.h"
#include "http/problem.h"
#include "http/send.h"
#include "http/shared.h"
#include "http/upstream_call.h"

namespace gleaner::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr size_t kSmallAnswer = size_t{64} << 10;
constexpr size_t kWriteStep = size_t{256} << 10;
// Bodies above this are decompressed and handled on a worker, so that one big request does not hold up the small ones
// of the same I/O thread.
constexpr size_t kBigBody = size_t{128} << 10;
// How much of a request that was refused unread is read and thrown away, so that the client gets to see the answer.
constexpr size_t kLingerBytes = size_t{4} << 20;
constexpr int kLingerSeconds = 2;

class BodyLease final : public BodyMemory {
 public:
  explicit BodyLease(Shared& shared) : shared_(shared) {}
  ~BodyLease() override { shared_.buffered_bytes -= held_; }
  bool take(size_t bytes) override {
    if (shared_.buffered_bytes.fetch_add(bytes) + bytes > shared_.options.max_buffered_bytes) {
      shared_.buffered_bytes -= bytes;
      return false;
    }
    held_ += bytes;
    return true;
  }
  bool grow_to(size_t bytes) { return bytes <= held_ || take(bytes - held_); }

 private:
  Shared& shared_;
  std::atomic<size_t> held_ = 0;
};

Response too_many_bodies() {
  return problem(Error{Code::kResourceExhausted, "too many large requests at once; try again"});
}

Response parse_problem(const boost::system::error_code& error, const ServerOptions& options) {
  if (error == beast_http::error::header_limit) {
    return problem(431, "too_large", fmt::format("the header is over the limit of {} bytes", options.max_header_bytes));
  }
  if (error == beast_http::error::body_limit) {
    return problem(413, "too_large",
                   fmt::format("the body is over the limit of {} bytes (max_body_bytes)", options.max_body_bytes));
  }
  return problem(400, "invalid_argument", fmt::format("not a valid HTTP/1.1 request: {}", error.message()));
}

Status check_rights(const Principal& principal, const Route& route) {
  if (!principal.interaction.empty()) {
    if (route.people && route.scope == Scope::kIngest) return {};
    return fail(Code::kPermissionDenied, "a feedback token is good for feedback on its interaction only");
  }
  if (principal.is_person()) {
    if (route.people) return {};
    return fail(Code::kPermissionDenied, "this is not for people: it takes an API key or the token of an admin");
  }
  if (principal.may(route.scope)) return {};
  return fail(Code::kPermissionDenied, "the key lacks the scope that this route needs");
}

// A rule of this file: every co_await is a statement or an initialiser of its own. GCC 12 miscompiles one that stands
// inside &&, || or ?: (it traps when the coroutine resumes).

// A handler that throws, which is a mistake of ours or a lack of memory, has not answered: its responder says 500.
void call_handler(const Route& route, Request request, Responder responder) {
  try {
    route.handler(std::move(request), std::move(responder));
  } catch (const std::exception&) {
    return;
  }
}

// What a handler answers, from whatever thread, and who waits for it. Many answer before anybody waits.
class Answer {
 public:
  void give(Response response, const Executor& executor) {
    std::move_only_function<void()> waiting;
    {
      const std::lock_guard lock(mutex_);
      response_ = std::move(response);
      waiting = std::move(waiting_);
    }
    if (waiting) asio::post(executor, std::move(waiting));
  }
  template <typename Handler>
  void wait(Handler handler, const Executor& executor) {
    {
      const std::lock_guard lock(mutex_);
      if (!response_) {
        waiting_ = std::move(handler);
        return;
      }
    }
    asio::post(executor, std::move(handler));
  }
  bool is_given() const {
    const std::lock_guard lock(mutex_);
    return response_.has_value();
  }
  // Once it is given.
  Response take() { return *std::move(response_); }

 private:
  mutable std::mutex mutex_;
  std::optional<Response> response_;         // guarded by mutex_
  std::move_only_function<void()> waiting_;  // the same
};

// Runs `work` on a worker and comes back to the connection's own thread.
template <typename Work>
Task<void> on_worker(Shared& shared, Work work) {
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [&shared, &work](auto handler) {
        asio::post(shared.workers, [&work, handler = std::move(handler)]() mutable {
          work();
          auto executor = asio::get_associated_executor(handler);
          asio::post(executor, std::move(handler));
        });
      },
      asio::use_awaitable_t<Executor>{});
}

}  // namespace

void Connection::close() {
  if (call_ != nullptr) {
    peer_gone_ = true;
    call_->cancel();
  }
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Task<bool> Connection::fill() {
  // What is left of it is less than a line of header: it goes to the front.
  const size_t left = input().size();
  std::memmove(input_.get(), input().data(), left);
  input_pos_ = 0;
  input_size_ = left;
  if (left == kInputBytes) co_return false;
  const auto [error, got] =
      co_await socket_.async_read_some(asio::buffer(input_.get() + left, kInputBytes - left), kAwait);
  input_size_ += got;
  peer_gone_ = error.failed();
  co_return !error.failed();
}

Task<void> Connection::run() {
  boost::system::error_code ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  Next next = Next::kGoOn;
  while (next == Next::kGoOn) next = co_await serve_one();
  close();
}

Task<bool> Connection::read_header(RequestParser& parser) {
  const ServerOptions& options = shared_.options;
  idle_ = true;
  extend(options.idle_timeout_seconds);
  if (input().empty()) {
    if (shared_.draining) co_return false;
    const bool filled = co_await fill();
    if (!filled) co_return false;
  }
  idle_ = false;
  extend(options.header_timeout_seconds);
  boost::system::error_code error;
  while (!parser.is_header_done()) {
    const size_t used = parser.put(asio::buffer(input().data(), input().size()), error);
    input_pos_ += used;
    if (parser.is_header_done()) break;
    if (error && error != beast_http::error::need_more) {
      co_await refuse(parse_problem(error, options));
      co_return false;
    }
    const bool filled = co_await fill();
    if (!filled) co_return false;
  }
  if (error && error != beast_http::error::need_more) {
    co_await refuse(parse_problem(error, options));
    co_return false;
  }
  co_return true;
}

std::optional<Response> Connection::admit(Request& request, const Route*& route) {
  head_only_ = request.method == "HEAD";
  const std::string_view target = request.target;
  const size_t question = target.find('?');
  const auto path = percent_decode(target.substr(0, question), false);
  if (!path || !path->starts_with('/')) return problem(400, "invalid_argument", "the path is not valid");
  request.path = *path;
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
  // HEAD is GET whose answer is kept to its header.
  // Segments are decoded one by one: an id may contain a slash, written %2F.
  Router::Match match =
      shared_.router.match(request.method == "HEAD" ? "GET" : request.method, target.substr(0, question));
  for (std::string& param : match.params) param = percent_decode(param, false).value_or(param);
  if (match.route == nullptr && match.allow.empty()) return problem(404, "not_found", "no such path: " + request.path);
  route = match.route;
  request.params = std::move(match.params);
  if (route == nullptr || !route->open) {
    auto principal = shared_.authenticator.authenticate(credential_of(request));
    if (!principal) return problem(principal.error());
    if (route != nullptr) {
      if (const Status allowed = check_rights(**principal, *route); !allowed) return problem(allowed.error());
    }
    request.principal = *std::move(principal);
  }
  if (route == nullptr) {
    Response response =
        problem(405, "invalid_argument", fmt::format("{} is not allowed here; {} is", request.method, match.allow));
    response.headers.emplace_back("Allow", match.allow);
    return response;
  }
  return {};
}

Task<std::optional<Response>> Connection::read_body(RequestParser& parser, Request& request) {
  const ServerOptions& options = shared_.options;
  extend(options.body_timeout_seconds);
  auto lease = std::make_shared<BodyLease>(shared_);
  const auto ends_early = [] { return problem(400, "invalid_argument", "the request ends before its body does"); };
  if (const auto length = parser.content_length()) {
    if (!lease->grow_to(*length)) co_return too_many_bodies();
    request.body.reserve(*length + kBodyPadding);
  }
  if (ascii_lower(request.header("expect")) == "100-continue" && input().empty()) {
    const bool told = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
    if (!told) co_return ends_early();
  }
  parser.eager(true);
  boost::system::error_code error;
  while (!parser.is_done()) {
    if (input().empty()) {
      const bool filled = co_await fill();
      if (!filled) co_return ends_early();
      extend(options.body_timeout_seconds);
    }
    const size_t used = parser.put(asio::buffer(input().data(), input().size()), error);
    input_pos_ += used;
    if (error && error != beast_http::error::need_more) co_return parse_problem(error, options);
    if (error && used == 0) {
      const bool filled = co_await fill();
      if (!filled) co_return ends_early();
    }
    if (!lease->grow_to(request.body.size())) co_return too_many_bodies();
  }
  request.memory = std::move(lease);
  co_return std::nullopt;
}

Task<std::optional<Response>> Connection::decompress(Request& request) {
  const std::string encoding = ascii_lower(request.header("content-encoding"));
  if (encoding.empty() || encoding == "identity") co_return std::nullopt;
  if (encoding != "gzip" && encoding != "x-gzip" && encoding != "zstd") {
    co_return problem(415, "invalid_argument",
                      fmt::format("Content-Encoding: expected gzip or zstd, got \"{}\"", encoding));
  }
  const size_t limit = shared_.options.max_body_bytes;
  Result<std::string> plain = fail(Code::kInternal, "not decompressed");
  const auto work = [&] {
    plain = encoding == "zstd" ? zstd_decompress(request.body, limit) : gzip_decompress(request.body, limit);
  };
  if (request.body.size() > kBigBody / 8) {
    co_await on_worker(shared_, work);
  } else {
    work();
  }
  if (!plain) co_return problem(plain.error());
  if (!std::static_pointer_cast<BodyLease>(request.memory)->grow_to(plain->size())) co_return too_many_bodies();
  request.body = *std::move(plain);
  co_return std::nullopt;
}

Task<Response> Connection::handle(const Route& route, Request request) {
  auto executor = co_await asio::this_coro::executor;
  const bool packed = route.as_sent && !request.header("content-encoding").empty();
  const bool on_io_thread =
      !route.lengthy && !route.blocking && request.body.size() <= (packed ? kBigBody / 8 : kBigBody);
  asio::thread_pool& threads = route.lengthy ? shared_.aside : shared_.workers;
  request.body.reserve(request.body.size() + kBodyPadding);
  auto answer = std::make_shared<Answer>();
  Responder responder([executor, answer](Response response) { answer->give(std::move(response), executor); });
  if (on_io_thread) {
    call_handler(route, std::move(request), std::move(responder));
  } else {
    asio::post(threads, [&route, request = std::move(request), responder = std::move(responder)]() mutable {
      call_handler(route, std::move(request), std::move(responder));
    });
  }
  if (!answer->is_given()) {
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [&](auto handler) { answer->wait(std::move(handler), executor); }, asio::use_awaitable_t<Executor>{});
  }
  co_return answer->take();
}

Task<Connection::Next> Connection::serve_one() {
  Request request;
  RequestParser parser(request);
  parser.header_limit(static_cast<uint32_t>(shared_.options.max_header_bytes));
  parser.body_limit(shared_.options.max_body_bytes);
  const bool has_header = co_await read_header(parser);
  if (!has_header) co_return Next::kClose;
  ++shared_.requests;
  const Route* route = nullptr;
  if (std::optional<Response> refused = admit(request, route)) {
    // A request without a body has been read whole, and the connection can go on.
    const bool whole = parser.is_done() || (!parser.chunked() && parser.content_length().value_or(0) == 0);
    const bool keep = whole && parser.keep_alive() && !shared_.draining;
    if (!keep) {
      co_await refuse(*std::move(refused));
      co_return Next::kClose;
    }
    const bool written = co_await write(*std::move(refused), true, true);
    co_return written ? Next::kGoOn : Next::kClose;
  }
  std::optional<Response> refused = co_await read_body(parser, request);
  if (refused) {
    co_await refuse(*std::move(refused));
    co_return Next::kClose;
  }
  const bool http11 = parser.is_http11();
  std::optional<Response> response;
  if (!route->as_sent) {
    response = co_await decompress(request);
  }
  deadline_ = Clock::time_point::max();
  if (!response) {
    response = co_await handle(*route, std::move(request));
  }
  const bool keep_alive = parser.keep_alive() && !shared_.draining;
  const bool written = co_await write(*std::move(response), keep_alive, http11);
  co_return written&& keep_alive ? Next::kGoOn : Next::kClose;
}

Task<void> Connection::refuse(Response response) {
  if (peer_gone_) co_return;
  const bool written = co_await write(std::move(response), false, true);
  if (written) {
    co_await linger();
  }
}

// Closing with unread bytes makes the kernel reset the connection, and the client may lose the answer.
Task<void> Connection::linger() {
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  extend(kLingerSeconds);
  for (size_t read = 0; read < kLingerBytes; read += input_size_) {
    input_pos_ = input_size_;
    const bool filled = co_await fill();
    if (!filled) co_return;
  }
}

Task<bool> Connection::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    extend(shared_.options.body_timeout_seconds);
    const std::string_view step = bytes.substr(0, kWriteStep);
    const boost::system::error_code error = co_await send_all(socket_, step);
    if (error) co_return false;
    bytes.remove_prefix(step.size());
  }
  co_return true;
}

Task<bool> Connection::write(Response response, bool keep_alive, bool chunked_allowed) {
  if (response.forward) {
    const bool goes_on = co_await forward(std::move(response.forward), keep_alive, chunked_allowed);
    co_return goes_on;
  }
  const auto status_class = static_cast<size_t>(response.status / 100);
  if (status_class < std::size(shared_.responses_by_class)) ++shared_.responses_by_class[status_class];
  output_.clear();
  append_status(output_, response.status, reason_phrase(response.status));
  if (!response.content_type.empty()) append_header(output_, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) append_header(output_, name, value);
  if (head_only_ && response.stream) response.stream = nullptr;
  const bool chunked = response.stream && chunked_allowed;
  if (!keep_alive || (response.stream && !chunked)) output_ += "Connection: close\r\n";
  if (response.stream) {
    const bool whole = co_await write_stream(response, output_, chunked);
    co_return whole&& keep_alive&& chunked;
  }
  append_header(output_, "Content-Length", response.body.size());
  output_ += "\r\n";
  if (head_only_) response.body.clear();
  if (response.body.size() <= kSmallAnswer) {
    output_ += response.body;
    const bool written = co_await write_all(output_);
    co_return written;
  }
  bool written = co_await write_all(output_);
  if (written) {
    written = co_await write_all(response.body);
  }
  co_return written;
}

Task<bool> Connection::write_stream(Response& response, std::string& head, bool chunked) {
  head += chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n";
  std::string piece;
  Result<bool> more = true;
  while (true) {
    piece.clear();
    deadline_ = Clock::time_point::max();
    co_await on_worker(shared_, [&] { more = response.stream(piece); });
    // Cutting the connection without the last chunk is what tells the client that something is missing.
    if (!more) co_return false;
    if (!piece.empty()) {
      if (chunked) fmt::format_to(std::back_inserter(head), "{:x}\r\n", piece.size());
      bool written = co_await write_all(head);
      if (!written) co_return false;
      head.clear();
      if (chunked) piece += "\r\n";
      written = co_await write_all(piece);
      if (!written) co_return false;
    }
    if (!*more) break;
  }
  if (chunked) head += "0\r\n\r\n";
  const bool ended = co_await write_all(head);
  co_return ended;
}

}  // namespace gleaner::http
