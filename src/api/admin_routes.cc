// Keys and rejects: /v1/keys, /v1/rejects.
#include <charconv>

#include <fmt/format.h>

#include "api/api.h"
#include "base/json.h"
#include "http/problem.h"
#include "store/api_keys.h"

namespace gleaner::api {
namespace {

constexpr int64_t kDefaultRejects = 50;
constexpr int64_t kMaxRejectPage = 1000;

void write_key(json::Writer& w, const store::ApiKey& key) {
  w.field("id", key.id).field("name", key.name).key("scopes").begin_array();
  for (const std::string& scope : key.scopes) w.string(scope);
  w.end_array().field("created", format_time(key.created_at)).key("revoked");
  key.revoked_at ? w.string(format_time(*key.revoked_at)) : w.null();
}

Result<int64_t> read_integer(const http::Request& request, std::string_view name, int64_t standard, int64_t minimum,
                             int64_t maximum) {
  const auto text = request.query_param(name);
  if (!text) return standard;
  int64_t value = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size() || value < minimum || value > maximum) {
    return fail(Code::kInvalidArgument,
                fmt::format("{}: expected a whole number from {} to {}, got \"{}\"", name, minimum, maximum, *text));
  }
  return value;
}

}  // namespace

void Api::add_admin_routes(http::Router& router) {
  using http::Request;
  using http::Responder;
  const auto add = [this, &router](const char* method, const char* pattern,
                                   void (Api::*handler)(const Request&, Responder)) {
    router.add({method, pattern, http::Scope::kAdmin, false, true,
                [this, handler](const Request& request, Responder responder) {
                  (this->*handler)(request, std::move(responder));
                }});
  };
  add("GET", "/v1/keys", &Api::list_keys);
  add("POST", "/v1/keys", &Api::create_key);
  add("DELETE", "/v1/keys/{id}", &Api::revoke_key);
  add("GET", "/v1/rejects", &Api::list_rejects);
}

void Api::list_keys(const http::Request& request, http::Responder responder) {
  const auto keys = services_.registry.keys();
  if (!keys) return responder.send(keys.error());
  http::Response response;
  json::Writer w(response.body);
  w.begin_object().key("data").begin_array();
  for (const store::ApiKey& key : *keys) {
    if (key.project != request.principal->project) continue;
    w.begin_object();
    write_key(w, key);
    w.end_object();
  }
  w.end_array().end_object();
  responder.send(std::move(response));
}

void Api::create_key(const http::Request& request, http::Responder responder) {
  const auto body = json::parse(request.body);
  if (!body) return responder.send(body.error());
  std::vector<std::string> scopes;
  if (const json::Value* const list = body->find("scopes"); list != nullptr) {
    for (const json::Value& scope : list->items()) scopes.push_back(scope.text());
  }
  const std::string name(body->find_string("name").value_or(""));
  const auto issued = store::issue_key(services_.registry, services_.ids, services_.clock.now(),
                                       request.principal->project, name, scopes);
  if (!issued) {
    if (issued.error().code != Code::kInvalidArgument) return responder.send(issued.error());
    return responder.send(http::problem(422, code_name(issued.error().code), issued.error().message));
  }
  (void)keyring_.refresh();
  http::Response response{.status = 201};
  json::Writer w(response.body);
  w.begin_object();
  write_key(w, issued->record);
  w.field("key", issued->key).end_object();
  responder.send(std::move(response));
}

void Api::revoke_key(const http::Request& request, http::Responder responder) {
  const std::string& id = request.params.front();
  const auto revoked = services_.registry.revoke_key(request.principal->project, id, services_.clock.now());
  if (!revoked) return responder.send(revoked.error());
  if (!*revoked) return responder.send(Error{Code::kNotFound, fmt::format("no key \"{}\"", id)});
  (void)keyring_.refresh();
  http::Response response;
  json::Writer(response.body).begin_object().field("revoked", true).field("id", id).end_object();
  responder.send(std::move(response));
}

void Api::list_rejects(const http::Request& request, http::Responder responder) {
  const auto limit = read_integer(request, "limit", kDefaultRejects, 1, kMaxRejectPage);
  if (!limit) return responder.send(limit.error());
  const auto after = read_integer(request, "after", 0, 0, INT64_MAX);
  if (!after) return responder.send(after.error());
  const auto rejects = services_.store.rejects(request.principal->project, *after, static_cast<size_t>(*limit));
  if (!rejects) return responder.send(rejects.error());
  http::Response response;
  json::Writer w(response.body);
  w.begin_object().key("data").begin_array();
  for (const store::Reject& reject : *rejects) store::write_json(reject, w);
  w.end_array().end_object();
  responder.send(std::move(response));
}

}  // namespace gleaner::api
