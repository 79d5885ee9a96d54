// Who may come in: checks API keys against the registry, from memory. What changed in the registry (a key made or
// revoked by another process) is in force after a second; while the registry is away the keys known before are.
//
// Thread contract: safe from any thread. authenticate() does not wait for a registry that is away; refresh() does.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "api/refreshed.h"
#include "http/authenticator.h"
#include "store/registry.h"

namespace gleaner::api {

class KeyRing final : public http::Authenticator {
 public:
  explicit KeyRing(store::Registry& registry);

  Result<std::shared_ptr<const http::Principal>> authenticate(std::string_view credential) override;
  // Reads the registry now, so that what the caller changed there is in force.
  Status refresh() { return keys_.refresh(); }
  // Reads the registry as something to go on with.
  void learn() { keys_.learn(); }

 private:
  // By hash: finding an entry compares hashes, whose timing tells nothing about a key.
  using Keys = std::map<std::string, std::shared_ptr<const http::Principal>, std::less<>>;

  Refreshed<Keys> keys_;
};

}  // namespace gleaner::api
