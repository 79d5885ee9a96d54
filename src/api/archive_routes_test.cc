// The routes of the archive and of people's data, asked as the server asks them, on a store with its archive.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api.h"
#include "archive/restorer.h"
#include "base/json.h"
#include "insight/person_data.h"
#include "object/directory/directory_store.h"
#include "privacy/pseudonym.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::api {
namespace {

using testing::HasSubstr;
using testing::Not;

class ArchiveRoutesTest : public testing::Test {
 protected:
  ArchiveRoutesTest() {
    std::string name = testing::TempDir() + "gleaner_cold_XXXXXX";
    directory_ = mkdtemp(name.data());
    std::filesystem::create_directory(directory_ + "/scratch");
    hot_ = store::SqliteStore::open({.directory = directory_ + "/store"}).value();
    objects_ = object::DirectoryStore::open(directory_ + "/objects", clock_).value();
    const archive::Tiers tiers{*hot_, hot_->archive(), *objects_};
    archive::UploadOptions upload;
    upload.scratch = directory_ + "/scratch";
    upload.on_step = [this](std::string_view step) {
      if (on_step_) on_step_(step);
    };
    store_ = std::make_unique<archive::TieredStore>(
        tiers, clock_, archive::EraserOptions{.clock = &clock_, .journal = directory_ + "/erasures", .upload = upload});
    intake_ = std::make_unique<intake::Intake>(intake::IntakeOptions{}, *store_, *rulebook_, clock_, ids_);
    api_ = std::make_unique<Api>(Services{*store_, hot_->registry(), *intake_, clock_, ids_, config_, nullptr,
                                          ColdStorage{*store_, tiers, upload},
                                          [this](const std::string& act) { acts_.push_back(act); }});
    api_->add_routes(router_);
  }
  ~ArchiveRoutesTest() override {
    api_.reset();
    intake_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  using Who = std::shared_ptr<const http::Principal>;
  static Who person(std::string user) {
    return std::make_shared<const http::Principal>(http::Principal{"default", "", 0, std::move(user)});
  }

  // Asks and reads the answer to its end. A stream that breaks off gives the status 0 and the error.
  http::Response ask(const Who& who, std::string_view method, std::string_view target, std::string body = "") {
    const size_t question = target.find('?');
    const auto match = router_.match(method, target.substr(0, question));
    EXPECT_NE(match.route, nullptr) << target;
    EXPECT_TRUE(match.route->people || !who->is_person()) << target;
    http::Request request{.method = std::string(method), .body = std::move(body), .params = match.params};
    if (question != std::string_view::npos) request.query = target.substr(question + 1);
    request.principal = who;
    request.body.reserve(request.body.size() + http::kBodyPadding);
    std::promise<http::Response> answer;
    match.route->handler(std::move(request),
                         http::Responder([&answer](http::Response got) { answer.set_value(std::move(got)); }));
    http::Response response = answer.get_future().get();
    while (response.stream) {
      const auto more = response.stream(response.body);
      if (!more) return http::Response{.status = 0, .body = more.error().message};
      if (!*more) break;
    }
    return response;
  }
  json::Value ask_json(const Who& who, std::string_view method, std::string_view target, std::string body = "") {
    const http::Response response = ask(who, method, target, std::move(body));
    EXPECT_EQ(response.status, 200) << target << ": " << response.body;
    return json::parse(response.body).value_or(json::Value());
  }
  static int64_t number(const json::Value& value, std::string_view name) {
    const json::Value* const member = value.find(name);
    return member == nullptr ? -1 : member->as_integer().value_or(-1);
  }

  std::string created(int days_ago) const { return format_time(clock_.now() - std::chrono::days(days_ago)); }
  void add(const std::string& id, const std::string& user, int days_ago, const std::string& platform = "zapier") {
    const std::string body =
        fmt::format(R"({{"id":"{}","user_id":"{}","platform":"{}","created_at":"{}","output":"text of {}"}})", id, user,
                    platform, created(days_ago), id);
    ASSERT_EQ(ask(admin_, "POST", "/v1/interactions", body).status, 201);
  }
  void say(const std::string& id, const std::string& user, const std::string& text) {
    const std::string body =
        fmt::format(R"({{"interaction_id":"{}","kind":"comment","user_id":"{}","text":"{}"}})", id, user, text);
    ASSERT_EQ(ask(admin_, "POST", "/v1/signals", body).status, 201);
  }
  // Three days of Ann's and Ben's, the older two of which are archived; comments of both, before and after that.
  void add_all() {
    for (const int days : {40, 50, 0}) {
      add(fmt::format("ann-{}", days), "ann", days);
      add(fmt::format("ben-{}", days), "ben", days, "make");
    }
    say("ben-40", "ann", "early by ann");
    say("ann-40", "ben", "early by ben");
    EXPECT_EQ(number(ask_json(admin_, "POST", "/api/feedback/archive"), "archived_count"), 4);
    say("ben-50", "ann", "late by ann");
    say("ann-50", "ben", "late by ben");
    say("nowhere", "ann", "waiting by ann");
  }
  // Every file's bytes, but for the journals of erasures.
  bool anywhere(const std::string& text) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_ + "/store")) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(file)), {});
      if (bytes.contains(text)) return true;
    }
    return false;
  }

  std::string directory_;
  SystemClock clock_;
  UuidV7Source ids_;
  config::Config config_;
  std::function<void(std::string_view)> on_step_;
  std::vector<std::string> acts_;
  std::unique_ptr<store::SqliteStore> hot_;
  std::unique_ptr<object::ObjectStore> objects_;
  std::unique_ptr<archive::TieredStore> store_;
  std::unique_ptr<intake::Rulebook> rulebook_ = intake::Rulebook::make(config_).value();
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<Api> api_;
  http::Router router_;
  const Who admin_ = std::make_shared<const http::Principal>(
      http::Principal{"default", "the-key", static_cast<unsigned>(http::Scope::kAdmin), ""});
  const Who other_admin_ = std::make_shared<const http::Principal>(
      http::Principal{"shop", "its-key", static_cast<unsigned>(http::Scope::kAdmin), ""});
};

