#include "http/jwt.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/hash.h"

namespace gleaner::http {

struct JwtVerifier::Parts {
  std::string_view header;
  std::string_view claims;
  std::string_view signed_text;  // both, with the dot between them
  std::string signature;
};

namespace {

std::unexpected<Error> refuse(std::string reason) {
  return fail(Code::kUnauthenticated, "the token is refused: " + std::move(reason));
}

// A name that stands twice may be read in two ways, and other readers of the token take the last.
bool has_duplicates(const json::Value& value) {
  std::vector<std::string_view> names;
  names.reserve(value.members().size());
  for (const auto& [name, member] : value.members()) names.push_back(name);
  std::ranges::sort(names);
  return std::ranges::adjacent_find(names) != names.end() || std::ranges::any_of(value.items(), &has_duplicates) ||
         std::ranges::any_of(value.members(), [](const auto& member) { return has_duplicates(member.second); });
}

Result<json::Value> decode_object(std::string_view part, std::string_view name) {
  const auto text = base64url_decode(part);
  if (!text) return refuse(fmt::format("its {} is not base64url", name));
  auto object = json::parse(*text);
  if (!object || !object->is_object()) return refuse(fmt::format("its {} is not a JSON object", name));
  if (has_duplicates(*object)) return refuse(fmt::format("its {} has a name twice", name));
  return *std::move(object);
}

// Seconds since the epoch, perhaps with a fraction.
Result<std::optional<double>> read_seconds(const json::Value& claims, std::string_view name) {
  const json::Value* const value = claims.find(name);
  if (value == nullptr) return std::nullopt;
  const std::string& text = value->text();
  double seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!value->is_number() || parsed.ec != std::errc() || !std::isfinite(seconds)) {
    return refuse(fmt::format("{}: expected a number of seconds", name));
  }
  return seconds;
}

bool holds_audience(const json::Value* audience, std::string_view wanted) {
  if (audience == nullptr) return false;
  const auto is_wanted = [wanted](const json::Value& one) { return one.is_string() && one.text() == wanted; };
  return is_wanted(*audience) || std::ranges::any_of(audience->items(), is_wanted);
}

}  // namespace

Result<json::Value> JwtVerifier::verify(std::string_view token) const {
  if (token.size() > kMaxTokenBytes) return refuse(fmt::format("it is longer than {} bytes", kMaxTokenBytes));
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  if (first == last || token.find('.', first + 1) != last) return refuse("it does not have three parts");
  Parts parts{token.substr(0, first), token.substr(first + 1, last - first - 1), token.substr(0, last), {}};
  auto signature = base64url_decode(token.substr(last + 1));
  if (!signature || signature->empty()) return refuse("it has no signature");
  parts.signature = *std::move(signature);
  TRY_ASSIGN(const json::Value header, decode_object(parts.header, "header"));
  TRY(check_signature(parts, header));
  TRY_ASSIGN(json::Value claims, decode_object(parts.claims, "payload"));
  TRY(check_times(claims));
  TRY(check_names(claims));
  return claims;
}

Status JwtVerifier::check_signature(const Parts& parts, const json::Value& header) const {
  // What is critical must be understood, and we know no extension.
  if (header.find("crit") != nullptr) return refuse("its header has critical extensions");
  const std::string_view algorithm = header.find_string("alg").value_or("");
  const json::Value* const key_id = header.find("kid");
  if (key_id != nullptr && !key_id->is_string()) return refuse("the kid of its header is not a string");
  if (algorithm == "HS256" && !rules_.secret.empty()) {
    const Sha256 expected = hmac_sha256(rules_.secret.reveal(), parts.signed_text);
    const std::string_view bytes(reinterpret_cast<const char*>(expected.data()), expected.size());
    return constant_time_equal(bytes, parts.signature) ? Status() : refuse("its signature is wrong");
  }
  const std::string_view id = key_id == nullptr ? std::string_view() : std::string_view(key_id->text());
  if (algorithm == "RS256" && keys_ != nullptr) return check_public(parts, SignatureAlgorithm::kRs256, id);
  if (algorithm == "ES256" && keys_ != nullptr) return check_public(parts, SignatureAlgorithm::kEs256, id);
  return refuse(fmt::format("it is not signed with {}, which is what is accepted here", keys_ == nullptr ? "HS256"
                                                                                        : rules_.secret.empty()
                                                                                            ? "RS256 or ES256"
                                                                                            : "HS256, RS256 or ES256"));
}

Status JwtVerifier::check_public(const Parts& parts, SignatureAlgorithm algorithm, std::string_view key_id) const {
  const std::shared_ptr<const KeySet> keys = keys_->keys();
  if (!keys)
    return fail(Code::kUnavailable, "the keys that tokens are signed with could not be fetched yet; try again");
  const auto key = keys->find(algorithm, key_id);
  if (!key) {
    switch (key.error()) {
      case KeySet::Miss::kUnknown:
        keys_->missed();
        return refuse("it is signed by a key not known yet; try again in a moment");
      case KeySet::Miss::kMismatch:
        return refuse("its algorithm is not that of its key");
      case KeySet::Miss::kAmbiguous:
        return refuse("it does not say which of several keys it is signed with");
    }
  }
  return (*key)->verify(parts.signed_text, parts.signature) ? Status() : refuse("its signature is wrong");
}

Status JwtVerifier::check_times(const json::Value& claims) const {
  const double now = static_cast<double>(to_ms(clock_.now())) / 1000;
  const auto skew = static_cast<double>(kClockSkew.count());
  TRY_ASSIGN(const std::optional<double> expires, read_seconds(claims, "exp"));
  TRY_ASSIGN(const std::optional<double> not_before, read_seconds(claims, "nbf"));
  TRY_ASSIGN(const std::optional<double> issued, read_seconds(claims, "iat"));
  if (!expires) return refuse("exp is missing: it would never expire");
  if (now >= *expires + skew) return refuse("it has expired");
  if (not_before && now + skew < *not_before) return refuse("it is not valid yet (nbf)");
  if (issued && now + skew < *issued) return refuse("it was issued in the future (iat)");
  return {};
}

Status JwtVerifier::check_names(const json::Value& claims) const {
  if (!rules_.issuer.empty() && claims.find_string("iss") != rules_.issuer) {
    return refuse("it comes from another issuer (iss) than jwt_issuer says");
  }
  if (!rules_.audience.empty() && !holds_audience(claims.find("aud"), rules_.audience)) {
    return refuse("it is for another audience (aud) than jwt_audience says");
  }
  return {};
}

}  // namespace gleaner::http
