// Base64 with the alphabet for URLs and without padding, RFC 4648, section 5. Pure functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gleaner {

std::string base64url_encode(std::string_view bytes);

// Nothing unless `text` is just what encoding some bytes gives: no padding, no white space, no bits left over.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace gleaner
