// Requests to one bucket: signed, tried again where that can help, and with S3's errors made into ours.
//
// Thread contract: safe from any thread; a call waits for the answer.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "object/s3/options.h"
#include "object/s3/sigv4.h"
#include "object/s3/transport.h"

namespace gleaner::object {

struct S3Call {
  std::string_view method;
  std::string_view key;  // empty for the bucket itself
  std::vector<NameValue> query;
  std::vector<NameValue> headers;
  std::string_view body;  // must outlive the call
  size_t max_answer_bytes = size_t{8} << 20;
  // S3 may answer some calls with status 200 and then an <Error>: that is a failure.
  bool success_may_be_error = false;
  int tries = 0;  // at most, if fewer than the options allow; 0 for those
  std::stop_token stop;
};

struct S3Answer : HttpResponse {
  int tries = 1;
};

// Where an Error is wanted it becomes one.
struct S3Failure : Error {
  int status = 0;       // 0 without an answer
  std::string s3_code;  // "NoSuchKey"; empty if the answer had none
  int tries = 1;
  Stage stage = Stage::kAnswer;
  bool again = false;       // whether the same request may go through a moment later
  std::string retry_after;  // seconds, as the server wrote them
  std::string date;         // when it answered, by its clock
};

template <typename T>
using S3Result = std::expected<T, S3Failure>;

class S3Client {
 public:
  // `clock` outlives the client. The options are good: resolve_address() took them.
  S3Client(S3Options options, S3Address address, const Clock& clock);

  // Any 2xx is an answer. Failures: kNotFound (404), kConflict (412), kInvalidArgument, kUnauthenticated,
  // kPermissionDenied, kTooLarge, kDeadlineExceeded, kDataLoss and kUnavailable.
  S3Result<S3Answer> call(const S3Call& call);

  const S3Options& options() const { return options_; }
  const S3Address& address() const { return address_; }
  Time now() const { return clock_.now(); }

 private:
  S3Result<S3Answer> try_once(const S3Call& call);
  HttpRequest sign(const S3Call& call) const;
  std::chrono::milliseconds pause_after(int tries, std::string_view retry_after) const;

  const S3Options options_;
  const S3Address address_;
  const Clock& clock_;
  Transport transport_;
};

}  // namespace gleaner::object
