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

// Projects are made, never changed or removed, while the server runs, so what was read once stays right.
Result<Api::Project> Api::project(const http::Request& request) {
  const std::lock_guard lock(projects_mutex_);
  const auto known = projects_.find(request.principal->project);
  if (known != projects_.end()) return known->second;
  TRY_ASSIGN(store::Project found, services_.registry.project(request.principal->project));
  return projects_[request.principal->project] = std::make_shared<const store::Project>(std::move(found));
}

}  // namespace gleaner::api
