#include <atomic>
#include <cstdlib>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/problem.h"
#include "http/server.h"

namespace gleaner::http {
namespace {

class OneKey final : public Authenticator {
 public:
  Result<std::shared_ptr<const Principal>> authenticate(std::string_view credential) override {
    if (credential != "good") return fail(Code::kUnauthenticated, "no such key");
    return std::make_shared<const Principal>(Principal{"default", "k", static_cast<unsigned>(Scope::kIngest)});
  }
};

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    router_.add({"POST", "/echo", Scope::kIngest, false, false,
                 [](const Request& request, Responder responder) { responder.send(Response{.body = request.body}); }});
    router_.add(
        {"POST", "/echo/worker/{name}", Scope::kIngest, false, true, [](const Request& request, Responder responder) {
           responder.send(Response{.body = request.params.at(0) + ":" + request.body});
         }});
    router_.add({"GET", "/open", Scope::kNone, true, false, [](const Request& request, Responder responder) {
                   responder.send(Response{.body = request.query_param("q").value_or("none")});
                 }});
    router_.add({"GET", "/admin", Scope::kAdmin, false, false, [](const Request&, Responder) {}});
    router_.add({"GET", "/silent", Scope::kNone, true, false, [](const Request&, Responder) {}});
    router_.add({"GET", "/stream", Scope::kNone, true, false, [](const Request& request, Responder responder) {
                   const bool broken = request.query_param("broken").has_value();
                   responder.send(Response{.stream = [count = 0, broken](std::string& piece) mutable -> Result<bool> {
                     piece = std::string(100'000, static_cast<char>('a' + count));
                     if (broken && count == 3) return fail(Code::kDataLoss, "broken");
                     return ++count < 5;
                   }});
                 }});
    router_.add({.method = "GET",
                 .pattern = "/lengthy",
                 .open = true,
                 .handler =
                     [this](const Request&, Responder responder) {
                       ++lengthy_;
                       may_end_.wait(false);
                       responder.send(Response{.body = "at last"});
                     },
                 .lengthy = true});
    ServerOptions options;
    options.max_body_bytes = 1 << 20;
    options.max_buffered_bytes = 3 << 20;
    options.header_timeout_seconds = 1;
    options.idle_timeout_seconds = 2;
    options.body_timeout_seconds = 1;
    server_ = std::make_unique<Server>(options, router_, auth_);
    EXPECT_TRUE(server_->start());
  }

  int connect() const {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) std::abort();
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  static void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }

  static std::string read_all(int fd) {
    std::string out;
    char buffer[65536];
    ssize_t got = 0;
    while ((got = ::recv(fd, buffer, sizeof buffer, 0)) > 0) out.append(buffer, static_cast<size_t>(got));
    ::close(fd);
    return out;
  }

  // One exchange on a connection of its own.
  std::string ask(std::string_view request) const {
    const int fd = connect();
    send_all(fd, request);
    return read_all(fd);
  }

  static std::string post(std::string_view path, std::string_view body, std::string_view headers = "") {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" + std::string(body);
  }

