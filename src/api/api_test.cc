#include "api/api.h"

#include <cctype>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/record_batch.h"
#include "api/signal_shape.h"
#include "base/json.h"
#include "embedded/openapi.h"
#include "record/fields.h"
#include "store/api_keys.h"
#include "store/sqlite/sqlite_store.h"

namespace gleaner::api {
namespace {

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    std::string name = testing::TempDir() + "gleaner_api_XXXXXX";
    directory_ = mkdtemp(name.data());
    store_ = store::SqliteStore::open({.directory = directory_}).value();
    intake_ = std::make_unique<intake::Intake>(intake::IntakeOptions{}, *store_, *rulebook_, clock_, ids_);
  }
  ~ApiTest() override {
    intake_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  // "POST /v1/signals ingest people" for every route there is.
  std::set<std::string> routes() {
    http::Router router;
    Api api({*store_, store_->registry(), *intake_, clock_, ids_, config_});
    api.add_routes(router);
    std::set<std::string> out;
    for (const http::Route& route : router.routes()) {
      if (route.as_sent) continue;  // what passes through is described by others
      const char* scope = route.open ? "open" : "";
      if (route.scope == http::Scope::kIngest) scope = "ingest";
      if (route.scope == http::Scope::kRead) scope = "read";
      if (route.scope == http::Scope::kAdmin) scope = "admin";
      out.insert(fmt::format("{} {} {}{}", route.method, route.pattern, scope, route.people ? " people" : ""));
    }
    return out;
  }

  http::Response write(std::string body, const char* content_type, size_t max_record_bytes = 1 << 20) {
    auto project = std::make_shared<const store::Project>(store_->registry().project("default").value());
    RecordBatch<record::Interaction> batch(*intake_, project, max_record_bytes);
    http::Request request;
    request.headers = {{"content-type", content_type}};
    request.body = std::move(body);
    request.body.reserve(request.body.size() + http::kBodyPadding);
    EXPECT_TRUE(batch.read(request));
    return batch.answer(intake_->write(batch.take_submission()).value(), true);
  }

  std::string directory_;
  SystemClock clock_;
  UuidV7Source ids_;
  config::Config config_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<intake::Rulebook> rulebook_ = intake::Rulebook::make(config_).value();
  std::unique_ptr<intake::Intake> intake_;
};

TEST_F(ApiTest, OpenApiDescribesTheRoutesThereAre) {
  const auto document = json::parse(embedded::openapi());
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->find_string("openapi"), "3.1.0");
  std::set<std::string> described;
  for (const auto& [path, operations] : document->find("paths")->members()) {
    for (const auto& [method, operation] : operations.members()) {
      if (method == "parameters") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      const json::Value* const people = operation.find("x-people");
      described.insert(fmt::format("{} {} {}{}", upper, path, operation.find_string("x-scope").value_or("open"),
                                   people != nullptr && people->as_bool() ? " people" : ""));
    }
  }
  EXPECT_EQ(described, routes());
}

TEST_F(ApiTest, OpenApiDescribesTheFieldsThereAre) {
  const auto document = json::parse(embedded::openapi());
  ASSERT_TRUE(document);
  const json::Value& schemas = *document->find("components")->find("schemas");
  const auto described = [&schemas](const char* schema) {
    std::set<std::string> names;
    for (const auto& [name, property] : schemas.find(schema)->find("properties")->members()) names.insert(name);
    return names;
  };
  std::set<std::string> interaction;
  for (const auto& field : record::interaction_fields()) interaction.insert(std::string(field.name));
  EXPECT_EQ(described("Interaction"), interaction);
  std::set<std::string> signal;
  for (const auto& field : record::signal_fields()) signal.insert(std::string(field.name));
  EXPECT_EQ(described("Signal"), signal);
}

