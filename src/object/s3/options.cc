#include "object/s3/options.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "object/s3/sigv4.h"

namespace gleaner::object {
namespace {

constexpr size_t kLeastPart = size_t{5} << 20;
constexpr size_t kMostPart = size_t{256} << 20;

struct Authority {
  std::string scheme;
  std::string name;  // lower case, an IPv6 address in brackets
  std::string port;  // empty for the scheme's own
};

bool is_amazon(std::string_view name) {
  return name.ends_with(".amazonaws.com") || name.ends_with(".amazonaws.com.cn");
}

bool is_r2(std::string_view name) {
  return name.ends_with(".r2.cloudflarestorage.com");
}

std::unexpected<Error> bad_endpoint(std::string_view reason) {
  return fail(Code::kInvalidArgument,
              fmt::format("the S3 endpoint {}: expected something like https://s3.example.com or "
                          "http://127.0.0.1:9000, without the bucket",
                          reason));
}

bool is_host_name(std::string_view name) {
  const bool bracketed = name.starts_with('[') && name.ends_with(']');
  if (bracketed) name = name.substr(1, name.size() - 2);
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [bracketed](char c) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    return bracketed ? plain || c == ':' : plain;
  });
}

Result<Authority> parse_endpoint(std::string_view endpoint) {
  const size_t colon = endpoint.find("://");
  if (colon == std::string_view::npos) return bad_endpoint("does not begin with https:// or http://");
  Authority out{.scheme = ascii_lower(endpoint.substr(0, colon))};
  if (out.scheme != "http" && out.scheme != "https") return bad_endpoint("is neither https nor http");
  std::string_view rest = endpoint.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) return bad_endpoint("is more than a host and a port");
  const size_t port = rest.rfind(':');
  const bool has_port = port != std::string_view::npos && rest.find(']', port) == std::string_view::npos;
  out.name = ascii_lower(rest.substr(0, has_port ? port : rest.size()));
  if (!is_host_name(out.name)) return bad_endpoint("has no valid host name");
  if (!has_port) return out;
  out.port = rest.substr(port + 1);
  unsigned number = 0;
  const char* const end = out.port.data() + out.port.size();
  const auto [stop, error] = std::from_chars(out.port.data(), end, number);
  if (error != std::errc() || stop != end || number == 0 || number > 65535) return bad_endpoint("has no valid port");
  out.port = std::to_string(number);
  if (number == (out.scheme == "http" ? 80 : 443)) out.port.clear();
  return out;
}

// "eu-central-1" of "s3.eu-central-1.amazonaws.com"; empty if it names none.
std::string region_of_host(std::string_view name) {
  if (is_r2(name)) return "auto";
  if (!is_amazon(name) || !name.starts_with("s3.")) return "";
  name.remove_prefix(3);
  if (name.starts_with("dualstack.")) name.remove_prefix(10);
  const size_t end = name.find(".amazonaws.");
  return end == std::string_view::npos ? "" : std::string(name.substr(0, end));
}

bool is_bucket_name(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

Status check_options(const S3Options& options) {
  const auto wrong = [](std::string reason) { return fail(Code::kInvalidArgument, std::move(reason)); };
  if (!is_bucket_name(options.bucket)) {
    return wrong("the S3 bucket needs a name of 3 to 63 letters, digits, \"-\" and \".\"");
  }
  if (options.access_key.empty() || !is_visible(options.access_key)) {
    return wrong("the S3 access key is missing or has characters that no access key has (set S3_ACCESS_KEY)");
  }
  if (options.secret_key.empty() || !is_visible(options.secret_key.reveal())) {
    return wrong("the S3 secret key is missing or has characters that no secret key has (set S3_SECRET_KEY)");
  }
  if (!is_visible(options.session_token.reveal())) return wrong("the S3 session token has spaces or line ends in it");
  if (!is_visible(options.region) || options.region.find('/') != std::string::npos) {
    return wrong("the S3 region is not a name such as eu-central-1 (set S3_REGION)");
  }
  if (options.part_bytes < kLeastPart || options.part_bytes > kMostPart) {
    return wrong("the size of an S3 part must be 5 to 256 MiB");
  }
  if (options.parallel_parts < 1 || options.parallel_parts > 64 || options.connections < 1 ||
      options.connections > 256 || options.tries < 1) {
    return wrong("expected 1 to 64 parallel parts, 1 to 256 connections, and at least one try");
  }
  return {};
}

Result<S3Address> resolve_address(const S3Options& options) {
  TRY(check_options(options));
  const std::string amazon =
      fmt::format("https://s3.{}.amazonaws.com", options.region.empty() ? "us-east-1" : options.region);
  TRY_ASSIGN(Authority authority, parse_endpoint(options.endpoint.empty() ? amazon : options.endpoint));
  S3Address out{.scheme = std::move(authority.scheme), .region = options.region};
  if (out.region.empty()) out.region = region_of_host(authority.name);
  if (out.region.empty()) out.region = "us-east-1";

  bool in_path = options.style == S3Options::Style::kPath;
  if (options.style == S3Options::Style::kAuto) {
    const bool known = is_amazon(authority.name) || is_r2(authority.name);
    in_path = !known || !authority.port.empty() || options.bucket.find('.') != std::string::npos;
  }
  if (in_path) {
    out.host = authority.name;
    out.base_path = "/" + encode_query_part(options.bucket);
  } else {
    out.host = fmt::format("{}.{}", ascii_lower(options.bucket), authority.name);
  }
  if (!authority.port.empty()) out.host += ":" + authority.port;
  return out;
}

}  // namespace gleaner::object
