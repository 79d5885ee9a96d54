#include "api/people.h"

#include <algorithm>

#include <fmt/format.h>

#include "api/feedback_token.h"
#include "base/text.h"

namespace gleaner::api {
namespace {

constexpr std::string_view kDefaultProject = "default";

}  // namespace

// Only what the issuer sets is looked at: people write their own user_metadata.
Result<http::Principal> principal_of(const json::Value& claims) {
  http::Principal principal;
  const json::Value* const set_by_issuer = claims.find("app_metadata");
  const auto of_issuer = [set_by_issuer](std::string_view name) {
    return set_by_issuer == nullptr ? "" : set_by_issuer->find_string(name).value_or("");
  };
  const std::string_view project = of_issuer("gleaner_project");
  principal.project = project.empty() ? kDefaultProject : project;
  const std::string_view role = claims.find_string("role").value_or("");
  if (role == "service_role" || of_issuer("gleaner_role") == "admin") {
    principal.scopes = static_cast<unsigned>(http::Scope::kAdmin);
    return principal;
  }
  principal.user = claims.find_string("sub").value_or("");
  if (role == "anon" || principal.user.empty()) {
    return fail(Code::kUnauthenticated, "the token is nobody's: it takes one of somebody who has signed in (sub)");
  }
  return principal;
}

People::People(http::JwtVerifier verifier, store::Registry& registry)
    : verifier_(std::move(verifier)), projects_([&registry](const std::string&) { return registry.projects(); }) {}

Result<std::shared_ptr<const http::Principal>> People::authenticate(std::string_view token) {
  TRY_ASSIGN(const json::Value claims, verifier_.verify(token));
  TRY_ASSIGN(http::Principal principal, principal_of(claims));
  TRY_ASSIGN(const std::shared_ptr<const std::vector<std::string>> projects, projects_.get());
  if (!std::ranges::binary_search(*projects, principal.project)) {
    return fail(Code::kPermissionDenied,
                fmt::format("the token is for the project \"{}\", which does not exist", excerpt(principal.project)));
  }
  return std::make_shared<const http::Principal>(std::move(principal));
}

Result<std::shared_ptr<const http::Principal>> Gate::authenticate(std::string_view credential) {
  if (credential.starts_with(kFeedbackTokenPrefix)) return feedback_.authenticate(credential);
  if (credential.starts_with("glk_") || std::ranges::count(credential, '.') != 2) return keys_.authenticate(credential);
  if (people_ == nullptr) {
    return fail(Code::kUnauthenticated, "an API key is needed: tokens are not taken here (jwt_secret, jwt_jwks_url)");
  }
  return people_->authenticate(credential);
}

}  // namespace gleaner::api