TEST_F(ArchiveRoutesTest, ADryRunOnlyPlans) {
  add("old", "ann", 31);
  add("young", "ann", 29);
  const json::Value dry = ask_json(admin_, "POST", "/api/feedback/archive", R"({"days_old":30,"dry_run":true})");
  EXPECT_TRUE(dry.find("success")->as_bool());
  EXPECT_EQ(number(dry, "archived_count"), 0);
  EXPECT_EQ(number(dry, "planned_count"), 1);
  ASSERT_EQ(dry.find("planned")->items().size(), 1U);
  EXPECT_EQ(dry.find("planned")->items()[0].find_string("date"), created(31).substr(0, 10));
  EXPECT_EQ(dry.find_string("message"), "Dry run: 1 records would be archived");
  EXPECT_TRUE(std::filesystem::is_empty(directory_ + "/objects") ||
              !std::filesystem::exists(directory_ + "/objects/archives"));
  EXPECT_EQ(number(*ask_json(admin_, "GET", "/api/feedback/stats").find("overview"), "archived_records"), 0);
  EXPECT_TRUE(acts_.empty());
}

TEST_F(ArchiveRoutesTest, OldDaysAreArchivedAndTold) {
  add("old", "ann", 31);
  add("young", "ann", 29);
  const json::Value done = ask_json(admin_, "POST", "/api/feedback/archive", R"({"days_old":30,"dry_run":false})");
  EXPECT_EQ(number(done, "archived_count"), 1);
  EXPECT_EQ(done.find_string("message"), "Successfully archived 1 records");
  ASSERT_EQ(done.find("archives")->items().size(), 1U);
  const json::Value& part = done.find("archives")->items()[0];
  const std::string day = created(31).substr(0, 10);
  EXPECT_EQ(part.find_string("platform"), "zapier");
  EXPECT_EQ(part.find_string("date"), day);
  EXPECT_EQ(number(part, "records_count"), 1);
  EXPECT_EQ(part.find_string("s3_key"),
            fmt::format("archives/zapier/{}/{}/{}.jsonl.gz", day.substr(0, 4), day.substr(5, 2), day));
  const double raw = part.find("uncompressed_size")->as_double();
  const double packed = part.find("compressed_size")->as_double();
  EXPECT_NEAR(part.find("compression_ratio")->as_double(), 100 - 100 * packed / raw, 0.051);
  const json::Value stats = ask_json(admin_, "GET", "/api/feedback/stats");
  EXPECT_EQ(number(*stats.find("overview"), "archived_records"), 1);
  EXPECT_EQ(number(*stats.find("overview"), "active_records"), 1);
  EXPECT_EQ(number(*stats.find("storage"), "archived_size_bytes"), static_cast<int64_t>(packed));
  EXPECT_EQ(ask(admin_, "GET", "/v1/interactions/old").status, 200);
  ASSERT_EQ(acts_.size(), 1U);
  EXPECT_THAT(acts_[0], HasSubstr("archived 1 records"));
  EXPECT_THAT(acts_[0], HasSubstr("the-key"));
  const json::Value again = ask_json(admin_, "POST", "/api/feedback/archive", "{}");
  EXPECT_EQ(number(again, "archived_count"), 0);
  EXPECT_EQ(again.find_string("message"), "No records older than 30 days");
}

