// How a connection passes a request on, and the answer back.
#include <array>
#include <charconv>

#include <boost/asio/post.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

#include "base/text.h"
#include "http/connection.h"
#include "http/problem.h"

namespace gleaner::http {
namespace {

namespace beast_http = boost::beast::http;
using AnswerParser = beast_http::response_parser<beast_http::buffer_body>;

constexpr uint32_t kMaxAnswerHeader = 32U << 10;  // what UpstreamConnection can hold

std::string request_head(const Forward& forward) {
  std::string head = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n", forward.method, forward.upstream->base,
                                 forward.target, forward.upstream->authority());
  for (const auto& [name, value] : forward.headers) fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  const bool may_have_none =
      forward.method == "GET" || forward.method == "HEAD" || forward.method == "DELETE" || forward.method == "OPTIONS";
  if (!forward.body.empty() || !may_have_none)
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", forward.body.size());
  return head + "\r\n";
}

std::string_view view(auto text) {
  return {text.data(), text.size()};
}

}  // namespace

// One exchange under way; lives in the coroutine that makes it.
struct Connection::Exchange {
  Exchange(Forward of, bool chunked_ok) : forward(std::move(of)), chunked_allowed(chunked_ok) {}

  Forward forward;
  bool chunked_allowed;
  std::unique_ptr<UpstreamConnection> upstream;
  std::unique_ptr<AnswerParser> parser;
  std::string piece;   // of the body, decoded
  std::string reason;  // why it did not go well
  ForwardEnd end = ForwardEnd::kUnreachable;
  bool head_sent = false;
  bool chunked = false;     // to the client
  bool keep_client = true;  // the client can see where the answer ends
};

void Connection::check_upstream(Clock::time_point now) {
  if (now < upstream_deadline_) return;
  upstream_deadline_ = Clock::time_point::max();
  upstream_late_ = true;
  boost::system::error_code ignored;
  if (upstream_socket_ != nullptr) upstream_socket_->close(ignored);
}

// While the upstream has the word nobody reads from the client: whether it is still there shows all the same.
std::shared_ptr<bool> Connection::watch_client() {
  auto over = std::make_shared<bool>(false);
  socket_.async_wait(Socket::wait_read, [this, over](const boost::system::error_code& error) {
    if (error || *over) return;
    char byte = 0;
    const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))) return;
    peer_gone_ = true;
    boost::system::error_code ignored;
    if (upstream_socket_ != nullptr) upstream_socket_->close(ignored);
  });
  return over;
}

// Sends the request and reads the head of the answer; false and `reason` if that cannot be.
Task<bool> Connection::ask_upstream(Exchange& x, bool& stale) {
  const Upstream& upstream = *x.forward.upstream;
  x.upstream = upstreams_.reuse(upstream);
  stale = x.upstream != nullptr;
  upstream_deadline_ = Clock::now() + x.forward.connect_timeout;
  if (x.upstream == nullptr) {
    x.upstream = co_await upstreams_.connect(upstream, upstream_socket_, x.reason);
  }
  if (x.upstream == nullptr) co_return false;
  upstream_socket_ = &x.upstream->socket();
  upstream_deadline_ = Clock::now() + x.forward.answer_timeout;
  const std::string head = request_head(x.forward);
  boost::system::error_code error = co_await x.upstream->write(head, x.forward.body);
  x.parser = std::make_unique<AnswerParser>();
  x.parser->header_limit(kMaxAnswerHeader);
  x.parser->body_limit(boost::none);
  x.parser->skip(x.forward.method == "HEAD");
  bool any = false;
  while (!error && !x.parser->is_header_done()) {
    error = co_await x.upstream->fill();
    if (error) break;
    any = true;
    const std::string_view input = x.upstream->input();
    const size_t used = x.parser->put(asio::buffer(input.data(), input.size()), error);
    x.upstream->use(used);
    if (error == beast_http::error::need_more) error = {};
    // What comes before the answer itself (103 and the like) is not passed on.
    if (!error && x.parser->is_header_done() && x.parser->get().result_int() / 100 == 1) {
      x.parser = std::make_unique<AnswerParser>();
      x.parser->header_limit(kMaxAnswerHeader);
      x.parser->body_limit(boost::none);
      x.parser->skip(x.forward.method == "HEAD");
    }
  }
  stale = stale && error && !any;
  if (!error) co_return true;
  x.reason = fmt::format("{} broke off before its answer: {}", upstream.host, error.message());
  co_return false;
}

