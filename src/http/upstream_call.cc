#include "http/upstream_call.h"

#include <fmt/format.h>

#include "http/head.h"

namespace gleaner::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr uint32_t kMaxAnswerHeader = 32U << 10;  // what UpstreamConnection can hold
constexpr size_t kUsualHead = size_t{1} << 10;

std::string request_head(const Forward& forward) {
  std::string head;
  head.reserve(kUsualHead);
  head.append(forward.method).append(" ").append(forward.upstream->base).append(forward.target).append(" HTTP/1.1\r\n");
  append_header(head, "Host", forward.upstream->authority());
  for (const auto& [name, value] : forward.headers) append_header(head, name, value);
  const bool may_have_none =
      forward.method == "GET" || forward.method == "HEAD" || forward.method == "DELETE" || forward.method == "OPTIONS";
  if (!forward.body.empty() || !may_have_none) append_header(head, "Content-Length", forward.body.size());
  head += "\r\n";
  return head;
}

bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" || method == "DELETE";
}

}  // namespace

void UpstreamCall::new_parser() {
  parser_.emplace();
  parser_->header_limit(kMaxAnswerHeader);
  parser_->body_limit(boost::none);
  parser_->skip(forward_.method == "HEAD");
}

Task<bool> UpstreamCall::ask() {
  bool again = false;
  bool answered = co_await ask_once(again);
  if (!answered && again && !given_up_) {
    answered = co_await ask_once(again);
  }
  deadline_ = Clock::time_point::max();
  if (!answered && late_) reason_ = fmt::format("{} did not answer in time", forward_.upstream->host);
  co_return answered;
}

boost::system::error_code UpstreamCall::parse_head() {
  boost::system::error_code error;
  while (!error && !parser_->is_header_done() && !connection_->input().empty()) {
    const std::string_view input = connection_->input();
    const size_t used = parser_->put(asio::buffer(input.data(), input.size()), error);
    connection_->use(used);
    // What comes before the answer itself (103 and the like) is not passed on.
    if (parser_->is_header_done() && parser_->status() / 100 == 1) new_parser();
    if (error == beast_http::error::need_more) {
      error = {};
      if (used == 0) break;
    }
  }
  return error;
}

Task<bool> UpstreamCall::ask_once(bool& again) {
  const Upstream& upstream = *forward_.upstream;
  socket_ = nullptr;
  connection_ = pool_.reuse(upstream);
  const bool reused = connection_ != nullptr;
  deadline_ = Clock::now() + forward_.connect_timeout;
  if (connection_ == nullptr) {
    connection_ = co_await pool_.connect(upstream, socket_, given_up_, reason_);
  }
  if (connection_ == nullptr || given_up_) co_return false;
  socket_ = &connection_->socket();
  deadline_ = Clock::now() + forward_.answer_timeout;
  const std::string head = request_head(forward_);
  const boost::system::error_code unsent = co_await connection_->write(head, forward_.body);
  unsent_ = unsent.failed();
  new_parser();
  // An upstream that has heard enough answers before it has taken the whole request.
  boost::system::error_code error;
  bool any = false;
  while (!error && !parser_->is_header_done()) {
    error = co_await connection_->fill();
    any = any || !connection_->input().empty();
    const boost::system::error_code invalid = parse_head();
    if (!error || parser_->is_header_done()) error = invalid;
  }
  if (!error) co_return true;
  // RFC 9110, 9.2.2: what may have been done is not asked for twice.
  again = reused && !any && is_idempotent(forward_.method);
  reason_ = fmt::format("{} broke off before its answer: {}", upstream.host, error.message());
  co_return false;
}

UpstreamCall::Step UpstreamCall::take(std::string& piece) {
  piece.clear();
  parser_->body_to(piece);
  parser_->eager(true);
  boost::system::error_code error;
  while (!cut_ && !parser_->is_done()) {
    const std::string_view input = connection_->input();
    if (input.empty()) return Step::kMore;
    const size_t used = parser_->put(asio::buffer(input.data(), input.size()), error);
    connection_->use(used);
    if (error == beast_http::error::need_more && used == 0) return Step::kMore;
    if (error && error != beast_http::error::need_more) {
      reason_ = fmt::format("{}: {}", forward_.upstream->host, error.message());
      cut_ = true;
    }
  }
  return cut_ ? Step::kCut : Step::kDone;
}

Task<void> UpstreamCall::wait() {
  deadline_ = Clock::now() + forward_.pause_timeout;
  const boost::system::error_code error = co_await connection_->fill();
  deadline_ = Clock::time_point::max();
  if (!error) co_return;
  if (error == asio::error::eof) {
    boost::system::error_code at_end;
    parser_->put_eof(at_end);  // an answer may end with its connection
    if (!at_end && parser_->is_done()) co_return;
  }
  cut_ = true;
  reason_ = late_ ? "it paused for too long" : error.message();
}

void UpstreamCall::finish() {
  socket_ = nullptr;
  if (connection_ == nullptr || !parser_ || cut_ || unsent_ || given_up_) return;
  if (parser_->is_done() && parser_->keep_alive() && connection_->input().empty())
    pool_.keep(*forward_.upstream, std::move(connection_));
}

void UpstreamCall::cancel() {
  given_up_ = true;
  boost::system::error_code ignored;
  if (socket_ != nullptr) socket_->close(ignored);
}

void UpstreamCall::check(Clock::time_point now) {
  if (now < deadline_) return;
  deadline_ = Clock::time_point::max();
  late_ = true;
  given_up_ = true;
  boost::system::error_code ignored;
  if (socket_ != nullptr) socket_->close(ignored);
}

}  // namespace gleaner::http
