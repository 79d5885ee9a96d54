// Pseudonyms: what stands for a person inside a project, and nowhere else. HMAC-SHA-256 (RFC 2104) with the project's
// secret: the same id gives the same pseudonym in one project, and nothing can be computed back or compared with
// another project. Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace gleaner::privacy {

// "u_" and 32 hexadecimal digits; empty for an empty id.
std::string pseudonym(const Secret& project_secret, std::string_view user_id);

}  // namespace gleaner::privacy
