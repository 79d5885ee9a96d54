#include "api/people.h"

#include <filesystem>
#include <future>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/api.h"
#include "privacy/pseudonym.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::api {
namespace {

using http::Principal;
using http::Scope;
using testing::HasSubstr;
using testing::Not;

Result<Principal> principal(std::string_view claims) {
  return principal_of(json::parse(claims).value());
}

TEST(PrincipalTest, APersonIsTheSubject) {
  const auto ann = principal(R"({"sub":"ann","role":"authenticated","is_anonymous":true})");
  ASSERT_TRUE(ann);
  EXPECT_TRUE(ann->is_person());
  EXPECT_EQ(ann->user, "ann");
  EXPECT_EQ(ann->project, "default");
  EXPECT_EQ(ann->key_id, "");
  for (const Scope scope : {Scope::kIngest, Scope::kRead, Scope::kAdmin}) EXPECT_FALSE(ann->may(scope));
}

TEST(PrincipalTest, TheIssuerSaysWhoIsAdminAndWhere) {
  const auto admin = principal(R"({"sub":"ann","app_metadata":{"gleaner_project":"shop","gleaner_role":"admin"}})");
  ASSERT_TRUE(admin);
  EXPECT_FALSE(admin->is_person());
  EXPECT_TRUE(admin->may(Scope::kAdmin));
  EXPECT_TRUE(admin->may(Scope::kIngest));
  EXPECT_EQ(admin->project, "shop");
  const auto service = principal(R"({"role":"service_role"})");
  ASSERT_TRUE(service);
  EXPECT_TRUE(service->may(Scope::kAdmin));
  EXPECT_EQ(service->project, "default");
}

TEST(PrincipalTest, WhatPeopleWriteThemselvesCountsForNothing) {
  for (const char* claims :
       {R"({"sub":"ann","user_metadata":{"gleaner_role":"admin","gleaner_project":"shop","role":"service_role"}})",
        R"({"sub":"ann","gleaner_role":"admin","gleaner_project":"shop"})",
        R"({"sub":"ann","app_metadata":{"gleaner_role":["admin"],"gleaner_project":5}})",
        R"({"sub":"ann","app_metadata":{"gleaner_role":"Admin","gleaner_project":""}})",
        R"({"sub":"ann","app_metadata":{"role":"service_role"},"role":["service_role"]})",
        R"({"sub":"ann","app_metadata":"admin"})", R"({"sub":"ann","app_metadata":[{"gleaner_role":"admin"}]})"}) {
    const auto person = principal(claims);
    ASSERT_TRUE(person) << claims;
    EXPECT_TRUE(person->is_person()) << claims;
    EXPECT_EQ(person->project, "default") << claims;
  }
}

TEST(PrincipalTest, NobodyIsRefused) {
  for (const char* claims : {"{}", R"({"sub":""})", R"({"sub":5})", R"({"sub":null})", R"({"role":"authenticated"})",
                             R"({"role":"anon"})", R"({"role":"anon","sub":"ann"})"}) {
    const auto nobody = principal(claims);
    ASSERT_FALSE(nobody) << claims;
    EXPECT_EQ(nobody.error().code, Code::kUnauthenticated);
  }
}

// The routes as they are, asked by people and by an admin.
class PeopleTest : public testing::Test {
 protected:
  PeopleTest() {
    std::string name = testing::TempDir() + "gleaner_people_XXXXXX";
    directory_ = mkdtemp(name.data());
    store_ = store::SqliteStore::open({.directory = directory_}).value();
    intake_ = std::make_unique<intake::Intake>(intake::IntakeOptions{}, *store_, *rulebook_, clock_, ids_);
    api_ = std::make_unique<Api>(Services{*store_, store_->registry(), *intake_, clock_, ids_, config_});
    api_->add_routes(router_);
    for (const char* user : {"ann", "ben"}) {
      const std::string body = fmt::format(
          R"([{{"id":"{0}-1","output":"x","user_id":"{0}"}},{{"id":"{0}-2","output":"y","user_id":"{0}"}}])", user);
      EXPECT_EQ(ask(admin_, "POST", "/v1/interactions", body).status, 200);
    }
  }
  ~PeopleTest() override {
    api_.reset();
    intake_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  static std::shared_ptr<const Principal> person(std::string user) {
    return std::make_shared<const Principal>(Principal{"default", "", 0, std::move(user)});
  }

  http::Response ask(const std::shared_ptr<const Principal>& who, std::string_view method, std::string_view target,
                     std::string body = "") {
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
    return answer.get_future().get();
  }

  std::string directory_;
  SystemClock clock_;
  UuidV7Source ids_;
  config::Config config_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<intake::Rulebook> rulebook_ = intake::Rulebook::make(config_).value();
  std::unique_ptr<intake::Intake> intake_;
  std::unique_ptr<Api> api_;
  http::Router router_;
  const std::shared_ptr<const Principal> admin_ =
      std::make_shared<const Principal>(Principal{"default", "k", static_cast<unsigned>(Scope::kAdmin), ""});
  const std::shared_ptr<const Principal> ann_ = person("ann");
  const std::shared_ptr<const Principal> ben_ = person("ben");
};

TEST_F(PeopleTest, SeeWhatIsTheirs) {
  const std::string listed = ask(ann_, "GET", "/v1/interactions").body;
  EXPECT_THAT(listed, HasSubstr("ann-1"));
  EXPECT_THAT(listed, HasSubstr("ann-2"));
  EXPECT_THAT(listed, Not(HasSubstr("ben-")));
  EXPECT_EQ(ask(ann_, "GET", "/v1/interactions?user_id=ann").body, listed);
  EXPECT_EQ(ask(ann_, "GET", "/v1/interactions?user_id=ben").status, 403);
  EXPECT_EQ(ask(ann_, "GET", "/v1/interactions/ann-1").status, 200);
  const http::Response others = ask(ann_, "GET", "/v1/interactions/ben-1");
  const http::Response none = ask(ann_, "GET", "/v1/interactions/ben-9");
  EXPECT_EQ(others.status, 404);
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(others.body.size(), none.body.size());
  EXPECT_THAT(ask(person("zoe"), "GET", "/v1/interactions").body, HasSubstr(R"("data":[])"));
}

TEST_F(PeopleTest, APseudonymIsNoName) {
  const auto project = store_->registry().project("default").value();
  const std::string pseudonym = privacy::pseudonym(project.secret, "ben");
  const auto impostor = person(pseudonym);
  EXPECT_EQ(ask(impostor, "GET", "/v1/interactions/ben-1").status, 404);
  EXPECT_THAT(ask(impostor, "GET", "/v1/interactions").body, HasSubstr(R"("data":[])"));
}

TEST_F(PeopleTest, SeeOfSignalsOnlyTheirOwn) {
  EXPECT_EQ(ask(ann_, "POST", "/v1/signals", R"({"interaction_id":"ann-1","kind":"comment","text":"mine"})").status,
            201);
  EXPECT_EQ(ask(ben_, "POST", "/v1/signals", R"({"interaction_id":"ann-1","kind":"comment","text":"his"})").status,
            201);
  const std::string seen = ask(ann_, "GET", "/v1/interactions/ann-1").body;
  EXPECT_THAT(seen, HasSubstr("mine"));
  EXPECT_THAT(seen, Not(HasSubstr("his")));
  EXPECT_THAT(seen, HasSubstr(R"("comments":2)"));
  EXPECT_THAT(ask(admin_, "GET", "/v1/interactions/ann-1").body, HasSubstr("his"));
}

TEST_F(PeopleTest, SpeakForThemselves) {
  const auto secret = store_->registry().project("default").value().secret;
  const std::string own =
      fmt::format(R"({{"interaction_id":"ben-1","kind":"like","user_id":"{}"}})", privacy::pseudonym(secret, "ann"));
  EXPECT_EQ(ask(ann_, "POST", "/v1/signals", own).status, 201);
  EXPECT_EQ(ask(ann_, "POST", "/v1/signals", R"({"interaction_id":"ben-1","kind":"like","user_id":"ann"})").status,
            201);
  EXPECT_EQ(ask(ann_, "POST", "/v1/signals", R"({"interaction_id":"ben-1","kind":"like"})").status, 201);
  for (const char* body :
       {R"({"interaction_id":"ann-2","kind":"like","user_id":"ben"})",
        R"({"interaction_id":"ann-2","kind":"like","user_id":7})",
        R"([{"interaction_id":"ann-2","kind":"like"},{"interaction_id":"ann-2","kind":"like","user_id":"ben"}])"}) {
    EXPECT_EQ(ask(ann_, "POST", "/v1/signals", body).status, 403) << body;
  }
  EXPECT_EQ(ask(ann_, "POST", "/api/feedback/submit",
                R"({"interaction_id":"ann-2","feedback_type":"report","user_id":"ben"})")
                .status,
            403);
  EXPECT_EQ(ask(ann_, "POST", "/api/feed/engage", R"({"insight_id":"ann-2","action":"view","metadata":{"user_id":7}})")
                .status,
            403);
  EXPECT_THAT(ask(admin_, "GET", "/v1/interactions/ann-2").body, HasSubstr(R"("signals":[])"));
  EXPECT_EQ(ask(ann_, "POST", "/api/feedback/submit", R"({"interaction_id":"ann-2","feedback_type":"report"})").status,
            200);
  EXPECT_EQ(ask(ann_, "POST", "/api/feed/engage", R"({"insight_id":"ann-2","action":"view"})").status, 200);
  const std::string pseudonym = privacy::pseudonym(secret, "ann");
  const auto stored = store_->find("default", "ann-2");
  ASSERT_EQ(stored->signals.size(), 2U);
  for (const auto& signal : stored->signals) EXPECT_EQ(signal.user_id, pseudonym);
}

TEST_F(PeopleTest, DeleteWhatIsTheirs) {
  EXPECT_EQ(ask(ann_, "DELETE", "/v1/interactions/ben-1").status, 404);
  EXPECT_EQ(ask(ann_, "DELETE", "/api/feedback/data/ben-1").status, 404);
  EXPECT_EQ(ask(ann_, "DELETE", "/v1/interactions/nothing").status, 404);
  EXPECT_EQ(ask(ben_, "GET", "/v1/interactions/ben-1").status, 200);
  EXPECT_EQ(ask(ann_, "DELETE", "/v1/interactions/ann-1").status, 200);
  EXPECT_EQ(ask(ann_, "DELETE", "/api/feedback/data/ann-2").status, 200);
  EXPECT_EQ(ask(ann_, "DELETE", "/v1/interactions/ann-1").status, 404);
  EXPECT_THAT(ask(ann_, "GET", "/v1/interactions").body, HasSubstr(R"("data":[])"));
}

TEST_F(PeopleTest, ARotatedSecretTakesNothingAway) {
  ASSERT_TRUE(store_->registry().rotate_secret("default", clock_.now() - std::chrono::hours(1)));
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(ask(admin_, "POST", "/v1/interactions", R"({"id":"ann-3","output":"z","user_id":"ann"})").status, 201);
  EXPECT_NE(store_->find("default", "ann-3")->interaction.user_id,
            store_->find("default", "ann-1")->interaction.user_id);
  const std::string listed = ask(ann_, "GET", "/v1/interactions").body;
  for (const char* id : {"ann-1", "ann-2", "ann-3"}) {
    EXPECT_THAT(listed, HasSubstr(id));
    EXPECT_EQ(ask(ann_, "GET", fmt::format("/v1/interactions/{}", id)).status, 200);
  }
}

}  // namespace
}  // namespace gleaner::api
