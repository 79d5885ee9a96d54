#include "api/keyring.h"

#include "base/hash.h"
#include "store/api_keys.h"

namespace gleaner::api {
namespace {

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

KeyRing::KeyRing(store::Registry& registry)
    : keys_([&registry](const std::string&) -> Result<Keys> {
        TRY_ASSIGN(const std::vector<store::ApiKey> found, registry.keys());
        Keys keys;
        for (const store::ApiKey& key : found) {
          if (key.revoked_at) continue;
          keys[key.hash] =
              std::make_shared<const http::Principal>(http::Principal{key.project, key.id, scopes_of(key), ""});
        }
        return keys;
      }) {}

Result<std::shared_ptr<const http::Principal>> KeyRing::authenticate(std::string_view credential) {
  if (credential.empty()) {
    return fail(Code::kUnauthenticated, "an API key is needed: Authorization: Bearer <key>, or X-API-Key: <key>");
  }
  TRY_ASSIGN(const std::shared_ptr<const Keys> keys, keys_.get());
  const std::string hash = store::hash_key(credential);
  const auto found = keys->find(hash);
  if (found == keys->end() || !constant_time_equal(found->first, hash)) {
    return fail(Code::kUnauthenticated, "the API key is unknown or revoked");
  }
  return found->second;
}

}  // namespace gleaner::api
