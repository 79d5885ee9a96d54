// AWS Signature Version 4, as S3 wants it in the Authorization header. libcurl 7.88's own signs wrongly in ten ways
// (removed headers, flags without "=", unsorted queries), so it is computed here.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
//
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/time.h"

namespace gleaner::object {

using NameValue = std::pair<std::string, std::string>;

// Every byte but A-Z a-z 0-9 - . _ ~ as %XX; a path keeps its "/".
std::string encode_query_part(std::string_view text);
std::string encode_path(std::string_view text);

// Encoded, sorted, joined: for the URL and for the signature. A name without a value is written "name=".
std::string encode_query(const std::vector<NameValue>& query);

struct SigningRequest {
  std::string_view method;
  std::string_view path;            // as it stands in the URL
  std::string_view query;           // as encode_query() wrote it
  std::vector<NameValue> headers;   // all that are signed; host and x-amz-date are among them
  std::string_view payload_sha256;  // hexadecimal
};

struct SigningScope {
  Time time;
  std::string_view region;
  std::string_view service = "s3";
};

// "20130524T000000Z", the value of x-amz-date.
std::string amz_date(Time time);

std::string canonical_request(const SigningRequest& request);
std::string string_to_sign(const SigningRequest& request, const SigningScope& scope);

// The value of the Authorization header.
std::string authorization(const SigningRequest& request, const SigningScope& scope, std::string_view access_key,
                          const Secret& secret_key);

}  // namespace gleaner::object
