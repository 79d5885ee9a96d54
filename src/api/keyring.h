// Who may come in: checks API keys against the registry, from memory. What changed in the registry (a key made or
// revoked by another process) is in force after a second at most.
//
// Thread contract: safe from any thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>

#include "http/authenticator.h"
#include "store/registry.h"

namespace gleaner::api {

class KeyRing final : public http::Authenticator {
 public:
  explicit KeyRing(store::Registry& registry) : registry_(registry) {}

  Result<std::shared_ptr<const http::Principal>> authenticate(std::string_view credential) override;
  // Reads the registry again at the next question.
  void forget();

 private:
  Status reload_if_old();

  store::Registry& registry_;
  std::shared_mutex mutex_;
  // By hash: finding an entry compares hashes, whose timing tells nothing about a key.
  std::map<std::string, std::shared_ptr<const http::Principal>, std::less<>> keys_;  // guarded by mutex_
  std::chrono::steady_clock::time_point loaded_at_;                                  // guarded by mutex_
};

}  // namespace gleaner::api
