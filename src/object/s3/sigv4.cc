#include "object/s3/sigv4.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"

namespace gleaner::object {
namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

// Without spaces around it, and with one where there are several.
std::string header_value(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    if (c != ' ' || !out.ends_with(' ')) out += c;
  }
  return out;
}

std::vector<NameValue> sorted_headers(const SigningRequest& request) {
  std::vector<NameValue> headers;
  for (const auto& [name, value] : request.headers) headers.emplace_back(ascii_lower(name), header_value(value));
  std::ranges::stable_sort(headers, {}, &NameValue::first);
  return headers;
}

std::string signed_names(const std::vector<NameValue>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string scope_text(const SigningScope& scope) {
  return fmt::format("{}/{}/{}/aws4_request", amz_date(scope.time).substr(0, 8), scope.region, scope.service);
}

std::string_view view(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string encode_query_part(std::string_view text) {
  return encode(text, false);
}

std::string encode_path(std::string_view text) {
  return encode(text, true);
}

std::string encode_query(const std::vector<NameValue>& query) {
  std::vector<NameValue> encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(encode_query_part(name), encode_query_part(value));
  std::ranges::sort(encoded);
  std::string out;
  for (const auto& [name, value] : encoded) out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

std::string amz_date(Time time) {
  const std::string text = format_time(time);  // 2013-05-24T00:00:00.000Z
  return text.substr(0, 4) + text.substr(5, 2) + text.substr(8, 5) + text.substr(14, 2) + text.substr(17, 2) + "Z";
}

std::string canonical_request(const SigningRequest& request) {
  const std::vector<NameValue> headers = sorted_headers(request);
  std::string out = fmt::format("{}\n{}\n{}\n", request.method, request.path, request.query);
  for (const auto& [name, value] : headers) out += fmt::format("{}:{}\n", name, value);
  out += fmt::format("\n{}\n{}", signed_names(headers), request.payload_sha256);
  return out;
}

std::string string_to_sign(const SigningRequest& request, const SigningScope& scope) {
  return fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", amz_date(scope.time), scope_text(scope),
                     to_hex(sha256(canonical_request(request))));
}

std::string authorization(const SigningRequest& request, const SigningScope& scope, std::string_view access_key,
                          const Secret& secret_key) {
  Sha256 key = hmac_sha256("AWS4" + secret_key.reveal(), amz_date(scope.time).substr(0, 8));
  for (const std::string_view part : {scope.region, scope.service, std::string_view("aws4_request")}) {
    key = hmac_sha256(view(key), part);
  }
  return fmt::format("AWS4-HMAC-SHA256 Credential={}/{},SignedHeaders={},Signature={}", access_key, scope_text(scope),
                     signed_names(sorted_headers(request)),
                     to_hex(hmac_sha256(view(key), string_to_sign(request, scope))));
}

}  // namespace gleaner::object
