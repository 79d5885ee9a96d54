// Reads the requests the benchmark sends and answers as Gleaner would, and does nothing else: what HTTP alone costs on
// this machine with this HTTP stack.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "http/server.h"

namespace {

using gleaner::http::Authenticator;
using gleaner::http::Principal;
using gleaner::http::Request;
using gleaner::http::Responder;
using gleaner::http::Response;
using gleaner::http::Scope;

class Anybody final : public Authenticator {
 public:
  gleaner::Result<std::shared_ptr<const Principal>> authenticate(std::string_view) override { return principal_; }

 private:
  std::shared_ptr<const Principal> principal_ =
      std::make_shared<const Principal>(Principal{"default", "k", static_cast<unsigned>(Scope::kAdmin)});
};

void answer_write(const Request& request, Responder responder) {
  if (request.header("content-type").find("ndjson") == std::string_view::npos) {
    responder.send(
        Response{.status = 201, .body = R"({"id":"0192f0c1-7e64-7000-8000-2f6a52c1a111","status":"stored"})"});
    return;
  }
  size_t lines = 0;
  for (const char c : request.body) lines += c == '\n' ? 1 : 0;
  responder.send(Response{.body = fmt::format(R"({{"stored":{},"duplicates":0,"rejected":0,"errors":[]}})", lines)});
}

void answer_read(const Request&, Responder responder) {
  responder.send(Response{.body = R"({"total_interactions":0})"});
}

}  // namespace

int main(int argc, char** argv) {
  gleaner::http::ServerOptions options;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string_view(argv[i]) == "--port") options.port = static_cast<uint16_t>(std::atoi(argv[i + 1]));
  }
  gleaner::http::Router router;
  router.add({"POST", "/v1/interactions", Scope::kIngest, false, false, answer_write});
  router.add({"GET", "/v1/interactions/{id}", Scope::kRead, false, false, answer_read});
  router.add({"GET", "/api/feedback/stats", Scope::kRead, false, false, answer_read});
  Anybody anybody;
  gleaner::http::Server server(options, router, anybody);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (const auto started = server.start(); !started) {
    fmt::print(stderr, "{}\n", started.error().message);
    return 1;
  }
  fmt::print("listening on http://127.0.0.1:{}\n", server.port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  return 0;
}
