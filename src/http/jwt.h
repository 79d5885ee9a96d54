// JSON Web Tokens: whether a token is signed by whom we trust, for us, and now. Compact JWS (RFC 7515) with claims (RFC
// 7519), by the rules of RFC 8725: an algorithm belongs to a key, and the token's header never chooses one for it.
// HS256 goes with the shared secret alone, RS256 and ES256 with public keys alone; everything else is refused.
//
// Thread contract: safe from any thread, and never waits.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/time.h"
#include "http/key_set.h"

namespace gleaner::http {

inline constexpr size_t kMaxTokenBytes = 8192;
// By how much the issuer's clock may differ from ours.
inline constexpr std::chrono::seconds kClockSkew{30};

struct JwtRules {
  Secret secret;         // of HS256; such tokens are refused if it is empty
  std::string issuer;    // what `iss` must be; not looked at if empty
  std::string audience;  // what `aud` must be or contain; not looked at if empty
};

class JwtVerifier {
 public:
  // `keys` may be null: then there are no public keys. What is given by pointer or reference must outlive the verifier.
  JwtVerifier(JwtRules rules, KeySource* keys, const Clock& clock)
      : rules_(std::move(rules)), keys_(keys), clock_(clock) {}

  // The claims of a token that may be trusted. Errors: kUnauthenticated, saying why but nothing of what the token
  // holds; kUnavailable while public keys are needed and were never fetched.
  Result<json::Value> verify(std::string_view token) const;

 private:
  struct Parts;

  Status check_signature(const Parts& parts, const json::Value& header) const;
  Status check_public(const Parts& parts, SignatureAlgorithm algorithm, std::string_view key_id) const;
  Status check_times(const json::Value& claims) const;
  Status check_names(const json::Value& claims) const;

  const JwtRules rules_;
  KeySource* const keys_;
  const Clock& clock_;
};

}  // namespace gleaner::http
