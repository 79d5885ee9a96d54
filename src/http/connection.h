// One client's connection: a coroutine that reads a request, has it handled and writes the answer, until either side
// ends it. Lives on one I/O thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "http/forward.h"
#include "http/net.h"
#include "http/parser.h"
#include "http/router.h"
#include "http/upstream.h"

namespace gleaner::http {

struct Shared;
class ShadowCalls;
class UpstreamCall;

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(Socket socket, Shared& shared, UpstreamPool& upstreams, ShadowCalls& shadows)
      : socket_(std::move(socket)), shared_(shared), upstreams_(upstreams), shadows_(shadows) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  Task<void> run();

  // Called by the I/O thread's sweeper.
  bool expired(Clock::time_point now) const { return now >= deadline_; }
  // The same: gives up an upstream that is late, or whose client has left.
  void check_upstream(Clock::time_point now);
  bool idle() const { return idle_; }
  void close();

 private:
  enum class Next { kGoOn, kClose };

  Task<Next> serve_one();
  Task<bool> read_header(RequestParser& parser);
  // The answer to give instead of reading the body, if any.
  std::optional<Response> admit(Request& request, const Route*& route);
  Task<std::optional<Response>> read_body(RequestParser& parser, Request& request);
  Task<std::optional<Response>> decompress(Request& request);
  Task<Response> handle(const Route& route, Request request);
  Task<bool> write(Response response, bool keep_alive, bool chunked_allowed);
  Task<bool> write_stream(Response& response, std::string& head, bool chunked);
  Task<bool> write_all(std::string_view bytes);

  // connection_forward.cc
  struct Exchange;
  // False when the connection cannot go on.
  Task<bool> forward(std::shared_ptr<Forward> forward, bool keep_alive, bool chunked_allowed);
  Task<void> pass_answer(Exchange& x, bool keep_alive);
  void begin_answer(Exchange& x, bool keep_alive);
  void append_piece(Exchange& x, bool last);
  bool client_left();

  // More bytes from the socket; false when there are none to come.
  Task<bool> fill();
  // Answers without having read the request whole; the connection is to be closed.
  Task<void> refuse(Response response);
  Task<void> linger();
  static constexpr size_t kInputBytes = size_t{64} << 10;
  // What was received and not yet used.
  std::string_view input() const { return {input_.get() + input_pos_, input_size_ - input_pos_}; }
  void extend(int seconds) { deadline_ = Clock::now() + std::chrono::seconds(seconds); }

  Socket socket_;
  Shared& shared_;
  UpstreamPool& upstreams_;
  ShadowCalls& shadows_;
  std::unique_ptr<char[]> input_ = std::make_unique_for_overwrite<char[]>(kInputBytes);
  size_t input_pos_ = 0;
  size_t input_size_ = 0;
  std::string output_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool idle_ = true;
  bool peer_gone_ = false;
  bool head_only_ = false;        // of the request under way
  UpstreamCall* call_ = nullptr;  // the same
};

}  // namespace gleaner::http
