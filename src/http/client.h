// Asks other HTTP servers. One transfer for each call, on the caller's thread.
//
// Thread contract: safe from any thread; a call waits for the answer, so not for the I/O threads of the server.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "base/error.h"

namespace gleaner::http {

struct ClientOptions {
  std::chrono::milliseconds timeout{5000};  // for all of it, from the name look-up to the last byte
  size_t max_body_bytes = size_t{1} << 20;
};

struct ClientResponse {
  int status = 0;
  std::string body;
};

class Client {
 public:
  explicit Client(ClientOptions options) : options_(options) {}

  // `url` is http or https; a redirection is followed only to the same of the two. Any status is an answer. A request
  // to stop ends the transfer. Errors: kInvalidArgument for a URL that cannot be asked, kTooLarge, kUnavailable.
  Result<ClientResponse> get(const std::string& url, const std::stop_token& stop = {}) const;

 private:
  const ClientOptions options_;
};

// "http" or "https"; empty for any other URL.
std::string_view scheme_of(std::string_view url);

}  // namespace gleaner::http