TEST_F(ArchiveRoutesTest, OnlyTheProjectsOwnDaysAreArchived) {
  add("old", "ann", 31);
  EXPECT_EQ(number(ask_json(other_admin_, "POST", "/api/feedback/archive"), "planned_count"), 0);
  EXPECT_EQ(number(ask_json(admin_, "POST", "/api/feedback/archive"), "planned_count"), 1);
}

TEST_F(ArchiveRoutesTest, WrongWishesAreRefused) {
  EXPECT_EQ(ask(admin_, "POST", "/api/feedback/archive", "{").status, 400);
  for (const char* body : {R"({"days_old":0})", R"({"days_old":-1})", R"({"days_old":1.5})", R"({"days_old":"30"})",
                           R"({"days_old":99999999999})", R"({"dry_run":1})", "[]"}) {
    EXPECT_EQ(ask(admin_, "POST", "/api/feedback/archive", body).status, 422) << body;
  }
}

TEST_F(ArchiveRoutesTest, OneRunAtATime) {
  add("old", "ann", 31);
  http::Response second;
  on_step_ = [&](std::string_view step) {
    // From another thread, as another request comes.
    if (step == "planned") std::thread([&] { second = ask(admin_, "POST", "/api/feedback/archive"); }).join();
  };
  EXPECT_EQ(ask(admin_, "POST", "/api/feedback/archive").status, 200);
  EXPECT_EQ(second.status, 409) << second.body;
  on_step_ = nullptr;
  EXPECT_EQ(ask(admin_, "POST", "/api/feedback/archive").status, 200);
}

TEST_F(ArchiveRoutesTest, AServerThatStopsLeavesTheDayUnderWay) {
  add("old", "ann", 31);
  add("older", "ann", 32);
  int uploaded = 0;
  on_step_ = [&](std::string_view step) {
    if (step == "uploaded" && ++uploaded == 2) api_->start_draining();
  };
  const http::Response stopped = ask(admin_, "POST", "/api/feedback/archive");
  EXPECT_EQ(stopped.status, 503);
  EXPECT_THAT(stopped.body, HasSubstr("the server is stopping: 1 of 2 records are archived"));
  EXPECT_EQ(hot_->archive().parts("default", std::nullopt, std::nullopt)->size(), 1U);
  EXPECT_EQ(objects_->list("archives/", "")->objects.size(), 2U) << "the object of the first day and its manifest";
  EXPECT_EQ(ask(admin_, "GET", "/v1/interactions/old").status, 200);
  EXPECT_EQ(ask(admin_, "DELETE", "/v1/users/ann").status, 503);
  EXPECT_EQ(ask(admin_, "GET", "/v1/interactions/older").status, 200);
}

// On threads of their own, so that none of them keeps others from being answered.
TEST_F(ArchiveRoutesTest, WhatTakesLongRunsAside) {
  std::set<std::string> lengthy;
  for (const http::Route& route : router_.routes()) {
    if (route.lengthy) lengthy.insert(route.method + " " + route.pattern);
  }
  EXPECT_EQ(lengthy, (std::set<std::string>{"POST /api/feedback/archive", "DELETE /v1/projects/{name}/data",
                                            "DELETE /v1/users/{id}", "DELETE /v1/interactions/{id}",
                                            "DELETE /api/feedback/data/{interaction_id}", "POST /v1/datasets",
                                            "POST /v1/datasets/{version}/rebuild"}));
}

TEST_F(ArchiveRoutesTest, APersonsDataIsAllThatIsTheirs) {
  add_all();
  const http::Response data = ask(admin_, "GET", "/v1/users/ann/data");
  ASSERT_EQ(data.status, 200) << data.body;
  EXPECT_EQ(data.content_type, "application/x-ndjson");
  for (const char* theirs : {R"("id":"ann-40")", R"("id":"ann-50")", R"("id":"ann-0")", "early by ann", "late by ann",
                             R"("interaction_id":"ben-40")", R"("interaction_id":"ben-50")", "waiting by ann"}) {
    EXPECT_THAT(data.body, HasSubstr(theirs));
  }
  for (const char* others : {"text of ben", "by ben"}) EXPECT_THAT(data.body, Not(HasSubstr(others)));
  EXPECT_TRUE(data.body.ends_with("{\"summary\":{\"interactions\":3,\"signals\":2,\"waiting\":1,\"rejects\":0}}\n"))
      << data.body;
  EXPECT_EQ(std::ranges::count(data.body, '\n'), 3 + 2 + 1 + 1);
  EXPECT_EQ(ask(person("ann"), "GET", "/v1/users/ann/data").body, data.body);
  EXPECT_EQ(ask(person("ben"), "GET", "/v1/users/ann/data").status, 403);
  EXPECT_EQ(ask(other_admin_, "GET", "/v1/users/ann/data").body,
            "{\"summary\":{\"interactions\":0,\"signals\":0,\"waiting\":0,\"rejects\":0}}\n");
  // By the pseudonym that stands in records as well.
  const json::Value found = ask_json(admin_, "GET", "/v1/interactions/ann-40");
  const std::string pseudonym(*found.find("interaction")->find_string("user_id"));
  EXPECT_EQ(ask(admin_, "GET", "/v1/users/" + pseudonym + "/data").body, data.body);
}

