// Pseudonyms: what stands for a person inside a project, and nowhere else. HMAC-SHA-256 (RFC 2104) with the project's
// secret: the same id gives the same pseudonym in one project, and nothing can be computed back or compared with
// another project. Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace gleaner::privacy {

// The prefix and 32 hexadecimal digits; empty for an empty id. Different prefixes give unrelated pseudonyms.
std::string pseudonym(const Secret& secret, std::string_view user_id);          // "u_"
std::string session_pseudonym(const Secret& secret, std::string_view session);  // "s_"

// Replaces "user_id" members of checked JSON, at any depth, by their pseudonyms. Errors: kInternal if it is not JSON.
Status pseudonymise_members(const Secret& secret, std::string& json);

// Ids are kept as they are, for whoever made them looks records up by them; but one that is a person's (an e-mail
// address, a phone number) is replaced, by the same text wherever it stands: "i_" and 32 hexadecimal digits.
std::string safe_id(const Secret& secret, std::string id);

}  // namespace gleaner::privacy
