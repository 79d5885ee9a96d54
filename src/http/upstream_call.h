// One request to an upstream, and its answer piece by piece.
//
//   bool answered = co_await call.ask();
//   while (answered) {
//     const UpstreamCall::Step step = call.take(piece);  // what has come; may be nothing
//     ...
//     if (step != UpstreamCall::Step::kMore) break;
//     co_await call.wait();
//   }
//   call.finish();
//
// Belongs to one coroutine of an I/O thread; cancel() and check() are for others of the same thread.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "http/forward.h"
#include "http/parser.h"
#include "http/upstream.h"

namespace gleaner::http {

class UpstreamCall {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Step {
    kMore,  // there is more to come
    kDone,  // that was all
    kCut,   // the upstream broke off, or broke HTTP's rules
  };

  UpstreamCall(const Forward& forward, UpstreamPool& pool) : forward_(forward), pool_(pool) {}
  UpstreamCall(const UpstreamCall&) = delete;
  UpstreamCall& operator=(const UpstreamCall&) = delete;
  ~UpstreamCall() = default;

  // Sends the request and reads the head of the answer. False and reason() if that cannot be.
  Task<bool> ask();
  // Only after ask().
  const ResponseParser& answer() const { return *parser_; }
  // What has come of the body, without chunks, in place of `piece`.
  Step take(std::string& piece);
  // Until more has come, or take() can say that none will.
  Task<void> wait();
  // Nothing more is wanted of it. A connection that is good for another request is kept.
  void finish();

  void cancel();
  // Gives up an upstream that is late.
  void check(Clock::time_point now);
  bool late() const { return late_; }
  const std::string& reason() const { return reason_; }  // why it did not go well

 private:
  // False and `again` where asking once more does no harm: on a connection that had waited, and was closed by then.
  Task<bool> ask_once(bool& again);
  // The head of the answer, as far as it has come.
  boost::system::error_code parse_head();
  void new_parser();

  const Forward& forward_;
  UpstreamPool& pool_;
  std::unique_ptr<UpstreamConnection> connection_;
  std::optional<ResponseParser> parser_;
  Socket* socket_ = nullptr;  // what is to be closed to break off what is awaited
  bool given_up_ = false;     // late or cancelled
  bool unsent_ = false;       // not all of the request was taken
  Clock::time_point deadline_ = Clock::time_point::max();
  std::string reason_;
  bool late_ = false;
  bool cut_ = false;
};

}  // namespace gleaner::http
