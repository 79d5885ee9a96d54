#include "api/api.h"

#include <fmt/format.h>

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

TraceReceiverOptions receiver_options(const Services& services) {
  TraceReceiverOptions options;
  options.folder = services.config.data_dir + "/otlp";
  options.max_record_bytes = static_cast<size_t>(services.config.max_record_bytes);
  if (services.on_failure) options.on_failure = services.on_failure;
  return options;
}

}  // namespace

Api::Api(Services services)
    : services_(services),
      keyring_(services.registry),
      people_(make_people(services)),
      feedback_tokens_([this](std::string_view name) { return projects_.get(name); }, services.clock),
      gate_(keyring_, feedback_tokens_, people_.get()),
      projects_([&registry = services.registry](const std::string& name) { return registry.project(name); }),
      receiver_(receiver_options(services), services.intake, services.clock),
      proxy_(services.proxy, services.intake, services.clock, services.ids) {}

void Api::learn() {
  keyring_.learn();
  const auto names = services_.registry.projects();
  if (!names) return;
  for (const std::string& name : *names) projects_.learn(name);
}

void Api::start_receiving() {
  std::vector<Project> known;
  if (const auto names = services_.registry.projects()) {
    for (const std::string& name : *names) {
      if (auto project = projects_.get(name)) known.push_back(*std::move(project));
    }
  }
  receiver_.start(known);
}

void Api::start_draining() {
  draining_ = true;
  if (services_.cold) services_.cold->store.eraser().stop();
}

void Api::add_routes(http::Router& router) {
  add_record_routes(router);
  add_feedback_routes(router);
  add_admin_routes(router);
  add_archive_routes(router);
  add_dataset_routes(router);
  add_user_routes(router);
  add_otlp_routes(router);
  add_peer_routes(router);
  add_proxy_routes(router);
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

Status Api::spool_is_empty() const {
  const intake::IntakeMetrics metrics = services_.intake.metrics();
  if (metrics.spool.records == 0) return {};
  if (!metrics.store_up) return fail(Code::kUnavailable, metrics.store_error);
  return fail(Code::kUnavailable, "records are on their way from the spool to the store; try again in a moment");
}

void Api::tell(const http::Request& request, const std::string& act) const {
  if (!services_.on_act) return;
  const http::Principal& who = *request.principal;
  const std::string by = who.is_person() ? "the person" : who.key_id.empty() ? "a token's admin" : "key " + who.key_id;
  services_.on_act(fmt::format("project {}: {}; by {}", who.project, act, by));
}

}  // namespace gleaner::api
