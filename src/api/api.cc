#include "api/api.h"

#include "http/problem.h"

namespace gleaner::api {
namespace {

// Null while people's tokens are not taken.
std::unique_ptr<People> make_people(const Services& services) {
  const config::Config& config = services.config;
  if (config.jwt_secret.empty() && services.public_keys == nullptr) return nullptr;
  http::JwtRules rules{Secret(config.jwt_secret), config.jwt_issuer,
                       config.jwt_audience == "any" ? "" : config.jwt_audience};
  return std::make_unique<People>(http::JwtVerifier(std::move(rules), services.public_keys, services.clock),
                                  services.registry);
}

}  // namespace

Api::Api(Services services)
    : services_(services),
      keyring_(services.registry),
      people_(make_people(services)),
      gate_(keyring_, people_.get()),
      projects_([&registry = services.registry](const std::string& name) { return registry.project(name); }) {}

void Api::learn() {
  keyring_.learn();
  const auto names = services_.registry.projects();
  if (!names) return;
  for (const std::string& name : *names) projects_.learn(name);
}

void Api::add_routes(http::Router& router) {
  add_record_routes(router);
  add_feedback_routes(router);
  add_admin_routes(router);
  add_health_routes(router);
}

bool Api::collecting(http::Responder& responder) const {
  if (services_.config.collection_enabled) return true;
  responder.send(http::problem(403, "collection_disabled",
                               "data collection is switched off (ENABLE_DATA_COLLECTION); nothing was stored"));
  return false;
}

// A project changes when its secret is rotated; that is in force well before the new secret's time begins.
Result<Api::Project> Api::project(const http::Request& request) {
  return projects_.get(request.principal->project);
}

}  // namespace gleaner::api
