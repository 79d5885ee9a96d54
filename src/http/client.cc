#include "http/client.h"

#include <array>
#include <memory>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::http {
namespace {

constexpr long kMaxRedirections = 3;

struct HandleFree {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, HandleFree>;

struct Transfer {
  std::string body;
  size_t limit;
  bool too_large = false;
  std::stop_token stop;
};

size_t on_body(char* bytes, size_t, size_t count, void* data) {
  auto& transfer = *static_cast<Transfer*>(data);
  transfer.too_large = count > transfer.limit - transfer.body.size();
  if (transfer.too_large) return CURL_WRITEFUNC_ERROR;
  transfer.body.append(bytes, count);
  return count;
}

int on_progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Transfer*>(data)->stop.stop_requested() ? 1 : 0;
}

Error error_of(CURLcode code, const char* detail, const Transfer& transfer) {
  if (transfer.too_large) return {Code::kTooLarge, fmt::format("the answer is over {} bytes", transfer.limit)};
  const bool bad_url = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;
  return {bad_url ? Code::kInvalidArgument : Code::kUnavailable, *detail != '\0' ? detail : curl_easy_strerror(code)};
}

}  // namespace

std::string_view scheme_of(std::string_view url) {
  const std::string scheme = ascii_lower(url.substr(0, url.find("://")));
  return scheme == "https" ? "https" : scheme == "http" ? "http" : "";
}

Result<ClientResponse> Client::get(const std::string& url, const std::stop_token& stop) const {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::string scheme(scheme_of(url));
  if (scheme.empty()) return fail(Code::kInvalidArgument, "expected a URL that begins with http:// or https://");
  const Handle handle(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!handle) return fail(Code::kInternal, "libcurl cannot be used");
  CURL* const curl = handle.get();
  Transfer transfer{.limit = options_.max_body_bytes, .stop = stop};
  std::array<char, CURL_ERROR_SIZE> detail{};
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, scheme.c_str());
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, scheme.c_str());
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMaxRedirections);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  // Signals are the process's, and these are many threads.
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "gleaner");
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return std::unexpected(error_of(code, detail.data(), transfer));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return ClientResponse{static_cast<int>(status), std::move(transfer.body)};
}

}  // namespace gleaner::http
