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

// Replaces what names a person in checked JSON, at any depth and in JSON inside its strings (one level): strings and
// numbers in "user_id", "user_ids" (also userId, userid, USER_ID, user-id, user.id), and in "user" where they are no
// longer than an id and no "assistant", "bot" or "system" prompt stands beside it, which would make it a conversation.
// What is a pseudonym already stays. JSON without such a name is not parsed and stays as it was written. Errors:
// kInternal if it is not JSON.
Status pseudonymise_members(const Secret& secret, std::string& json);
// The same for "session_id" and its other spellings.
Status pseudonymise_session_members(const Secret& secret, std::string& json);

// Ids are kept as they are, for whoever made them looks records up by them; but one that is a person's (an e-mail
// address, a phone number), was computed by the importer from what a person said, without a key, or stands for a whole
// session (record/session_item.h), is replaced, by the same text wherever it stands: "i_" and 32 hexadecimal digits.
std::string safe_id(const Secret& secret, std::string id);
// Replaces the items that stand for whole sessions in checked JSON, wherever they are an "id" or "item_id". Errors:
// kInternal if it is not JSON.
Status hide_session_items(const Secret& secret, std::string& json);
// The same in text that is no JSON: whatever such an item begins between quotes.
std::string with_safe_session_items(const Secret& secret, std::string_view text);
// The importer's ids in `text`, replaced as safe_id() replaces them.
std::string with_safe_import_ids(const Secret& secret, std::string_view text);

}  // namespace gleaner::privacy
