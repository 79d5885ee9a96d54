#include "api/keyring.h"

#include <mutex>

#include "base/hash.h"
#include "store/api_keys.h"

namespace gleaner::api {
namespace {

constexpr auto kMaxAge = std::chrono::milliseconds(500);

unsigned scopes_of(const store::ApiKey& key) {
  unsigned scopes = 0;
  for (const std::string& name : key.scopes) {
    const http::Scope scope = name == "ingest" ? http::Scope::kIngest
                              : name == "read" ? http::Scope::kRead
                                               : http::Scope::kAdmin;
    scopes |= static_cast<unsigned>(scope);
  }
  return scopes;
}

}  // namespace

void KeyRing::forget() {
  const std::unique_lock lock(mutex_);
  loaded_at_ = {};
}

Status KeyRing::reload_if_old() {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::shared_lock lock(mutex_);
    if (now - loaded_at_ < kMaxAge) return {};
  }
  const std::unique_lock lock(mutex_);
  if (now - loaded_at_ < kMaxAge) return {};
  TRY_ASSIGN(const std::vector<store::ApiKey> keys, registry_.keys());
  keys_.clear();
  for (const store::ApiKey& key : keys) {
    if (key.revoked_at) continue;
    keys_[key.hash] = std::make_shared<const http::Principal>(http::Principal{key.project, key.id, scopes_of(key)});
  }
  loaded_at_ = now;
  return {};
}

Result<std::shared_ptr<const http::Principal>> KeyRing::authenticate(std::string_view credential) {
  if (credential.empty()) {
    return fail(Code::kUnauthenticated, "an API key is needed: Authorization: Bearer <key>, or X-API-Key: <key>");
  }
  TRY(reload_if_old());
  const std::string hash = store::hash_key(credential);
  const std::shared_lock lock(mutex_);
  const auto found = keys_.find(hash);
  if (found == keys_.end() || !constant_time_equal(found->first, hash)) {
    return fail(Code::kUnauthenticated, "the API key is unknown or revoked");
  }
  return found->second;
}

}  // namespace gleaner::api
