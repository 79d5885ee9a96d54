// Authenticated encryption of what lies on disk for a while: ChaCha20-Poly1305, RFC 8439. Sealed text is the nonce, 12
// random bytes, then the encrypted bytes, then the tag, 16 bytes.
//
// Thread contract: pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "base/secret.h"

namespace gleaner {

// A key for one purpose, made from a longer-lived secret: HMAC-SHA-256 of the purpose.
Sha256 derive_key(const Secret& secret, std::string_view purpose);

std::string seal(const Sha256& key, std::string_view plain);
// Errors: kDataLoss for what was not sealed with that key, or was changed since.
Result<std::string> unseal(const Sha256& key, std::string_view sealed);

}  // namespace gleaner
