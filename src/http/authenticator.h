// Who is asking. The server asks an Authenticator before it reads a body, so that nobody unknown can make it work.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::http {

enum class Scope : unsigned { kNone = 0, kIngest = 1, kRead = 2, kAdmin = 4 };

struct Principal {
  std::string project;
  std::string key_id;   // empty where a token was shown
  unsigned scopes = 0;  // of Scope
  std::string user;     // the subject of a person's token as it stands there; empty for keys and admins
  // The only interaction that a feedback token may speak about, and only that; empty for everybody else.
  std::string interaction;

  // Somebody who signed in: may use the routes that are for people, and there sees only what is theirs.
  bool is_person() const { return !user.empty(); }
  // Whoever is admin may do everything.
  bool may(Scope scope) const {
    return scope == Scope::kNone ||
           (scopes & (static_cast<unsigned>(scope) | static_cast<unsigned>(Scope::kAdmin))) != 0;
  }
};

// Thread contract: safe from any thread; called for every request, so it must be quick.
class Authenticator {
 public:
  Authenticator() = default;
  Authenticator(const Authenticator&) = delete;
  Authenticator& operator=(const Authenticator&) = delete;
  virtual ~Authenticator() = default;
  // `credential` is what came with the request, empty if nothing did. Errors: kUnauthenticated, kPermissionDenied,
  // kUnavailable.
  virtual Result<std::shared_ptr<const Principal>> authenticate(std::string_view credential) = 0;
};

}  // namespace gleaner::http
