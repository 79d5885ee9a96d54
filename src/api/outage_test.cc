// What the API answers while the store is away and records go to the spool.
#include <atomic>
#include <filesystem>
#include <future>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api.h"
#include "api/testing/away_store.h"
#include "base/json.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::api {
namespace {

using namespace std::chrono_literals;
using api::testing::AwayStore;
using ::testing::HasSubstr;
using ::testing::Not;

class OutageTest : public ::testing::Test {
 protected:
  OutageTest() {
    std::string name = ::testing::TempDir() + "gleaner_outage_XXXXXX";
    directory_ = mkdtemp(name.data());
    sqlite_ = store::SqliteStore::open({.directory = directory_}).value();
    store_ = std::make_unique<AwayStore>(*sqlite_);
    start(uint64_t{1} << 30);
  }
  ~OutageTest() override {
    api_.reset();
    intake_.reset();
    sqlite_.reset();
    std::filesystem::remove_all(directory_);
  }

  // With 0 bytes without a spool.
  void start(uint64_t spool_bytes) {
    api_.reset();
    intake_.reset();
    intake::IntakeOptions options;
    if (spool_bytes > 0)
      options.spool = intake::Spool::open({.folder = directory_ + "/spool", .max_bytes = spool_bytes}).value();
    intake_ = std::make_unique<intake::Intake>(std::move(options), *store_, *rulebook_, clock_, ids_);
    api_ = std::make_unique<Api>(Services{*store_, sqlite_->registry(), *intake_, clock_, ids_, config_});
    router_ = std::make_unique<http::Router>();
    api_->add_routes(*router_);
  }

  http::Response ask(std::string_view method, std::string_view target, std::string body = "") {
    const auto match = router_->match(method, target);
    EXPECT_NE(match.route, nullptr) << target;
    http::Request request{.method = std::string(method), .body = std::move(body), .params = match.params};
    request.principal = std::make_shared<const http::Principal>(
        http::Principal{"default", "k", static_cast<unsigned>(http::Scope::kAdmin), ""});
    request.body.reserve(request.body.size() + http::kBodyPadding);
    std::promise<http::Response> answer;
    match.route->handler(std::move(request),
                         http::Responder([&answer](http::Response got) { answer.set_value(std::move(got)); }));
    return answer.get_future().get();
  }
  void wait_until_drained() {
    for (int i = 0; i < 2000 && intake_->metrics().spool.bytes > 0; ++i) std::this_thread::sleep_for(5ms);
    EXPECT_EQ(intake_->metrics().spool.bytes, 0U);
  }

  std::string directory_;
  SystemClock clock_;
  UuidV7Source ids_;
  config::Config config_;
  std::unique_ptr<store::SqliteStore> sqlite_;
  std::unique_ptr<AwayStore> store_;
  std::unique_ptr<intake::Rulebook> rulebook_ = intake::Rulebook::make(config_).value();
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<http::Router> router_;
};

TEST_F(OutageTest, WritesAreSpooled) {
  store_->away = true;
  const http::Response one = ask("POST", "/v1/interactions", R"({"id":"a","output":"x"})");
  EXPECT_EQ(one.status, 202);
  EXPECT_EQ(one.body, R"({"id":"a","status":"spooled"})");
  const http::Response many =
      ask("POST", "/v1/interactions", R"([{"id":"b","output":"x"},{"id":"c","output":5},{"id":"d","output":"x"}])");
  EXPECT_EQ(many.status, 200);
  EXPECT_THAT(many.body, HasSubstr(R"({"stored":0,"duplicates":0,"rejected":1,"spooled":2,"ids":["b",null,"d"],)"));
  const http::Response vote =
      ask("POST", "/api/feedback/submit", R"({"interaction_id":"a","feedback_type":"thumbs_up"})");
  EXPECT_EQ(vote.status, 200);
  EXPECT_THAT(vote.body, HasSubstr(R"("success":true)"));
  EXPECT_EQ(ask("POST", "/v1/signals", R"({"interaction_id":"a","kind":"like"})").status, 202);
  store_->away = false;
  wait_until_drained();
  const auto stored = sqlite_->find("default", "a");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->signals.size(), 2U);
  EXPECT_TRUE(sqlite_->find("default", "d"));
  EXPECT_EQ(sqlite_->rejects("default", 0, 10)->size(), 1U);
  const http::Response direct = ask("POST", "/v1/interactions", R"([{"id":"e","output":"x"}])");
  EXPECT_THAT(direct.body, HasSubstr(R"({"stored":1,"duplicates":0,"rejected":0,"ids":["e"],)"));
}

TEST_F(OutageTest, MachinesAreTold) {
  EXPECT_EQ(ask("GET", "/readyz").body, R"({"status":"ready"})");
  EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("\ngleaner_store_up 1\n"));
  store_->away = true;
  ask("POST", "/v1/interactions", R"({"output":"x"})");
  const http::Response ready = ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_THAT(ready.body, HasSubstr(R"({"status":"spooling","store":"connection refused","spool_bytes":)"));
  const std::string metrics = ask("GET", "/metrics").body;
  for (const char* line : {"store_up 0", "spool_records 1", "spooled_total 1", "spool_drained_total 0",
                           "spool_refused_total 0", "spool_damaged_total 0"}) {
    EXPECT_THAT(metrics, HasSubstr(fmt::format("\ngleaner_{}\n", line)));
  }
  EXPECT_THAT(metrics, Not(HasSubstr("\ngleaner_spool_bytes 0\n")));
  store_->away = false;
  wait_until_drained();
  EXPECT_EQ(ask("GET", "/readyz").body, R"({"status":"ready"})");
  EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("\ngleaner_spool_drained_total 1\n"));
}

TEST_F(OutageTest, AFullSpoolIsNotReady) {
  start(50'000);
  store_->away = true;
  EXPECT_EQ(ask("POST", "/v1/interactions", R"({"output":"x"})").status, 202);
  const http::Response ready = ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.body, HasSubstr("store: connection refused; the spool "));
  EXPECT_THAT(ready.body, HasSubstr("spool_max_mb"));
  EXPECT_EQ(ask("POST", "/v1/interactions", R"({"output":")" + std::string(60'000, 'x') + R"("})").status, 503);
}

TEST_F(OutageTest, WithoutASpoolAStoreThatIsAwayIsNotReady) {
  start(0);
  store_->away = true;
  EXPECT_EQ(ask("POST", "/v1/interactions", R"({"output":"x"})").status, 503);
  const http::Response ready = ask("GET", "/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_THAT(ready.body, HasSubstr(R"("detail":"store: connection refused")"));
}

TEST_F(OutageTest, OneRequestAtATimeWaitsForTheStore) {
  EXPECT_EQ(ask("GET", "/readyz").body, R"({"status":"ready"})");
  std::this_thread::sleep_for(1100ms);
  store_->hanging = true;
  const int before = store_->checks;
  auto waiting = std::async(std::launch::async, [this] { return ask("GET", "/readyz"); });
  while (store_->checks == before) std::this_thread::sleep_for(1ms);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ask("GET", "/readyz").body, R"({"status":"ready"})");
  EXPECT_EQ(store_->checks, before + 1);
  store_->hanging = false;
  EXPECT_EQ(waiting.get().status, 200);
}

}  // namespace
}  // namespace gleaner::api
