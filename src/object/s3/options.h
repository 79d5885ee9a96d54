// Where a bucket is and how to speak to it. Values; safe from any thread.
#pragma once

#include <chrono>
#include <string>

#include "base/error.h"
#include "base/secret.h"

namespace gleaner::object {

struct S3Options {
  // "https://host", also http and with a port. Empty is Amazon's for the region.
  std::string endpoint;
  // Empty: "auto" for Cloudflare R2, the one in the host name for Amazon, else "us-east-1".
  std::string region;
  std::string bucket;
  std::string access_key;
  Secret secret_key;
  Secret session_token;  // of temporary credentials; else empty

  // Where the bucket's name goes. kAuto is the host name for Amazon and R2, and the path for all others (MinIO, a port,
  // an address) and for names with a dot, which no wildcard certificate covers.
  enum class Style { kAuto, kPath, kVirtualHosted };
  Style style = Style::kAuto;

  // Of a multipart upload, all but the last; at least 5 MiB. An object that is no larger goes in one request.
  size_t part_bytes = size_t{8} << 20;
  size_t parallel_parts = 3;  // so that one upload takes at most (parallel_parts + 1) * part_bytes of memory
  size_t connections = 8;     // at most, kept open

  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds stall_timeout{30'000};     // not a byte in either direction
  std::chrono::milliseconds request_timeout{300'000};  // of one try
  // Tries of what may succeed if asked again, and how long new ones are begun. Between them there is a random pause of
  // at most backoff_base * 2^n and backoff_most, or what the server asks for.
  int tries = 6;
  std::chrono::milliseconds retry_time{60'000};
  std::chrono::milliseconds backoff_base{200};
  std::chrono::milliseconds backoff_most{10'000};
};

// What every request begins with.
struct S3Address {
  std::string scheme;     // "http" or "https"
  std::string host;       // as it stands in the Host header: with the port if it is not the scheme's own
  std::string base_path;  // "/bucket" or empty, encoded
  std::string region;

  std::string url_of(std::string_view path) const { return scheme + "://" + host + std::string(path); }
};

// Errors: kInvalidArgument, saying which option and what would be right.
Result<S3Address> resolve_address(const S3Options& options);
Status check_options(const S3Options& options);

}  // namespace gleaner::object
