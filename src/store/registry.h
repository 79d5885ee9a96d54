// The port behind which projects and API keys are kept. Thread contract: every method is safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "base/time.h"

namespace gleaner::store {

// A secret of 32 random bytes for the pseudonyms of what was created from a moment on.
struct Rotation {
  Time from;
  Secret secret;
};

struct Project {
  std::string name;
  Secret secret;                    // 32 random bytes, for ever: keys its digests, ids and placeholders
  std::vector<Rotation> rotations;  // ascending; what was created before the first has pseudonyms by `secret`

  const Secret& pseudonym_secret(Time created_at) const;
  bool same_secrets(const Project& other) const;
  // Whether it has all secrets of `other`, and from the same moments on; it may have been rotated since.
  bool continues(const Project& other) const;
};

struct ApiKey {
  std::string id;
  std::string project;
  std::string name;
  std::vector<std::string> scopes;
  std::string hash;  // SHA-256 of the key, hexadecimal
  Time created_at;
  std::optional<Time> revoked_at;

  // But for the revocation, which may come later.
  bool same_key(const ApiKey& other) const;
};

class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  virtual ~Registry() = default;

  // The project of that name, made with a fresh secret if there is none.
  virtual Result<Project> project(std::string_view name) = 0;
  // The names of all projects, sorted.
  virtual Result<std::vector<std::string>> projects() = 0;
  // Makes a project as it is in another store, with its secrets. One that is here already gets the rotations that came
  // since; nothing happens if it has all. Errors: kConflict if one of that name has other secrets.
  virtual Status restore_project(const Project& project) = 0;
  // Gives the project, which is made if there is none, a fresh secret for what is created from `from` on. The old ones
  // are kept: they say which pseudonym a person had before. Errors: kConflict unless `from` is later than any before.
  virtual Status rotate_secret(std::string_view name, Time from) = 0;
  // A key as it is, be it revoked. One that is here already is revoked if `key` is, and else stays as it is. Errors:
  // kConflict if its id is another key's.
  virtual Status add_key(const ApiKey& key) = 0;
  // Every key, of all projects.
  virtual Result<std::vector<ApiKey>> keys() = 0;
  // False if the project has no such key. Revoking twice keeps the first time.
  virtual Result<bool> revoke_key(std::string_view project, std::string_view id, Time at) = 0;
};

}  // namespace gleaner::store
