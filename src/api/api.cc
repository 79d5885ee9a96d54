#include "api/api.h"

#include "http/problem.h"

namespace gleaner::api {

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
  constexpr auto kMaxAge = std::chrono::milliseconds(500);
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(projects_mutex_);
  const auto known = projects_.find(request.principal->project);
  if (known != projects_.end() && now - known->second.read_at < kMaxAge) return known->second.project;
  TRY_ASSIGN(store::Project found, services_.registry.project(request.principal->project));
  auto shared = std::make_shared<const store::Project>(std::move(found));
  projects_[request.principal->project] = {shared, now};
  return shared;
}

}  // namespace gleaner::api
