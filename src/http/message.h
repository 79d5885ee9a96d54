// Requests and responses as handlers see them. A Request belongs to whoever holds it; a Responder may be used from any
// thread, once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/headers.h"
#include "http/authenticator.h"

namespace gleaner::http {

// Bytes that are readable behind every request body, so that parsers may read past its end.
inline constexpr size_t kBodyPadding = 64;

struct Forward;

// A request's share of the memory for the bodies of all requests; what was taken is given back when it goes.
class BodyMemory {
 public:
  BodyMemory() = default;
  BodyMemory(const BodyMemory&) = delete;
  BodyMemory& operator=(const BodyMemory&) = delete;
  virtual ~BodyMemory() = default;
  // False, and nothing is taken, when all bodies together would go over the budget.
  virtual bool take(size_t bytes) = 0;
};

struct Request {
  std::string method;
  std::string target;               // path and query as they stand in the request
  std::string path;                 // percent-decoded
  std::string query;                // as it stands behind the "?"
  Headers headers;                  // names in lower case
  std::string body;                 // decompressed, unless Route::as_sent; with kBodyPadding readable bytes behind it
  std::vector<std::string> params;  // what the pattern's {...} matched, in order
  std::shared_ptr<const Principal> principal;  // null on routes that need none
  std::shared_ptr<BodyMemory> memory;          // of its body; whoever keeps that, or makes more of it, keeps this

  std::string_view header(std::string_view lower_name) const { return headers.value(lower_name); }
  // The decoded value of a query parameter; nothing if it is absent.
  std::optional<std::string> query_param(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;
  std::string body;
  // For long answers: called on a worker thread until it returns false; appends the next piece to its argument. An
  // error cuts the connection, which is how HTTP says that an answer is not whole.
  std::function<Result<bool>(std::string& piece)> stream;
  // Instead of all this: the request is passed on, and the answer of another server is given (http/forward.h).
  std::shared_ptr<Forward> forward;
};

class Responder {
 public:
  using Send = std::move_only_function<void(Response)>;
  explicit Responder(Send send) : send_(std::move(send)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = delete;
  // An unanswered request is answered with 500.
  ~Responder();

  void send(Response response);
  void send(const Error& error);

 private:
  Send send_;
};

using Handler = std::function<void(Request, Responder)>;

// Percent-decoding, and "+" for a space in queries. Nothing when a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace gleaner::http