TEST_F(ApiTest, OneRecordIsAnsweredByStatus) {
  EXPECT_EQ(write(R"({"id":"a","output":"x"})", "application/json").status, 201);
  EXPECT_EQ(write(R"({"id":"a","output":"x"})", "application/json").status, 200);
  EXPECT_EQ(write(R"({"id":"a","output":"y"})", "application/json").status, 409);
  EXPECT_EQ(write(R"({"id":"a","output":5})", "application/json").status, 422);
  EXPECT_EQ(write(R"({"id":"a",)", "application/json").status, 400);
  EXPECT_EQ(write(R"({"output":"0123456789"})", "application/json", 10).status, 413);
}

TEST_F(ApiTest, ManyRecordsAreAnsweredOneByOne) {
  const auto lines = write(
      "{\"id\":\"a\",\"output\":\"x\"}\n\n{\"id\":\"b\",\"output\":5}\r\nnot "
      "json\n{\"id\":\"a\",\"output\":\"x\"}\n{\"id\":\"a\",\"output\":\"y\"}",
      "application/x-ndjson");
  EXPECT_EQ(lines.status, 200);
  const auto body = json::parse(lines.body);
  ASSERT_TRUE(body) << lines.body;
  EXPECT_EQ(body->find("stored")->as_integer(), 1);
  EXPECT_EQ(body->find("duplicates")->as_integer(), 1);
  EXPECT_EQ(body->find("rejected")->as_integer(), 3);
  EXPECT_EQ(body->find("ids")->dump(), R"(["a",null,null,"a",null])");
  EXPECT_EQ(body->find("errors")->items()[0].find("index")->as_integer(), 1);
  EXPECT_EQ(body->find("errors")->items()[2].find_string("code"), "conflict");
  EXPECT_EQ(store_->rejects("default", 0, 10)->size(), 2U);
  EXPECT_EQ(write(R"([{"output":"x"},{"output":5}])", "application/json").status, 200);
  EXPECT_EQ(write(R"([{"output":5}])", "application/json").status, 422);
  EXPECT_EQ(write("", "application/x-ndjson").status, 200);
}

TEST_F(ApiTest, KeysAreKnownByTheirHash) {
  KeyRing ring(store_->registry());
  const auto issued = store::issue_key(store_->registry(), ids_, clock_.now(), "default", "web", {"ingest"}).value();
  EXPECT_EQ(ring.authenticate("").error().code, Code::kUnauthenticated);
  EXPECT_EQ(ring.authenticate(issued.record.hash).error().code, Code::kUnauthenticated);
  const auto principal = ring.authenticate(issued.key);
  ASSERT_TRUE(principal);
  EXPECT_TRUE((*principal)->may(http::Scope::kIngest));
  EXPECT_FALSE((*principal)->may(http::Scope::kRead));
  ASSERT_TRUE(store_->registry().revoke_key("default", issued.record.id, clock_.now()).value());
  ASSERT_TRUE(ring.refresh());
  EXPECT_FALSE(ring.authenticate(issued.key));
  EXPECT_FALSE(store::issue_key(store_->registry(), ids_, clock_.now(), "default", "web", {"root"}));
  EXPECT_FALSE(store::issue_key(store_->registry(), ids_, clock_.now(), "a/b", "web", {"read"}));
}

TEST_F(ApiTest, FeedbackIsSaidInTheCallersWords) {
  const auto signal = feedback_shape().to_signal(
      json::parse(
          R"({"interaction_id":"a","feedback_type":"edit","corrected_workflow":{"a":1},"correction_notes":"n","sentiment_score":5})")
          .value());
  ASSERT_TRUE(signal);
  EXPECT_EQ(signal->dump(), R"({"kind":"edit","interaction_id":"a","value":5,"reason":"n","output":"{\"a\":1}"})");
  EXPECT_EQ(feedback_shape().in_their_names({Code::kInvalidArgument, "kind: expected a string"}).message,
            "feedback_type: expected a string");
  EXPECT_FALSE(engagement_shape().to_signal(json::parse(R"({"insight_id":"a","action":"love"})").value()));
}

}  // namespace
}  // namespace gleaner::api
