// The proxy's way in: /proxy/{upstream}/..., any method (docs/proxy.md).
#include <fmt/format.h>

#include "api/api.h"
#include "http/problem.h"

namespace gleaner::api {
namespace {

constexpr std::string_view kPrefix = "/proxy/";
constexpr std::string_view kFailClosed = "fail_closed";
constexpr std::string_view kKeyHeader = "x-gleaner-key";
constexpr const char* kDefaultProject = "default";

// Only programs of this machine reach it.
bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

void Api::add_proxy_routes(http::Router& router) {
  router.add(
      {.method = "*",
       .pattern = "/proxy/{upstream}/{*}",
       .open = true,                                              // the credential of the request is the provider's
       .blocking = services_.config.proxy_policy == kFailClosed,  // whether it can be recorded is asked of the disk
       .handler = [this](http::Request request,
                         http::Responder responder) { pass_on(std::move(request), std::move(responder)); },
       .as_sent = true});
}

// Whose call it is.
Result<Api::Project> Api::project_of_call(const http::Request& request) {
  const std::string_view key = request.header(kKeyHeader);
  if (key.empty()) {
    const std::string& keyless = services_.config.proxy_keyless;
    if (keyless == "always" || (keyless == "loopback" && is_loopback(services_.config.host)))
      return projects_.get(kDefaultProject);
    return fail(Code::kUnauthenticated,
                "a key of Gleaner's with the scope ingest is needed in the header x-gleaner-key (proxy_keyless)");
  }
  TRY_ASSIGN(const auto principal, keyring_.authenticate(key));
  if (!principal->may(http::Scope::kIngest))
    return fail(Code::kPermissionDenied, "the key in x-gleaner-key lacks the scope ingest");
  return projects_.get(principal->project);
}

Status Api::can_record() {
  const intake::IntakeMetrics metrics = services_.intake.metrics();
  // Calls that are under way want room, too.
  if (metrics.queued_bytes >= static_cast<size_t>(services_.config.max_queued_bytes) / 2)
    return fail(Code::kResourceExhausted, "the call was not made: the queue of records is full");
  if (metrics.store_up || services_.intake.check_spool()) return {};
  // It may have recovered: no write that would tell comes while calls are refused.
  const Status status = store_status(metrics);
  if (status) return {};
  return fail(Code::kUnavailable, "the call was not made, as it could not be recorded: " + status.error().message);
}

void Api::pass_on(http::Request request, http::Responder responder) {
  auto known = project_of_call(request);
  if (!known) return responder.send(known.error());
  const Project project = *std::move(known);
  const bool collect = services_.config.collection_enabled;
  if (collect && services_.config.proxy_policy == kFailClosed) {
    if (const Status ready = can_record(); !ready) return responder.send(ready.error());
  }
  // As it stands in the request: nothing in it is decoded and written anew.
  const std::string target = request.target;
  const size_t slash = std::string_view(target).substr(0, target.find('?')).find('/', kPrefix.size());
  if (slash == std::string::npos) {
    return responder.send(
        Error{Code::kNotFound, "a path behind the upstream's name is missing, such as /proxy/openai/v1/models"});
  }
  const std::string upstream = request.params.front();
  auto response = proxy_.pass(std::move(request), upstream, std::string_view(target).substr(slash), project, collect);
  if (!response) return responder.send(response.error());
  responder.send(*std::move(response));
}

}  // namespace gleaner::api
