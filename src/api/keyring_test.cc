#include "api/keyring.h"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "api/feedback_token.h"
#include "api/people.h"
#include "base/base64.h"
#include "base/hash.h"
#include "store/api_keys.h"

namespace gleaner::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A registry that can be away, as a database can, and slow to say so.
class FlakyRegistry final : public store::Registry {
 public:
  Result<store::Project> project(std::string_view) override { return fail(Code::kInternal, "not asked for"); }
  Result<std::vector<std::string>> projects() override {
    TRY(answer());
    return std::vector<std::string>{"default", "shop"};
  }
  Status restore_project(const store::Project&) override { return {}; }
  Status rotate_secret(std::string_view, Time) override { return {}; }
  Status add_key(const store::ApiKey&) override { return {}; }
  Result<std::vector<store::ApiKey>> keys() override {
    TRY(answer());
    if (!has_key) return std::vector<store::ApiKey>{};
    return std::vector<store::ApiKey>{{"id", "shop", "web", {"ingest"}, store::hash_key("glk_a"), Time(), {}}};
  }
  Result<bool> revoke_key(std::string_view, std::string_view, Time) override { return false; }

  std::atomic<int> asked = 0;
  std::atomic<int> asking = 0;
  std::atomic<Code> code = Code::kUnavailable;
  std::atomic<bool> away = false;
  std::atomic<bool> has_key = true;
  std::atomic<milliseconds> delay = milliseconds(0);

 private:
  Status answer() {
    ++asked;
    EXPECT_EQ(++asking, 1) << "one at a time is enough";
    std::this_thread::sleep_for(delay.load());
    --asking;
    return away ? Status(fail(code, "away")) : Status();
  }
};

bool soon(const std::function<bool()>& condition) {
  const auto end = steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(5));
  return condition();
}

// Longer than a value is used without being read again.
void let_it_age() {
  std::this_thread::sleep_for(milliseconds(1050));
}

TEST(KeyRingTest, WhatChangedElsewhereIsInForceAfterASecond) {
  FlakyRegistry registry;
  KeyRing ring(registry);
  ASSERT_TRUE(ring.authenticate("glk_a"));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(ring.authenticate("glk_a"));
  EXPECT_EQ(registry.asked, 1);
  registry.has_key = false;
  let_it_age();
  EXPECT_EQ(ring.authenticate("glk_a").error().code, Code::kUnauthenticated);
  registry.has_key = true;
  ASSERT_TRUE(ring.refresh());
  EXPECT_TRUE(ring.authenticate("glk_a"));
}

TEST(KeyRingTest, KnownKeysOutliveARegistryThatIsAway) {
  FlakyRegistry registry;
  KeyRing ring(registry);
  ASSERT_TRUE(ring.authenticate("glk_a"));
  registry.away = true;
  let_it_age();
  EXPECT_TRUE(ring.authenticate("glk_a"));
  EXPECT_EQ(ring.authenticate("glk_b").error().code, Code::kUnauthenticated);
  EXPECT_FALSE(ring.refresh());
  EXPECT_TRUE(ring.authenticate("glk_a"));
  registry.has_key = false;
  registry.away = false;
  EXPECT_TRUE(soon([&] { return !ring.authenticate("glk_a"); })) << "it is looked whether the registry is back";
}

TEST(KeyRingTest, ARegistryThatHangsHoldsUpNobody) {
  FlakyRegistry registry;
  KeyRing ring(registry);
  ASSERT_TRUE(ring.authenticate("glk_a"));
  registry.away = true;
  registry.delay = milliseconds(800);
  let_it_age();
  const auto start = steady_clock::now();
  std::vector<std::jthread> callers;
  callers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&ring] {
      for (int n = 0; n < 100; ++n) EXPECT_TRUE(ring.authenticate("glk_a"));
    });
  }
  callers.clear();
  EXPECT_LT(steady_clock::now() - start, milliseconds(700));
  registry.delay = milliseconds(0);
}

TEST(KeyRingTest, WithoutAnyKeysTheRegistryIsNeeded) {
  FlakyRegistry registry;
  registry.away = true;
  KeyRing ring(registry);
  EXPECT_EQ(ring.authenticate("glk_a").error().code, Code::kUnavailable);
  EXPECT_EQ(ring.authenticate("glk_a").error().code, Code::kUnavailable);
  EXPECT_EQ(ring.authenticate("").error().code, Code::kUnauthenticated);
  registry.away = false;
  EXPECT_TRUE(soon([&] { return ring.authenticate("glk_a").has_value(); }));
}

TEST(KeyRingTest, AnErrorThatStaysIsShown) {
  FlakyRegistry registry;
  KeyRing ring(registry);
  ASSERT_TRUE(ring.authenticate("glk_a"));
  registry.away = true;
  registry.code = Code::kDataLoss;
  let_it_age();
  EXPECT_EQ(ring.authenticate("glk_a").error().code, Code::kDataLoss);
}

class SystemPeople : public testing::Test {
 protected:
  static std::string token(std::string_view claims) {
    const std::string text = base64url_encode(R"({"alg":"HS256"})") + "." + base64url_encode(claims);
    const Sha256 mac = hmac_sha256("secret", text);
    return text + "." + base64url_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
  }

  SystemClock clock_;
  FlakyRegistry registry_;
  KeyRing ring_{registry_};
  People people_{http::JwtVerifier({Secret("secret"), "", ""}, nullptr, clock_), registry_};
  FeedbackTokens feedback_{[](std::string_view) { return fail(Code::kNotFound, "no such project"); }, clock_};
  Gate gate_{ring_, feedback_, &people_};
};

TEST_F(SystemPeople, ATokenMakesNoProject) {
  constexpr std::string_view kOfShop = R"({"exp":99999999999,"sub":"ann","app_metadata":{"gleaner_project":"shop"}})";
  const auto of_shop = people_.authenticate(token(kOfShop));
  ASSERT_TRUE(of_shop) << of_shop.error().message;
  EXPECT_EQ((*of_shop)->project, "shop");
  const auto of_nothing =
      people_.authenticate(token(R"({"exp":99999999999,"sub":"ann","app_metadata":{"gleaner_project":"nowhere"}})"));
  ASSERT_FALSE(of_nothing);
  EXPECT_EQ(of_nothing.error().code, Code::kPermissionDenied);
  registry_.away = true;
  let_it_age();
  EXPECT_TRUE(people_.authenticate(token(kOfShop)));
}

TEST_F(SystemPeople, TheGateTellsKeysFromTokens) {
  const std::string good = token(R"({"exp":99999999999,"sub":"ann"})");
  EXPECT_EQ((*gate_.authenticate(good))->user, "ann");
  EXPECT_EQ((*gate_.authenticate("glk_a"))->key_id, "id");
  EXPECT_FALSE(gate_.authenticate("glk_a.b.c"));
  EXPECT_TRUE(gate_.authenticate("glf_a.b").error().message.starts_with("the feedback token"));
  EXPECT_FALSE(gate_.authenticate(good + "x"));
  EXPECT_EQ(gate_.authenticate("").error().code, Code::kUnauthenticated);
  Gate no_people(ring_, feedback_, nullptr);
  EXPECT_EQ(no_people.authenticate(good).error().code, Code::kUnauthenticated);
  EXPECT_TRUE(no_people.authenticate("glk_a"));
}

}  // namespace
}  // namespace gleaner::api
