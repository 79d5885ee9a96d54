// How a connection passes a request on, and the answer back.
#include <cerrno>

#include <fmt/format.h>
#include <sys/socket.h>

#include "http/connection.h"
#include "http/head.h"
#include "http/problem.h"
#include "http/shadow_calls.h"
#include "http/shared.h"
#include "http/upstream_call.h"

namespace gleaner::http {

// One exchange under way; lives in the coroutine that makes it.
struct Connection::Exchange {
  Exchange(const Forward& of, UpstreamPool& upstreams, bool chunked_ok)
      : forward(of), call(of, upstreams), chunked_allowed(chunked_ok) {}

  const Forward& forward;
  UpstreamCall call;
  bool chunked_allowed;
  std::string piece;  // of the body
  size_t passed = 0;  // bytes of it
  ForwardEnd end = ForwardEnd::kUnreachable;
  bool chunked = false;     // to the client
  bool keep_client = true;  // the client can see where the answer ends
};

void Connection::check_upstream(Clock::time_point now) {
  if (call_ == nullptr) return;
  call_->check(now);
  if (!client_left()) return;
  peer_gone_ = true;
  call_->cancel();
}

// While the upstream has the word nobody reads from the client.
bool Connection::client_left() {
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

// The head of the answer into output_.
void Connection::begin_answer(Exchange& x, bool keep_alive) {
  const ResponseParser& message = x.call.answer();
  const Headers& seen = message.headers();
  const int status = message.status();
  const auto status_class = static_cast<size_t>(status / 100);
  if (status_class < std::size(shared_.responses_by_class)) ++shared_.responses_by_class[status_class];
  Headers added;
  if (x.forward.observer) x.forward.observer->on_head(status, seen, added);

  output_.clear();
  append_status(output_, status, message.reason());
  for (size_t i = 0; i < seen.size(); ++i) {
    const auto [name, value] = seen[i];
    if (!is_hop_by_hop(seen, name)) append_header(output_, message.name_as_sent(i), value);
  }
  for (const auto& [name, value] : added) append_header(output_, name, value);
  const bool no_body = head_only_ || status == 204 || status == 304;
  const bool has_length = message.content_length().has_value();
  x.chunked = !no_body && !has_length && x.chunked_allowed;
  x.keep_client = keep_alive && (no_body || has_length || x.chunked);
  if (x.chunked) output_ += "Transfer-Encoding: chunked\r\n";
  if (!x.keep_client) output_ += "Connection: close\r\n";
  output_ += "\r\n";
}

void Connection::append_piece(Exchange& x, bool last) {
  const auto append = [&](std::string_view text) {
    if (text.empty()) return;
    if (x.chunked) fmt::format_to(std::back_inserter(output_), "{:x}\r\n", text.size());
    output_ += text;
    if (x.chunked) output_ += "\r\n";
  };
  x.passed += x.piece.size();
  ForwardObserver* const observer = x.forward.observer.get();
  if (!x.piece.empty()) append(observer != nullptr ? observer->on_body(x.piece) : x.piece);
  if (!last) return;
  if (observer != nullptr) append(observer->on_body_end());
  if (x.chunked) output_ += "0\r\n\r\n";
}

// Passes the answer on. What was appended to output_ goes out in one write.
Task<void> Connection::pass_answer(Exchange& x, bool keep_alive) {
  begin_answer(x, keep_alive);
  peer_gone_ = client_left();
  while (true) {
    const UpstreamCall::Step step = x.call.take(x.piece);
    append_piece(x, step == UpstreamCall::Step::kDone);
    if (!output_.empty() && !peer_gone_) {
      const bool written = co_await write_all(output_);
      output_.clear();
      if (!written) peer_gone_ = true;
    }
    deadline_ = Clock::time_point::max();
    if (peer_gone_) co_return;
    if (step != UpstreamCall::Step::kMore) {
      x.end = step == UpstreamCall::Step::kDone ? ForwardEnd::kComplete : ForwardEnd::kUpstreamCut;
      co_return;
    }
    co_await x.call.wait();
    if (peer_gone_) co_return;
  }
}

Task<bool> Connection::forward(std::shared_ptr<Forward> forward, bool keep_alive, bool chunked_allowed) {
  for (auto& shadow : std::exchange(forward->shadows, {})) shadows_.start(std::move(shadow));
  Exchange x(*forward, upstreams_, chunked_allowed);
  peer_gone_ = false;
  call_ = &x.call;
  const bool answered = co_await x.call.ask();
  if (answered) {
    co_await pass_answer(x, keep_alive);
  }
  call_ = nullptr;
  x.call.finish();
  if (peer_gone_) x.end = ForwardEnd::kClientGone;
  const std::string reason = peer_gone_ ? "the client went away" : x.call.reason();
  bool goes_on = x.end == ForwardEnd::kComplete && x.keep_client;
  if (!answered && !peer_gone_) {
    goes_on =
        co_await write(problem(x.call.late() ? 504 : 502, "upstream_unreachable", reason), keep_alive, chunked_allowed);
  }
  if (x.forward.observer) {
    auto tell = [observer = x.forward.observer, end = x.end, why = reason] { observer->on_end(end, why); };
    if (shared_.behind.is_full()) {
      co_await shared_.behind.run(std::move(tell));
    } else {
      shared_.behind.post(x.forward.body.size() + x.passed, std::move(tell));
    }
  }
  co_return goes_on;
}

}  // namespace gleaner::http