// What moves to the archive between two pieces of the answer is in it once.
TEST_F(ArchiveRoutesTest, APersonsDataIsWholeWhileDaysAreArchived) {
  add("ann-40", "ann", 40);
  add("ben-40", "ben", 40);
  say("ben-40", "ann", "of forty");
  ASSERT_EQ(ask(admin_, "POST", "/api/feedback/archive").status, 200);
  add("ann-50", "ann", 50);
  add("ben-50", "ben", 50);
  say("ben-50", "ann", "of fifty");
  const auto users = pseudonyms(hot_->registry().project("default").value(), "ann", &privacy::pseudonym);
  const archive::Tiers tiers{*hot_, hot_->archive(), *objects_};
  const std::string expected = ask(admin_, "GET", "/v1/users/ann/data").body;
  // Before the first piece, and behind it.
  for (const int behind : {0, 1}) {
    auto data = insight::PersonData::open(tiers, *store_, "default", users).value();
    std::string out;
    for (int i = 0; i < behind; ++i) ASSERT_TRUE(data->next(out).value());
    ASSERT_EQ(ask(admin_, "POST", "/api/feedback/archive").status, 200);
    while (data->next(out).value()) {
    }
    EXPECT_EQ(data->counts().interactions, 2) << out;
    EXPECT_EQ(data->counts().signals, 2) << out;
    archive::LateSignals late(tiers, store_->cold());
    archive::Restorer restorer(tiers, late, {});
    const Day fifty = day_of(clock_.now()) - std::chrono::days(50);
    ASSERT_TRUE(restorer.run("default", fifty, fifty + std::chrono::days(1)));
    EXPECT_EQ(ask(admin_, "GET", "/v1/users/ann/data").body, expected);
  }
  // What goes from the archive meanwhile is an error, not a gap.
  auto data = insight::PersonData::open(tiers, *store_, "default", users).value();
  ASSERT_EQ(ask(admin_, "DELETE", "/v1/users/ben").status, 200);
  Result<bool> more = true;
  std::string out;
  while (more && *more) more = data->next(out);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, Code::kUnavailable) << more.error().message;
}

TEST_F(ArchiveRoutesTest, APersonIsErasedEverywhere) {
  add_all();
  EXPECT_EQ(ask(person("ben"), "DELETE", "/v1/users/ann").status, 403);
  const json::Value receipt = ask_json(person("ann"), "DELETE", "/v1/users/ann");
  EXPECT_EQ(receipt.find_string("kind"), "user");
  EXPECT_TRUE(receipt.find("complete")->as_bool());
  EXPECT_EQ(number(receipt, "interactions"), 3);
  for (const char* id : {"ann-0", "ann-40", "ann-50"})
    EXPECT_EQ(ask(admin_, "GET", fmt::format("/v1/interactions/{}", id)).status, 404);
  for (const char* id : {"ben-0", "ben-40", "ben-50"}) {
    const http::Response kept = ask(admin_, "GET", fmt::format("/v1/interactions/{}", id));
    EXPECT_EQ(kept.status, 200);
    EXPECT_THAT(kept.body, Not(HasSubstr("by ann")));
  }
  EXPECT_EQ(ask(admin_, "GET", "/v1/users/ann/data").body,
            "{\"summary\":{\"interactions\":0,\"signals\":0,\"waiting\":0,\"rejects\":0}}\n");
  EXPECT_THAT(ask(admin_, "GET", "/v1/users/ben/data").body, HasSubstr(R"("interactions":3,"signals":0)"));
  EXPECT_FALSE(anywhere(std::string(receipt.find("subjects")->items()[0].text())));
  // Asking again costs nothing; an admin gets a receipt all the same.
  EXPECT_EQ(ask(person("ann"), "DELETE", "/v1/users/ann").status, 404);
  EXPECT_EQ(number(ask_json(admin_, "DELETE", "/v1/users/ann"), "interactions"), 0);
  EXPECT_EQ(ask_json(admin_, "GET", "/v1/erasures").find("data")->items().size(), 2U);
  EXPECT_EQ(ask_json(other_admin_, "GET", "/v1/erasures").find("data")->items().size(), 0U);
  for (const std::string& act : acts_) EXPECT_THAT(act, Not(HasSubstr("ann")));
}

