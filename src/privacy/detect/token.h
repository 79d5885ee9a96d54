// Finds what machines prove themselves with: API keys and access tokens in the written forms of their providers
// (token_shapes.h), JSON Web Tokens (RFC 7519) and private keys in PEM form (RFC 7468, RFC 4880). What is plainly a
// placeholder ("sk-xxxxxxxx", "ghp_your_token_here") survives; a documented example of full shape does not, as nothing
// tells it from a real one. Safe from any thread.
#pragma once

#include <optional>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Anchor: the first byte of a run of at least 16 of A-Z a-z 0-9 _ -. A mark may stand before the run ("SG.", "ya29.",
// "Bearer ").
std::optional<Finding> find_token(const Passage& passage, size_t at);

// Anchor: the first of at least five "-". From "-----BEGIN" to the end of the END line; if that is missing, to the last
// line that can belong to the key. Certificates and public keys stay.
std::optional<Finding> find_private_key(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
