#include "http/remote_keys.h"

#include <atomic>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/server.h"

namespace gleaner::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

constexpr std::string_view kOneKey =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"ec-1","x":"d3nLmHBgiXde6OXmsKaNEWRcAxcmobiJJd4vg_RLMr4","y":"Ti2ype0pF0z1ZV6KyzJ2JxKeqdk0B_Smyxvu3QDh6vw"}]})";

class Nobody final : public Authenticator {
 public:
  Result<std::shared_ptr<const Principal>> authenticate(std::string_view) override {
    return fail(Code::kUnauthenticated, "nobody");
  }
};

// A server of keys, and of whatever a client may meet.
class RemoteKeysTest : public testing::Test {
 protected:
  RemoteKeysTest() {
    const auto add = [this](const char* path, Handler handler) {
      router_.add({"GET", path, Scope::kNone, true, true, std::move(handler)});
    };
    add("/keys", [this](const Request&, Responder responder) {
      ++asked_;
      if (broken_) return responder.send(Error{Code::kUnavailable, "broken"});
      responder.send(Response{.body = std::string(empty_ ? R"({"keys":[]})" : kOneKey)});
    });
    add("/to/{where}", [](const Request& request, Responder responder) {
      responder.send(Response{.status = 302, .headers = {{"Location", request.params.front()}}});
    });
    add("/html", [](const Request&, Responder responder) { responder.send(Response{.body = "<html>"}); });
    add("/big", [](const Request&, Responder responder) { responder.send(Response{.body = std::string(5000, 'x')}); });
    add("/slow", [](const Request&, Responder responder) {
      std::this_thread::sleep_for(seconds(1));
      responder.send(Response{.body = "late"});
    });
    server_ = std::make_unique<Server>(ServerOptions{}, router_, nobody_);
    EXPECT_TRUE(server_->start());
  }

  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(path);
  }

  RemoteKeysOptions options(std::string_view path = "/keys") const {
    return {.url = url(path),
            .max_age = std::chrono::hours(1),
            .between_misses = std::chrono::hours(1),
            .between_failures = std::chrono::hours(1)};
  }

  static bool soon(const std::function<bool()>& condition) {
    const auto end = steady_clock::now() + seconds(10);
    while (!condition() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(5));
    return condition();
  }

  static size_t count(const RemoteKeys& keys) {
    const auto set = keys.keys();
    return set ? set->size() : 99;
  }

  std::atomic<int> asked_ = 0;
  std::atomic<bool> broken_ = false;
  std::atomic<bool> empty_ = false;
  Router router_;
  Nobody nobody_;
  std::unique_ptr<Server> server_;
};

TEST_F(RemoteKeysTest, TheClientGetsAndIsBounded) {
  const Client client({.timeout = milliseconds(300), .max_body_bytes = 4000});
  const auto keys = client.get(url("/keys"));
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->status, 200);
  EXPECT_EQ(keys->body, kOneKey);
  EXPECT_EQ(client.get(url("/nowhere"))->status, 404);
  EXPECT_EQ(client.get(url("/to/%2Fkeys"))->body, kOneKey);
  EXPECT_EQ(client.get(url("/big")).error().code, Code::kTooLarge);
  EXPECT_EQ(client.get(url("/slow")).error().code, Code::kUnavailable);
  for (const char* bad : {"", "keys", "file:///etc/passwd", "ftp://127.0.0.1/", "//127.0.0.1/", "http://"}) {
    EXPECT_EQ(client.get(bad).error().code, Code::kInvalidArgument) << bad;
  }
  EXPECT_FALSE(client.get(url("/to/file%3A%2F%2F%2Fetc%2Fpasswd")));
  EXPECT_FALSE(client.get(url("/to/ftp%3A%2F%2F127.0.0.1%2F")));
}

TEST_F(RemoteKeysTest, ARequestToStopEndsATransfer) {
  const Client client({.timeout = seconds(30)});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(client.get(url("/slow"), stop.get_token()));
}

TEST_F(RemoteKeysTest, KeysAreThereAfterTheStart) {
  RemoteKeys keys(options());
  EXPECT_FALSE(keys.keys());
  keys.start();
  EXPECT_EQ(count(keys), 1U);
  EXPECT_EQ(asked_, 1);
}

TEST_F(RemoteKeysTest, AMissFetchesAgainButNotTooOften) {
  empty_ = true;
  RemoteKeys keys(options());
  keys.start();
  EXPECT_EQ(count(keys), 0U);
  empty_ = false;
  keys.missed();
  EXPECT_TRUE(soon([&] { return count(keys) == 1; }));
  EXPECT_EQ(asked_, 2);
  for (int i = 0; i < 10; ++i) keys.missed();
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(asked_, 2);
}

TEST_F(RemoteKeysTest, AMissIsNotForgottenWhileItMustWait) {
  RemoteKeysOptions quick = options();
  quick.between_misses = milliseconds(300);
  RemoteKeys keys(quick);
  keys.start();
  keys.missed();
  EXPECT_TRUE(soon([&] { return asked_ == 2; }));
  keys.missed();
  EXPECT_TRUE(soon([&] { return asked_ == 3; }));
}

TEST_F(RemoteKeysTest, OldKeysAreFetchedAgainAndKeptWhileThatFails) {
  RemoteKeysOptions quick = options();
  quick.max_age = milliseconds(20);
  quick.between_failures = milliseconds(20);
  std::atomic<int> failures = 0;
  quick.on_failure = [&](const Error& error) {
    EXPECT_THAT(error.message, HasSubstr("503"));
    ++failures;
  };
  RemoteKeys keys(quick);
  keys.start();
  EXPECT_TRUE(soon([&] { return asked_ > 3; }));
  broken_ = true;
  const int asked = asked_;
  EXPECT_TRUE(soon([&] { return asked_ > asked + 3; }));
  EXPECT_EQ(count(keys), 1U);
  EXPECT_EQ(failures, 1);
  broken_ = false;
  empty_ = true;
  EXPECT_TRUE(soon([&] { return count(keys) == 0; }));
}

TEST_F(RemoteKeysTest, AServerThatIsAwayIsTriedAgain) {
  RemoteKeysOptions quick = options();
  quick.between_failures = milliseconds(20);
  broken_ = true;
  RemoteKeys keys(quick);
  keys.start();
  EXPECT_FALSE(keys.keys());
  broken_ = false;
  EXPECT_TRUE(soon([&] { return count(keys) == 1; }));
}

TEST_F(RemoteKeysTest, WhatIsNoKeySetIsAFailure) {
  for (const char* path : {"/html", "/nowhere"}) {
    std::string failure;
    RemoteKeysOptions told = options(path);
    told.on_failure = [&](const Error& error) { failure = error.message; };
    RemoteKeys keys(told);
    keys.start();
    EXPECT_FALSE(keys.keys());
    EXPECT_NE(failure, "");
  }
  RemoteKeys nowhere({.url = "http://127.0.0.1:1/keys"});
  nowhere.start();
  EXPECT_FALSE(nowhere.keys());
}

TEST_F(RemoteKeysTest, ManyMayAskAtOnce) {
  RemoteKeysOptions quick = options();
  quick.max_age = milliseconds(1);
  quick.between_misses = milliseconds(1);
  RemoteKeys keys(quick);
  keys.start();
  std::vector<std::jthread> readers;
  readers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&keys] {
      for (int n = 0; n < 2000; ++n) {
        if (n % 10 == 0) keys.missed();
        EXPECT_EQ(keys.keys()->size(), 1U);
      }
    });
  }
}

}  // namespace
}  // namespace gleaner::http
