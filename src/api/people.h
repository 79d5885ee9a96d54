// People, who come in with a JSON Web Token instead of an API key: whose token is good for what. docs/api.md has the
// rules; in PostgreSQL the same ones hold as row-level security, so they change together.
//
// Thread contract: safe from any thread; never waits for a registry that is away.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/refreshed.h"
#include "http/authenticator.h"
#include "http/jwt.h"
#include "store/registry.h"

namespace gleaner::api {

// Who shows a token with these claims. Errors: kUnauthenticated for nobody in particular.
Result<http::Principal> principal_of(const json::Value& claims);

class People final : public http::Authenticator {
 public:
  // `registry` must outlive it.
  People(http::JwtVerifier verifier, store::Registry& registry);

  // Errors: also kPermissionDenied when the token names a project that does not exist: a token makes none.
  Result<std::shared_ptr<const http::Principal>> authenticate(std::string_view token) override;

 private:
  const http::JwtVerifier verifier_;
  Refreshed<std::vector<std::string>> projects_;  // sorted names
};

// The way in for all: keys begin with "glk_", feedback tokens with "glf_", people's tokens have two dots.
class Gate final : public http::Authenticator {
 public:
  // `people` is null where no tokens are taken.
  Gate(http::Authenticator& keys, http::Authenticator& feedback, http::Authenticator* people)
      : keys_(keys), feedback_(feedback), people_(people) {}

  Result<std::shared_ptr<const http::Principal>> authenticate(std::string_view credential) override;

 private:
  http::Authenticator& keys_;
  http::Authenticator& feedback_;
  http::Authenticator* const people_;
};

}  // namespace gleaner::api