// What is there already of the body, decoded, into `piece`. False when the upstream breaks HTTP's rules.
bool Connection::decode(Exchange& x) {
  x.piece.clear();
  boost::system::error_code error;
  while (!x.parser->is_done()) {
    const std::string_view input = x.upstream->input();
    if (input.empty()) return true;
    const size_t before = x.piece.size();
    x.piece.resize(before + input.size());
    auto& body = x.parser->get().body();
    body.data = x.piece.data() + before;
    body.size = input.size();
    body.more = true;
    x.parser->eager(true);
    const size_t used = x.parser->put(asio::buffer(input.data(), input.size()), error);
    x.upstream->use(used);
    x.piece.resize(x.piece.size() - body.size);
    if (error == beast_http::error::need_more && used == 0) return true;
    if (error && error != beast_http::error::need_more && error != beast_http::error::need_buffer) {
      x.reason = fmt::format("{}: {}", x.forward.upstream->host, error.message());
      return false;
    }
  }
  return true;
}

// The head of the answer into output_.
void Connection::begin_answer(Exchange& x, bool keep_alive) {
  const auto& message = x.parser->get();
  const int status = static_cast<int>(message.result_int());
  const auto status_class = static_cast<size_t>(status / 100);
  if (status_class < std::size(shared_.responses_by_class)) ++shared_.responses_by_class[status_class];
  Headers seen;
  Headers added;
  for (const auto& field : message)
    seen.emplace_back(ascii_lower(view(field.name_string())), std::string(view(field.value())));
  if (x.forward.observer) x.forward.observer->on_head(status, seen, added);

  output_.clear();
  auto out = std::back_inserter(output_);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\n", status, view(message.reason()));
  size_t i = 0;
  for (const auto& field : message) {
    const bool own = is_hop_by_hop(seen[i++].first);
    if (!own) fmt::format_to(out, "{}: {}\r\n", view(field.name_string()), view(field.value()));
  }
  for (const auto& [name, value] : added) fmt::format_to(out, "{}: {}\r\n", name, value);
  const bool no_body = head_only_ || status == 204 || status == 304;
  const bool has_length = x.parser->content_length().has_value();
  x.chunked = !no_body && !has_length && x.chunked_allowed;
  x.keep_client = keep_alive && (no_body || has_length || x.chunked);
  if (x.chunked) output_ += "Transfer-Encoding: chunked\r\n";
  if (!x.keep_client) output_ += "Connection: close\r\n";
  output_ += "\r\n";
}

void Connection::append_piece(Exchange& x) {
  const auto append = [&](std::string_view text) {
    if (text.empty()) return;
    if (x.chunked) fmt::format_to(std::back_inserter(output_), "{:x}\r\n", text.size());
    output_ += text;
    if (x.chunked) output_ += "\r\n";
  };
  ForwardObserver* const observer = x.forward.observer.get();
  if (!x.piece.empty()) append(observer != nullptr ? observer->on_body(x.piece) : x.piece);
  if (!x.parser->is_done()) return;
  if (observer != nullptr) append(observer->on_body_end());
  if (x.chunked) output_ += "0\r\n\r\n";
}