TEST_F(ArchiveRoutesTest, AnInteractionIsErasedFromTheArchive) {
  add_all();
  EXPECT_EQ(ask(person("ben"), "DELETE", "/v1/interactions/ann-40").status, 404);
  const json::Value deleted = ask_json(person("ann"), "DELETE", "/v1/interactions/ann-40");
  EXPECT_EQ(number(deleted, "signals"), 1);
  EXPECT_EQ(ask(admin_, "DELETE", "/api/feedback/data/ben-50").status, 200);
  for (const char* id : {"ann-40", "ben-50"}) {
    EXPECT_EQ(ask(admin_, "GET", fmt::format("/v1/interactions/{}", id)).status, 404);
    EXPECT_EQ(ask(admin_, "DELETE", fmt::format("/v1/interactions/{}", id)).status, 404);
  }
  const json::Value receipts = ask_json(admin_, "GET", "/v1/erasures?limit=1");
  ASSERT_EQ(receipts.find("data")->items().size(), 1U);
  const std::string first(*receipts.find("data")->items()[0].find_string("id"));
  EXPECT_EQ(ask_json(admin_, "GET", "/v1/erasures?after=" + first).find("data")->items().size(), 1U);
  for (const char* wrong : {"0", "1001", "x", "1x", ""})
    EXPECT_EQ(ask(admin_, "GET", fmt::format("/v1/erasures?limit={}", wrong)).status, 400) << wrong;
}

TEST_F(ArchiveRoutesTest, AProjectsDataGoesWhenItsNameIsSaidTwice) {
  add_all();
  EXPECT_EQ(ask(admin_, "DELETE", "/v1/projects/default/data").status, 400);
  EXPECT_EQ(ask(admin_, "DELETE", "/v1/projects/default/data?confirm=shop").status, 400);
  EXPECT_EQ(ask(other_admin_, "DELETE", "/v1/projects/default/data?confirm=default").status, 403);
  EXPECT_EQ(ask(admin_, "GET", "/v1/interactions/ben-40").status, 200);
  const json::Value receipt = ask_json(admin_, "DELETE", "/v1/projects/default/data?confirm=default");
  EXPECT_EQ(receipt.find_string("kind"), "project");
  EXPECT_EQ(number(receipt, "interactions"), 6);
  const json::Value stats = ask_json(admin_, "GET", "/api/feedback/stats");
  EXPECT_EQ(number(*stats.find("overview"), "total_records"), 0);
  EXPECT_EQ(number(*stats.find("overview"), "archived_records"), 0);
  EXPECT_EQ(number(*stats.find("storage"), "archived_size_bytes"), 0);
}

// One that waits would hold a worker thread.
TEST_F(ArchiveRoutesTest, OneErasureAtATime) {
  add_all();
  std::vector<int> statuses;
  on_step_ = [&](std::string_view step) {
    if (step != "begun") return;
    std::thread([&] {
      for (const char* target : {"/v1/users/ben", "/v1/interactions/ben-40", "/v1/interactions/ben-0"})
        statuses.push_back(ask(admin_, "DELETE", target).status);
    }).join();
  };
  EXPECT_EQ(ask(admin_, "DELETE", "/v1/users/ann").status, 200);
  // What is hot waits for nothing.
  EXPECT_EQ(statuses, (std::vector<int>{429, 429, 200}));
}

TEST_F(ArchiveRoutesTest, WithoutAnArchiveItsRoutesAreNotThere) {
  Api api({*hot_, hot_->registry(), *intake_, clock_, ids_, config_});
  router_ = {};
  api.add_routes(router_);
  EXPECT_EQ(ask(admin_, "POST", "/api/feedback/archive").status, 503);
  EXPECT_EQ(ask(admin_, "DELETE", "/v1/users/ann").status, 503);
  EXPECT_EQ(ask(admin_, "GET", "/v1/users/ann/data").status, 503);
  EXPECT_EQ(ask(admin_, "GET", "/v1/erasures").status, 503);
}

}  // namespace
}  // namespace gleaner::api