  std::atomic<int> lengthy_ = 0;
  std::atomic<bool> may_end_ = false;
  Router router_;
  OneKey auth_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersWithTheBody) {
  const std::string answer = ask(post("/echo", "hello"));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello")) << answer;
  EXPECT_TRUE(ask(post("/echo/worker/a%20b", "hello")).ends_with("\r\n\r\na b:hello"));
  EXPECT_TRUE(ask(post("/echo/worker/a%2Fb", "hello")).ends_with("\r\n\r\na/b:hello"));
  EXPECT_TRUE(ask("GET /open?q=a%2Bb+c&r HTTP/1.0\r\n\r\n").ends_with("\r\n\r\na+b c"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /open?q=" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  requests += "GET /open?q=end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const std::string answer = ask(requests);
  size_t pos = 0;
  for (int i = 0; i < 20; ++i) {
    pos = answer.find("\r\n\r\n" + std::to_string(i) + "HTTP", pos);
    ASSERT_NE(pos, std::string::npos) << i;
  }
  EXPECT_TRUE(answer.ends_with("end"));
}

TEST_F(ServerTest, TakesBodiesInEveryFraming) {
  EXPECT_TRUE(
      ask("POST /echo HTTP/1.1\r\nHost: x\r\nX-API-Key: good\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
          "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
          .ends_with("\r\n\r\nabcde"));
  const std::string big(900'000, 'x');
  EXPECT_TRUE(ask(post("/echo", big)).ends_with("\r\n\r\n" + big));
  const std::string answer = ask(post("/echo", "abc", "Expect: 100-continue\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabc")) << answer;
  const int fd = connect();
  send_all(fd,
           "POST /echo HTTP/1.1\r\nHost: x\r\nX-API-Key: good\r\nConnection: close\r\nContent-Length: 2\r\nExpect: "
           "100-continue\r\n\r\n");
  char buffer[25] = {};
  ASSERT_EQ(recv(fd, buffer, sizeof buffer, MSG_WAITALL), 25);
  EXPECT_EQ(std::string(buffer, 25), "HTTP/1.1 100 Continue\r\n\r\n");
  send_all(fd, "ok");
  EXPECT_TRUE(read_all(fd).ends_with("ok"));
}

TEST_F(ServerTest, RefusesWithoutReadingTheBody) {
  EXPECT_TRUE(ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(ask("POST /echo HTTP/1.1\r\nHost: x\r\nX-API-Key: bad\r\nContent-Length: 3\r\n\r\nabc")
                  .starts_with("HTTP/1.1 401 "));
  EXPECT_TRUE(ask(post("/nowhere", "x")).starts_with("HTTP/1.1 404 "));
  const std::string wrong_method =
      ask("PUT /echo HTTP/1.1\r\nHost: x\r\nX-API-Key: good\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_TRUE(wrong_method.starts_with("HTTP/1.1 405 "));
  EXPECT_NE(wrong_method.find("Allow: POST\r\n"), std::string::npos);
  EXPECT_TRUE(ask("GET /admin HTTP/1.1\r\nHost: x\r\nX-API-Key: good\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 403 "));
}

TEST_F(ServerTest, BoundsWhatItReads) {
  EXPECT_TRUE(ask(post("/echo", std::string((1 << 20) + 1, 'x'))).starts_with("HTTP/1.1 413 "));
  EXPECT_TRUE(ask("GET /open HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask(post("/echo", "x", "Content-Encoding: br\r\n")).starts_with("HTTP/1.1 415 "));
  EXPECT_TRUE(ask(post("/echo", "x", "Content-Encoding: gzip\r\n")).starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(ServerTest, BoundsWhatAllBodiesHoldTogether) {
  // Three bodies that are announced but not sent use up the budget; a fourth is told to come back.
  std::vector<int> waiting;
  for (int i = 0; i < 3; ++i) {
    waiting.push_back(connect());
    send_all(waiting.back(), "POST /echo HTTP/1.1\r\nHost: x\r\nX-API-Key: good\r\nContent-Length: 1048576\r\n\r\nx");
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const std::string answer = ask(post("/echo", std::string(1 << 20, 'x')));
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 429 ")) << answer.substr(0, 100);
  EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
  for (const int fd : waiting) close(fd);
}

TEST_F(ServerTest, ClosesSlowClients) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(ask("GET /open HTTP/1.1\r\nHos"), "");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: x\r\nX-API-Key: good\r\nContent-Length: 10\r\n\r\nabc"), "");
  EXPECT_EQ(ask(""), "");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(ServerTest, HeadIsGetWithoutTheBody) {
  const std::string answer =
      ask("HEAD /open?q=abc HTTP/1.1\r\nHost: x\r\n\r\nHEAD /echo HTTP/1.1\r\nHost: x\r\nX-API-Key: "
          "good\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Length: 3\r\n\r\nHTTP/1.1 405 "), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(ServerTest, AnUnansweredRequestIsAnError) {
  EXPECT_TRUE(ask("GET /silent HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 500 "));
}

TEST_F(ServerTest, StreamsAndCutsWhatBreaks) {
  const std::string whole = ask("GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(whole.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(whole.ends_with("e\r\n0\r\n\r\n"));
  EXPECT_GT(whole.size(), 500'000U);
  const std::string old = ask("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.ends_with("eee"));
  const std::string broken = ask("GET /stream?broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(broken.ends_with("0\r\n\r\n"));
}

TEST_F(ServerTest, StoppingLetsRequestsFinish) {
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  clients.reserve(8);
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      if (ask(post("/echo/worker/x", std::string(200'000, 'y'))).size() > 200'000) ++answered;
    });
  }
  for (std::thread& client : clients) client.join();
  const int idle = connect();
  server_->stop();
  EXPECT_EQ(answered, 8);
  EXPECT_EQ(read_all(idle), "");
}

TEST_F(ServerTest, WhatTakesLongHoldsUpNobody) {
  std::vector<int> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(connect());
    send_all(clients.back(), "GET /lengthy HTTP/1.0\r\n\r\n");
  }
  while (lengthy_ < 3) std::this_thread::yield();
  EXPECT_TRUE(ask(post("/echo/worker/a", "hello")).ends_with("\r\n\r\na:hello"));
  EXPECT_TRUE(ask(post("/echo", "hello")).ends_with("\r\n\r\nhello"));
  may_end_ = true;
  may_end_.notify_all();
  for (const int client : clients) EXPECT_TRUE(read_all(client).ends_with("\r\n\r\nat last"));
}

TEST(RouterTest, MatchesSegments) {
  Router router;
  router.add({"GET", "/v1/interactions/{id}"});
  router.add({"DELETE", "/v1/interactions/{id}"});
  router.add({"GET", "/v1/interactions"});
  EXPECT_EQ(router.match("GET", "/v1/interactions/a.b").params, std::vector<std::string>{"a.b"});
  EXPECT_EQ(router.match("GET", "/v1/interactions/{id}").params, std::vector<std::string>{"{id}"});
  EXPECT_EQ(router.match("GET", "/v1/interactions/").route, nullptr);
  EXPECT_EQ(router.match("GET", "/v1/interactions/a/b").route, nullptr);
  EXPECT_EQ(router.match("GET", "/v1/interactions/a/").route, nullptr);
  EXPECT_EQ(router.match("PUT", "/v1/interactions/a").allow, "GET, DELETE");
  EXPECT_NE(router.match("GET", "/v1/interactions").route, nullptr);
}

TEST(ProblemTest, SaysWhenToTryAgain) {
  const Response response = problem(Error{Code::kUnavailable, "disk full"});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.front().first, "Retry-After");
  EXPECT_EQ(
      response.body,
      R"({"type":"about:blank","title":"Service Unavailable","status":503,"detail":"disk full","code":"unavailable"})");
}

}  // namespace
}  // namespace gleaner::http