// Passes the answer on. What was appended to output_ goes out in one write.
Task<void> Connection::pass_answer(Exchange& x, bool keep_alive) {
  begin_answer(x, keep_alive);
  while (true) {
    const bool valid = decode(x);
    if (valid) append_piece(x);
    if (!output_.empty()) {
      const bool written = co_await write_all(output_);
      output_.clear();
      if (!written) peer_gone_ = true;
    }
    deadline_ = Clock::time_point::max();
    if (peer_gone_) break;
    if (!valid) {
      x.end = ForwardEnd::kUpstreamCut;
      co_return;
    }
    if (x.parser->is_done()) {
      x.end = ForwardEnd::kComplete;
      co_return;
    }
    upstream_deadline_ = Clock::now() + x.forward.pause_timeout;
    const boost::system::error_code error = co_await x.upstream->fill();
    if (peer_gone_) break;
    if (!error) continue;
    boost::system::error_code at_end;
    x.parser->put_eof(at_end);  // an answer may end with its connection
    if (!at_end && x.parser->is_done()) {
      x.piece.clear();
      append_piece(x);
      if (!output_.empty()) co_await write_all(output_);
      x.end = ForwardEnd::kComplete;
      co_return;
    }
    x.end = ForwardEnd::kUpstreamCut;
    x.reason = upstream_late_ ? "it paused for too long" : error.message();
    co_return;
  }
  x.end = ForwardEnd::kClientGone;
  x.reason = "the client went away";
}

Task<bool> Connection::forward(Forward forward, bool keep_alive, bool chunked_allowed) {
  Exchange x(std::move(forward), chunked_allowed);
  peer_gone_ = false;
  upstream_late_ = false;
  const std::shared_ptr<bool> over = watch_client();
  bool stale = false;
  bool answered = co_await ask_upstream(x, stale);
  if (!answered && stale && !peer_gone_) {
    // It closed a connection that had waited, just as the request went out.
    answered = co_await ask_upstream(x, stale);
  }
  if (answered) {
    co_await pass_answer(x, keep_alive);
  } else if (peer_gone_) {
    x.end = ForwardEnd::kClientGone;
    x.reason = "the client went away";
  }
  upstream_socket_ = nullptr;
  upstream_deadline_ = Clock::time_point::max();
  *over = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  const bool whole = x.end == ForwardEnd::kComplete;
  if (whole && x.parser->keep_alive() && x.upstream->input().empty())
    upstreams_.keep(*x.forward.upstream, std::move(x.upstream));
  if (upstream_late_ && !answered) x.reason = fmt::format("{} did not answer in time", x.forward.upstream->host);
  const std::string reason = x.reason;
  if (x.forward.observer) {
    asio::post(shared_.workers,
               [observer = x.forward.observer, end = x.end, why = reason] { observer->on_end(end, why); });
  }
  if (answered || peer_gone_) co_return whole&& x.keep_client && !peer_gone_;
  const bool written =
      co_await write(problem(upstream_late_ ? 504 : 502, "upstream_unreachable", reason), keep_alive, chunked_allowed);
  co_return written;
}

std::string Upstream::authority() const {
  const bool usual = port == (tls ? 443 : 80);
  const std::string name = host.contains(':') ? "[" + host + "]" : host;
  return usual ? name : fmt::format("{}:{}", name, port);
}

Result<Upstream> parse_upstream(std::string_view url) {
  const auto wrong = [&] {
    return fail(Code::kInvalidArgument, fmt::format("expected a URL such as https://api.example.com/base, got \"{}\"",
                                                    excerpt(printable(url))));
  };
  Upstream upstream;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    upstream.tls = true;
  } else if (!rest.starts_with("http://")) {
    return wrong();
  }
  rest.remove_prefix(upstream.tls ? 8 : 7);
  const size_t slash = std::min(rest.find('/'), rest.size());
  upstream.base = rest.substr(slash);
  while (upstream.base.ends_with('/')) upstream.base.pop_back();
  std::string_view authority = rest.substr(0, slash);
  if (authority.contains('@') || rest.find_first_of("?# \r\n") != std::string_view::npos) return wrong();
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return wrong();
    upstream.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    upstream.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (upstream.host.empty()) return wrong();
  upstream.port = upstream.tls ? 443 : 80;
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), upstream.port);
    if (port[0] != ':' || error != std::errc() || end != port.data() + port.size() || upstream.port == 0)
      return wrong();
  }
  return upstream;
}

bool is_hop_by_hop(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames = {"connection",
                                                             "keep-alive",
                                                             "proxy-authenticate",
                                                             "proxy-authorization",
                                                             "proxy-connection",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade"};
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace gleaner::http
