// API keys: 256 random bits shown once, kept as their SHA-256. (A slow password hash would add nothing: there is no
// guessing 256 bits.) Safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "store/registry.h"

namespace gleaner::store {

struct IssuedKey {
  std::string key;  // "glk_" and 64 hexadecimal digits: to be shown once and forgotten
  ApiKey record;
};

// Errors: kInvalidArgument for a scope other than ingest, read and admin, or none, or a bad project name.
Result<IssuedKey> issue_key(Registry& registry, IdSource& ids, Time now, std::string_view project,
                            std::string_view name, std::vector<std::string> scopes);

// What stands for `key` in the registry.
std::string hash_key(std::string_view key);

}  // namespace gleaner::store
