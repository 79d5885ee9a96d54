#include "http/key_set.h"

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "base/json.h"

namespace gleaner::http {
namespace {

constexpr size_t kMaxKeys = 100;

std::string_view name_of(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::kRs256 ? "RS256" : "ES256";
}

// The bytes of a base64url member; empty if there are none.
std::string bytes_member(const json::Value& jwk, std::string_view name) {
  return base64url_decode(jwk.find_string(name).value_or("")).value_or("");
}

// "use", "key_ops" and "alg" say what a key is for, and may be left out.
bool is_for_verifying(const json::Value& jwk, std::string_view algorithm) {
  if (jwk.find_string("use").value_or("sig") != "sig") return false;
  if (jwk.find_string("alg").value_or(algorithm) != algorithm) return false;
  const json::Value* const operations = jwk.find("key_ops");
  return operations == nullptr ||
         std::ranges::any_of(operations->items(), [](const json::Value& one) { return one.text() == "verify"; });
}

std::optional<PublicKey> read_key(const json::Value& jwk) {
  const std::string_view type = jwk.find_string("kty").value_or("");
  Result<PublicKey> key = fail(Code::kInvalidArgument, "not a key that tokens are verified with");
  if (type == "RSA") key = PublicKey::rsa(bytes_member(jwk, "n"), bytes_member(jwk, "e"));
  if (type == "EC" && jwk.find_string("crv") == "P-256") {
    key = PublicKey::p256(bytes_member(jwk, "x"), bytes_member(jwk, "y"));
  }
  if (!key || !is_for_verifying(jwk, name_of(key->algorithm()))) return {};
  return *std::move(key);
}

}  // namespace

Result<KeySet> KeySet::parse(std::string_view text) {
  TRY_ASSIGN(const json::Value document, json::parse(text));
  const json::Value* const list = document.find("keys");
  if (list == nullptr || !list->is_array()) {
    return fail(Code::kInvalidArgument, "not a JSON Web Key Set: \"keys\" is missing or not an array");
  }
  KeySet set;
  for (const json::Value& jwk : list->items()) {
    if (set.keys_.size() == kMaxKeys) break;
    if (auto key = read_key(jwk))
      set.keys_.push_back({std::string(jwk.find_string("kid").value_or("")), *std::move(key)});
  }
  return set;
}

std::expected<const PublicKey*, KeySet::Miss> KeySet::find(SignatureAlgorithm algorithm, std::string_view id) const {
  const PublicKey* found = nullptr;
  bool other_algorithm = false;
  for (const Entry& entry : keys_) {
    if (!id.empty() && entry.id != id) continue;
    if (entry.key.algorithm() != algorithm) {
      other_algorithm = true;
      continue;
    }
    if (found != nullptr) return std::unexpected(Miss::kAmbiguous);
    found = &entry.key;
  }
  if (found != nullptr) return found;
  return std::unexpected(other_algorithm && !id.empty() ? Miss::kMismatch : Miss::kUnknown);
}

}  // namespace gleaner::http
