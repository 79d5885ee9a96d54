#include "privacy/pseudonym.h"

#include "base/hash.h"

namespace gleaner::privacy {

std::string pseudonym(const Secret& project_secret, std::string_view user_id) {
  if (user_id.empty()) return {};
  const Sha256 digest = hmac_sha256(project_secret.reveal(), user_id);
  return "u_" + to_hex({reinterpret_cast<const char*>(digest.data()), 16});
}

}  // namespace gleaner::privacy
