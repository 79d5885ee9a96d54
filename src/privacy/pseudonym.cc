#include "privacy/pseudonym.h"

#include <algorithm>
#include <vector>

#include "base/hash.h"
#include "base/json.h"
#include "privacy/redactor.h"
#include "privacy/scanner.h"

namespace gleaner::privacy {
namespace {

std::string stand_in(const Secret& secret, std::string_view prefix, std::string_view salt, std::string_view id) {
  if (id.empty()) return {};
  const Sha256 digest = hmac_sha256(secret.reveal(), std::string(salt).append(id));
  return std::string(prefix) + to_hex({reinterpret_cast<const char*>(digest.data()), 16});
}

// Only hexadecimal digits and dashes, of the length that UUIDs and digests have.
bool is_random_id(std::string_view id) {
  return id.size() >= 32 && std::ranges::all_of(id, [](char c) { return is_hex(c) || c == '-'; });
}

bool is_personal(std::string_view id) {
  if (is_random_id(id)) return false;
  std::vector<Finding> findings;
  scan(id, {}, default_kinds(), findings);
  return !findings.empty();
}

void replace_members(const Secret& secret, json::Value& value) {
  for (json::Value& item : value.items()) replace_members(secret, item);
  for (auto& [name, member] : value.members()) {
    if (name == "user_id" && (member.is_string() || member.is_number())) {
      member = json::Value::string(pseudonym(secret, member.text()));
    } else {
      replace_members(secret, member);
    }
  }
}

}  // namespace

std::string pseudonym(const Secret& secret, std::string_view user_id) {
  return stand_in(secret, "u_", "", user_id);
}

std::string session_pseudonym(const Secret& secret, std::string_view session) {
  return stand_in(secret, "s_", "session:", session);
}

Status pseudonymise_members(const Secret& secret, std::string& json) {
  // A name may be written with escapes, but never without an underscore or a backslash.
  if (json.find("user_id") == std::string::npos && json.find('\\') == std::string::npos) return {};
  auto value = json::parse(json);
  if (!value) return fail(Code::kInternal, "pseudonyms were to be put into JSON that is not valid");
  std::string before = value->dump();
  replace_members(secret, *value);
  std::string after = value->dump();
  if (after != before) json = std::move(after);
  return {};
}

std::string safe_id(const Secret& secret, std::string id) {
  if (!is_personal(id)) return id;
  return stand_in(secret, "i_", "id:", id);
}

}  // namespace gleaner::privacy
