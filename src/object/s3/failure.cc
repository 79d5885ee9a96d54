#include "object/s3/failure.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "object/s3/xml.h"

namespace gleaner::object {
namespace {

constexpr size_t kMaxMessageBytes = 300;

// Foreign text, fit for a line of ours.
std::string foreign(std::string_view text) {
  return one_line(truncate_utf8(printable(text), kMaxMessageBytes));
}

// Refusals that say more than their status.
struct Known {
  std::string_view s3_code;
  Code code;
  std::string_view advice;
};
constexpr std::array kKnown = {
    Known{"SignatureDoesNotMatch", Code::kUnauthenticated, "check S3_SECRET_KEY"},
    Known{"InvalidAccessKeyId", Code::kUnauthenticated, "check S3_ACCESS_KEY, and that it is for this endpoint"},
    Known{"XAdminUserNotFound", Code::kUnauthenticated, "check S3_ACCESS_KEY"},  // versitygw
    Known{"InvalidToken", Code::kUnauthenticated, "check the session token"},
    Known{"ExpiredToken", Code::kUnauthenticated, "the temporary credentials are over; get new ones"},
    Known{"RequestTimeTooSkewed", Code::kUnauthenticated, "set this machine's clock"},
    Known{"AuthorizationHeaderMalformed", Code::kUnauthenticated, "check S3_REGION"},
    Known{"AccessDenied", Code::kPermissionDenied, "the credentials are good, but may not do this"},
    Known{"NoSuchBucket", Code::kInvalidArgument, "make the bucket, or check S3_BUCKET_NAME"},
    Known{"InvalidBucketName", Code::kInvalidArgument, "check S3_BUCKET_NAME"},
    Known{"PermanentRedirect", Code::kInvalidArgument, "the bucket is elsewhere: check S3_REGION and S3_ENDPOINT"},
    Known{"TemporaryRedirect", Code::kUnavailable, "the bucket is not ready yet under this name"},
    Known{"EntityTooLarge", Code::kTooLarge, ""},
    Known{"QuotaExceeded", Code::kResourceExhausted, "make room in the bucket, or raise its quota"},
    Known{"BadDigest", Code::kDataLoss, ""},
    Known{"XAmzContentSHA256Mismatch", Code::kDataLoss, ""},
    Known{"NotImplemented", Code::kInvalidArgument, "this store cannot do that"},
};

constexpr std::array<std::string_view, 4> kAbsent = {"NoSuchKey", "NoSuchVersion", "NoSuchUpload", "NotFound"};

Code code_of_status(int status) {
  switch (status) {
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 412:
      return Code::kConflict;
    case 413:
      return Code::kTooLarge;
    case 507:
      return Code::kResourceExhausted;
    case 408:
    case 409:
    case 425:
    case 429:
      return Code::kUnavailable;
    default:
      return status >= 300 && status < 500 ? Code::kInvalidArgument : Code::kUnavailable;
  }
}

// What is to be done if the answer has no code, as those to HEAD.
std::string_view advice_of_status(int status) {
  if (status >= 300 && status < 400) return "the server sends us elsewhere: check S3_ENDPOINT and S3_REGION";
  if (status == 403) return "check S3_ACCESS_KEY and S3_SECRET_KEY, and what they may do";
  return "";
}

bool may_help_again(const S3Failure& failure) {
  constexpr std::array<std::string_view, 8> kPassing = {"SlowDown",
                                                        "RequestTimeout",
                                                        "InternalError",
                                                        "ServiceUnavailable",
                                                        "ThrottlingException",
                                                        "RequestLimitExceeded",
                                                        "ConditionalRequestConflict",
                                                        "OperationAborted"};
  constexpr std::array<int, 7> kStatuses = {408, 425, 429, 500, 502, 503, 504};
  return std::ranges::find(kPassing, failure.s3_code) != kPassing.end() ||
         std::ranges::find(kStatuses, failure.status) != kStatuses.end();
}

}  // namespace

bool is_error_document(std::string_view body) {
  const auto root = parse_xml(body);
  return root && root->name == "Error";
}

S3Failure failure_of(const HttpResponse& response, const S3Options& options, const S3Address& address,
                     std::string_view what) {
  S3Failure out;
  out.status = response.status;
  out.date = response.header("date");
  out.retry_after = response.header("retry-after");
  std::string message;
  if (const auto root = parse_xml(response.body); root && root->name == "Error") {
    out.s3_code = foreign(root->text_of("Code"));
    message = foreign(root->text_of("Message"));
  }
  out.code = code_of_status(response.status);
  // Something else than the object is not there.
  const bool of_object = out.s3_code.empty() || std::ranges::find(kAbsent, out.s3_code) != kAbsent.end();
  if (out.code == Code::kNotFound && !of_object) out.code = Code::kInvalidArgument;
  std::string advice(advice_of_status(response.status));
  if (const auto* const known = std::ranges::find(kKnown, out.s3_code, &Known::s3_code); known != kKnown.end()) {
    out.code = known->code;
    advice = known->advice;
  }
  if (const std::string_view region = response.header("x-amz-bucket-region");
      !region.empty() && region != address.region) {
    advice = fmt::format("the bucket is in the region {}, not in {}: set S3_REGION", foreign(region), address.region);
  }
  out.message = fmt::format("{}: {}", what, out.s3_code.empty() ? fmt::format("status {}", out.status) : out.s3_code);
  if (!message.empty()) out.message += ": " + message;
  if (out.s3_code == "NoSuchBucket") out.message += fmt::format(" (\"{}\")", options.bucket);
  if (!advice.empty()) out.message += "; " + advice;
  out.again = may_help_again(out);
  return out;
}

}  // namespace gleaner::object
