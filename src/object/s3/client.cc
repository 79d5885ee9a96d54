#include "object/s3/client.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <mutex>

#include <fmt/format.h>

#include "base/hash.h"
#include "object/s3/failure.h"

namespace gleaner::object {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kMostDoublings = 20;
constexpr int64_t kMostSecondsAsked = 24 * 3600;

// Uniform between 0 and 1.
double chance() {
  uint32_t bits = 0;
  std::memcpy(&bits, random_bytes(sizeof bits).data(), sizeof bits);
  return static_cast<double>(bits) / static_cast<double>(UINT32_MAX);
}

// False when it was asked to stop meanwhile.
bool pause(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

std::string name_of(const S3Call& call) {
  return fmt::format("{} {}", call.method, call.key.empty() ? std::string_view("of the bucket") : call.key);
}

}  // namespace

S3Client::S3Client(S3Options options, S3Address address, const Clock& clock)
    : options_(std::move(options)),
      address_(std::move(address)),
      clock_(clock),
      transport_({.scheme = address_.scheme,
                  .connections = options_.connections,
                  .connect_timeout = options_.connect_timeout,
                  .stall_timeout = options_.stall_timeout,
                  .request_timeout = options_.request_timeout}) {}

HttpRequest S3Client::sign(const S3Call& call) const {
  const Time now = clock_.now();
  const std::string path = fmt::format("{}/{}", address_.base_path, encode_path(call.key));
  const std::string query = encode_query(call.query);
  const std::string payload = to_hex(sha256(call.body));
  std::vector<NameValue> headers = call.headers;
  headers.insert(headers.end(),
                 {{"Host", address_.host}, {"x-amz-content-sha256", payload}, {"x-amz-date", amz_date(now)}});
  if (!options_.session_token.empty()) headers.emplace_back("x-amz-security-token", options_.session_token.reveal());
  const std::string authorized =
      authorization({call.method, path, query, headers, payload}, {.time = now, .region = address_.region},
                    options_.access_key, options_.secret_key);
  HttpRequest out{.method = std::string(call.method),
                  .url = address_.url_of(path) + (query.empty() ? "" : "?" + query),
                  .body = call.body,
                  .max_answer_bytes = call.max_answer_bytes,
                  .stop = call.stop};
  for (const auto& [name, value] : headers) out.headers.push_back(fmt::format("{}: {}", name, value));
  out.headers.push_back("Authorization: " + authorized);
  return out;
}

S3Result<S3Answer> S3Client::try_once(const S3Call& call) {
  auto response = transport_.send(sign(call));
  if (!response) {
    S3Failure out;
    out.code = response.error().code;
    out.message = fmt::format("{}: {}", name_of(call), response.error().message);
    out.stage = response.error().stage;
    out.again = response.error().may_help_again;
    return std::unexpected(std::move(out));
  }
  const bool success = response->status >= 200 && response->status < 300;
  if (success && !(call.success_may_be_error && is_error_document(response->body))) {
    return S3Answer{*std::move(response), 1};
  }
  S3Failure out = failure_of(*response, options_, address_, name_of(call));
  if (success && out.code == Code::kInvalidArgument) out.code = Code::kUnavailable;
  return std::unexpected(std::move(out));
}

milliseconds S3Client::pause_after(int tries, std::string_view retry_after) const {
  const int64_t most = std::min<int64_t>(options_.backoff_most.count(), options_.backoff_base.count()
                                                                            << std::min(tries - 1, kMostDoublings));
  auto out = milliseconds(static_cast<int64_t>(chance() * static_cast<double>(most)));
  int64_t asked = 0;
  std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), asked);
  return std::max(out, milliseconds(std::clamp<int64_t>(asked, 0, kMostSecondsAsked) * 1000));
}

S3Result<S3Answer> S3Client::call(const S3Call& call) {
  const auto start = steady_clock::now();
  const int most = call.tries > 0 ? std::min(call.tries, options_.tries) : options_.tries;
  for (int tries = 1;; ++tries) {
    auto answer = try_once(call);
    if (answer) {
      answer->tries = tries;
      return answer;
    }
    answer.error().tries = tries;
    const milliseconds wait = pause_after(tries, answer.error().retry_after);
    const bool time_left = steady_clock::now() - start + wait < options_.retry_time;
    const bool again = answer.error().again && tries < most && time_left;
    if (!again && tries > 1) answer.error().message += fmt::format(" (tried {} times)", tries);
    if (!again || !pause(wait, call.stop)) return answer;
  }
}

}  // namespace gleaner::object
