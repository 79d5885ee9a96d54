// What is held about a person, and its removal from everywhere: /v1/users/{id}.
#include "api/api.h"
#include "base/json.h"
#include "insight/person_data.h"
#include "privacy/pseudonym.h"

namespace gleaner::api {
namespace {

// "u_" and 32 hexadecimal digits, as they stand in records.
bool is_pseudonym(std::string_view id) {
  constexpr size_t kSize = 34;
  return id.size() == kSize && id.starts_with("u_") &&
         id.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

}  // namespace

void Api::add_user_routes(http::Router& router) {
  using http::Request;
  using http::Responder;
  const auto add = [this, &router](const char* method, const char* pattern,
                                   void (Api::*handler)(const Request&, Responder), bool lengthy = false) {
    router.add({method, pattern, http::Scope::kAdmin, false, true,
                [this, handler](const Request& request, Responder responder) {
                  (this->*handler)(request, std::move(responder));
                },
                kPeople, lengthy});
  };
  add("DELETE", "/v1/users/{id}", &Api::erase_user, kLengthy);
  add("GET", "/v1/users/{id}/data", &Api::user_data);
}

Result<std::vector<std::string>> Api::wanted_user(const http::Request& request) {
  const std::string& id = request.params.front();
  TRY_ASSIGN(const Project known, project(request));
  const Ownership ownership(*request.principal, *known);
  if (ownership.limited()) {
    if (id != request.principal->user && !ownership.owns_user(id))
      return fail(Code::kPermissionDenied, "people get at only what is theirs: the path names somebody else");
    return ownership.pseudonyms();
  }
  std::vector<std::string> users = pseudonyms(*known, id, &privacy::pseudonym);
  if (is_pseudonym(id)) users.push_back(id);
  if (users.empty()) return fail(Code::kInvalidArgument, "the person has no name");
  return users;
}

Result<bool> Api::holds_anything(const std::string& project, const std::vector<std::string>& users) const {
  TRY_ASSIGN(const ColdStorage* const tiers, cold());
  TRY_ASSIGN(const auto data, insight::PersonData::open(tiers->tiers, tiers->store, project, users));
  std::string piece;
  bool more = true;
  while (more && data->counts().total() == 0) {
    piece.clear();
    TRY_ASSIGN(more, data->next(piece));
  }
  return data->counts().total() > 0;
}

void Api::erase_user(const http::Request& request, http::Responder responder) {
  auto users = wanted_user(request);
  if (!users) return responder.send(users.error());
  const std::string& name = request.principal->project;
  if (request.principal->is_person()) {
    if (const Status spool = spool_is_empty(); !spool) return responder.send(spool.error());
    // Every erasure writes the store's files anew and leaves a receipt: not for asking again and again.
    const auto anything = holds_anything(name, *users);
    if (!anything) return responder.send(anything.error());
    if (!*anything) return responder.send(Error{Code::kNotFound, "nothing of this person is held"});
  }
  const auto receipt = erase_everything(request, {archive::ErasureRequest::Kind::kUser, name, *std::move(users)});
  if (!receipt) return responder.send(receipt.error());
  http::Response response;
  archive::write_json(*receipt, response.body);
  responder.send(std::move(response));
}

void Api::user_data(const http::Request& request, http::Responder responder) {
  auto users = wanted_user(request);
  if (!users) return responder.send(users.error());
  const auto tiers = cold();
  if (!tiers) return responder.send(tiers.error());
  if (const Status spool = spool_is_empty(); !spool) return responder.send(spool.error());
  auto data =
      insight::PersonData::open((*tiers)->tiers, (*tiers)->store, request.principal->project, *std::move(users));
  if (!data) return responder.send(data.error());
  http::Response response{.content_type = "application/x-ndjson"};
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"personal_data.jsonl\"");
  response.stream = [lines = std::shared_ptr<insight::PersonData>(*std::move(data))](std::string& piece) {
    return lines->next(piece);
  };
  responder.send(std::move(response));
}

}  // namespace gleaner::api
