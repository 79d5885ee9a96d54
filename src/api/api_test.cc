#include "api/api.h"

#include <set>

#include <gtest/gtest.h>

#include "api/record_batch.h"
#include "base/json.h"
#include "embedded/openapi.h"
#include "record/fields.h"

namespace gleaner::api {
namespace {

// Routes are made without being called, so nothing behind them is needed.
std::set<std::string> routes_of_the_server() {
  http::Router router;
  config::Config config;
  alignas(std::max_align_t) static char nothing[1024];
  Api api({reinterpret_cast<store::Store&>(nothing), reinterpret_cast<store::Registry&>(nothing), reinterpret_cast<intake::Intake&>(nothing),
           reinterpret_cast<const Clock&>(nothing), reinterpret_cast<IdSource&>(nothing), config});
  api.add_routes(router);
  std::set<std::string> out;
  for (const http::Route& route : router.routes()) {
    const char* scope = route.open ? "open" : "";
    if (route.scope == http::Scope::kIngest) scope = "ingest";
    if (route.scope == http::Scope::kRead) scope = "read";
    if (route.scope == http::Scope::kAdmin) scope = "admin";
    out.insert(route.method + " " + route.pattern + " " + scope);
  }
  return out;
}

TEST(OpenApiTest, DescribesTheRoutesThereAre) {
  const auto document = json::parse(embedded::openapi());
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ(document->find_string("openapi"), "3.1.0");
  std::set<std::string> described;
  for (const auto& [path, operations] : document->find("paths")->members()) {
    for (const auto& [method, operation] : operations.members()) {
      if (method == "parameters") continue;
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      described.insert(upper + " " + path + " " + std::string(operation.find_string("x-scope").value_or("open")));
    }
  }
  EXPECT_EQ(described, routes_of_the_server());
}

TEST(OpenApiTest, DescribesTheFieldsThereAre) {
  const auto document = json::parse(embedded::openapi());
  ASSERT_TRUE(document);
  const json::Value& schemas = *document->find("components")->find("schemas");
  std::set<std::string> described;
  for (const auto& [name, schema] : schemas.find("Interaction")->find("properties")->members()) described.insert(name);
  std::set<std::string> fields;
  for (const auto& field : record::interaction_fields()) fields.insert(std::string(field.name));
  EXPECT_EQ(described, fields);
  described.clear();
  fields.clear();
  for (const auto& [name, schema] : schemas.find("Signal")->find("properties")->members()) described.insert(name);
  for (const auto& field : record::signal_fields()) fields.insert(std::string(field.name));
  EXPECT_EQ(described, fields);
}

}  // namespace
}  // namespace gleaner::api
