// HTTP/1.1 requests over a bounded number of connections that are kept open. Knows nothing of S3.
//
// Thread contract: safe from any thread; a call waits for the answer, and before that for a connection to be free.
#pragma once

#include <chrono>
#include <condition_variable>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace gleaner::object {

struct TransportOptions {
  std::string scheme;  // the only one that is spoken
  size_t connections = 8;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::milliseconds request_timeout{300'000};
};

struct HttpRequest {
  std::string method;
  std::string url;                   // encoded; sent as it is
  std::vector<std::string> headers;  // "name: value", all that are sent but Content-Length
  std::string_view body;             // must outlive the call
  size_t max_answer_bytes = 0;
  std::stop_token stop;
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;

  std::string_view header(std::string_view name) const;
};

// How far a request came that has no answer.
enum class Stage { kName, kConnection, kTls, kAnswer };

struct TransportFailure : Error {
  Stage stage = Stage::kAnswer;
  bool may_help_again = false;
};

class Transport {
 public:
  explicit Transport(TransportOptions options);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Any status is an answer, also a redirection: none is followed. An answer that ends early is none. Errors: kTooLarge
  // over max_answer_bytes, kDeadlineExceeded, kUnavailable.
  std::expected<HttpResponse, TransportFailure> send(const HttpRequest& request);

 private:
  struct Handle;
  std::unique_ptr<Handle> acquire();
  void release(std::unique_ptr<Handle> handle);

  const TransportOptions options_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Handle>> idle_;  // guarded by mutex_, like the next
  size_t in_use_ = 0;
};

}  // namespace gleaner::object
