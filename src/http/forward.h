// A request that is passed on to another server, and what is told of it. A handler answers with one (Response::forward)
// instead of with a body of its own; the connection then sends it, and passes the answer back as it comes: piece by
// piece, no faster than the client reads.
//
// Passed on as they are: method, target, body, and every header but those of the connection itself (RFC 9110, 7.6.1).
// The same of the answer: status, headers, body, and that it broke off, if it did.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/message.h"

namespace gleaner::http {

// Where requests are passed on to.
struct Upstream {
  bool tls = false;
  std::string host;
  uint16_t port = 0;
  std::string base;  // path in front of every target, without a slash at its end: "", "/openai"

  // As a Host header has it.
  std::string authority() const;
};

// `url` is http://host[:port][/base] or https://. Errors: kInvalidArgument.
Result<Upstream> parse_upstream(std::string_view url);

enum class ForwardEnd : uint8_t {
  kComplete,     // the answer came to its end
  kUpstreamCut,  // the upstream broke off, or broke HTTP's rules, in the middle of its answer
  kClientGone,   // the client went away before
  kUnreachable,  // no answer: not connected, refused, timed out
  kNotMade,      // a shadow call, when there were too many
};

// What is told of one exchange, on the connection's I/O thread, where it must be quick; on_end() on a thread that
// stands back for others (http/behind.h), once, when the exchange is over.
class ForwardObserver {
 public:
  ForwardObserver() = default;
  ForwardObserver(const ForwardObserver&) = delete;
  ForwardObserver& operator=(const ForwardObserver&) = delete;
  virtual ~ForwardObserver() = default;

  // The head of the answer, names in lower case. What is added to `added` goes to the client besides.
  virtual void on_head(int status, const Headers& headers, Headers& added) = 0;
  // More of the body, as it is sent. Returns what the client is to get for it: a part of `piece`, or other text that
  // stays valid until the next call.
  virtual std::string_view on_body(std::string_view piece) = 0;
  // Of an answer whose body has ended: what on_body() held back.
  virtual std::string_view on_body_end() = 0;
  virtual void on_end(ForwardEnd end, std::string_view reason) = 0;
};

struct Forward {
  std::shared_ptr<const Upstream> upstream;
  std::string method;
  std::string target;  // with the query; behind the upstream's base
  Headers headers;     // to be sent; those of the connection, Host and Content-Length are left out
  std::string body;
  std::shared_ptr<BodyMemory> memory;         // as of Request
  std::shared_ptr<ForwardObserver> observer;  // null: nobody wants to know
  // Calls that are made beside this one, for their observers alone: the client gets nothing of them.
  std::vector<std::shared_ptr<const Forward>> shadows;
  std::chrono::seconds connect_timeout{10};
  std::chrono::seconds answer_timeout{600};  // until the answer's head has come
  std::chrono::seconds pause_timeout{300};   // between two pieces of its body
};

// Whether the header is about one connection only: by its name, in lower case, or because `connection` among `headers`
// names it.
bool is_hop_by_hop(const Headers& headers, std::string_view name);

}  // namespace gleaner::http
