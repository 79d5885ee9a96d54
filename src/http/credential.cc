#include "http/credential.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/base64.h"
#include "base/text.h"

namespace gleaner::http {
namespace {

// RFC 7617: base64 with + and /, padded, of "name:password".
std::string password_in(std::string_view written) {
  if (written.find_first_of("-_") != std::string_view::npos) return {};
  std::string text(written);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  const std::optional<std::string> pair = base64url_decode(text);
  if (!pair) return {};
  const size_t colon = pair->find(':');
  return colon == std::string::npos ? std::string() : pair->substr(colon + 1);
}

}  // namespace

std::string credential_of(const Request& request) {
  const std::string_view authorization = request.header("authorization");
  const auto behind = [authorization](std::string_view scheme) -> std::optional<std::string_view> {
    if (authorization.size() <= scheme.size() || ascii_lower(authorization.substr(0, scheme.size())) != scheme)
      return {};
    return trim(authorization.substr(scheme.size()));
  };
  if (const auto token = behind("bearer ")) return std::string(*token);
  if (const auto pair = behind("basic ")) return password_in(*pair);
  return std::string(request.header("x-api-key"));
}

}  // namespace gleaner::http
