#include "object/s3/transport.h"

#include <algorithm>
#include <array>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::object {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr size_t kMaxHeaderBytes = size_t{64} << 10;

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, ListFree>;

// What the callbacks of one transfer share.
struct Exchange {
  const HttpRequest& request;
  std::chrono::milliseconds stall_timeout;
  HttpResponse response;
  size_t header_bytes = 0;
  bool too_large = false;
  bool stalled = false;
  curl_off_t moved = -1;
  SteadyTime last_moved = std::chrono::steady_clock::now();
};

size_t on_header(char* bytes, size_t, size_t count, void* data) {
  auto& exchange = *static_cast<Exchange*>(data);
  exchange.header_bytes += count;
  exchange.too_large = exchange.header_bytes > kMaxHeaderBytes;
  if (exchange.too_large) return CURL_WRITEFUNC_ERROR;
  const std::string_view line = trim({bytes, count});
  const size_t colon = line.find(':');
  if (line.starts_with("HTTP/")) {
    exchange.response.headers.clear();  // those of an interim answer
  } else if (colon != std::string_view::npos) {
    exchange.response.headers[ascii_lower(trim(line.substr(0, colon)))] = trim(line.substr(colon + 1));
  }
  return count;
}

size_t on_body(char* bytes, size_t, size_t count, void* data) {
  auto& exchange = *static_cast<Exchange*>(data);
  std::string& body = exchange.response.body;
  exchange.too_large = count > exchange.request.max_answer_bytes - body.size();
  if (exchange.too_large) return CURL_WRITEFUNC_ERROR;
  body.append(bytes, count);
  return count;
}

int on_progress(void* data, curl_off_t, curl_off_t down, curl_off_t, curl_off_t up) {
  auto& exchange = *static_cast<Exchange*>(data);
  const auto now = std::chrono::steady_clock::now();
  if (std::exchange(exchange.moved, down + up) != down + up) exchange.last_moved = now;
  exchange.stalled = now - exchange.last_moved > exchange.stall_timeout;
  return exchange.stalled || exchange.request.stop.stop_requested() ? 1 : 0;
}

Stage stage_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Stage::kName;
    case CURLE_COULDNT_CONNECT:
      return Stage::kConnection;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER:
      return Stage::kTls;
    default:
      return Stage::kAnswer;
  }
}

TransportFailure failure_of(CURLcode code, const char* detail, bool connected, const Exchange& exchange) {
  TransportFailure out;
  out.stage = stage_of(code);
  out.code = Code::kUnavailable;
  out.message = *detail != '\0' ? detail : curl_easy_strerror(code);
  out.may_help_again = out.stage != Stage::kTls || code == CURLE_SSL_CONNECT_ERROR;
  if (exchange.too_large) {
    out.code = Code::kTooLarge;
    out.message = fmt::format("the answer is over {} bytes", exchange.request.max_answer_bytes);
    out.may_help_again = false;
  } else if (exchange.request.stop.stop_requested()) {
    out.message = "given up";
    out.may_help_again = false;
  } else if (exchange.stalled || code == CURLE_OPERATION_TIMEDOUT) {
    out.code = Code::kDeadlineExceeded;
    if (!connected) out.stage = Stage::kConnection;
    if (exchange.stalled) {
      out.message = fmt::format("nothing was sent or received for {} s",
                                std::chrono::duration<double>(exchange.stall_timeout).count());
    }
  }
  return out;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string_view() : found->second;
}

struct Transport::Handle {
  CURL* curl = curl_easy_init();
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { curl_easy_cleanup(curl); }

  void prepare(const TransportOptions& options) const;
  void load(const HttpRequest& request, curl_slist* headers) const;
  void watch(Exchange& exchange, char* detail) const;
};

void Transport::Handle::prepare(const TransportOptions& options) const {
  curl_easy_reset(curl);  // connections stay
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, options.scheme.c_str());
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // signals are the process's, and these are many threads
  curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.request_timeout.count()));
}

void Transport::Handle::load(const HttpRequest& request, curl_slist* headers) const {
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
  }
  if (request.method != "HEAD") curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void Transport::Handle::watch(Exchange& exchange, char* detail) const {
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
}

Transport::Transport(TransportOptions options) : options_(std::move(options)) {
  [[maybe_unused]] static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
}

Transport::~Transport() = default;

std::unique_ptr<Transport::Handle> Transport::acquire() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [this] { return in_use_ < options_.connections; });
  ++in_use_;
  if (idle_.empty()) return std::make_unique<Handle>();
  // The last one used: its connection is the least likely to have been closed.
  auto handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

void Transport::release(std::unique_ptr<Handle> handle) {
  const std::lock_guard lock(mutex_);
  --in_use_;
  if (handle->curl != nullptr) idle_.push_back(std::move(handle));
  freed_.notify_one();
}

std::expected<HttpResponse, TransportFailure> Transport::send(const HttpRequest& request) {
  HeaderList headers;
  // What libcurl would add of its own accord. A name without a value takes it away.
  std::vector<std::string> lines = {"Expect:", "Accept:", "User-Agent: gleaner"};
  lines.insert(lines.end(), request.headers.begin(), request.headers.end());
  const bool typed = std::ranges::any_of(
      request.headers, [](const std::string& line) { return ascii_lower(line.substr(0, 13)) == "content-type:"; });
  if (!typed) lines.push_back("Content-Type:");
  for (const std::string& line : lines) {
    curl_slist* const longer = curl_slist_append(headers.get(), line.c_str());
    if (longer == nullptr) return std::unexpected(TransportFailure{{Code::kInternal, "libcurl has no memory"}});
    (void)headers.release();
    headers.reset(longer);
  }
  auto handle = acquire();
  if (handle->curl == nullptr) {
    release(std::move(handle));
    return std::unexpected(TransportFailure{{Code::kInternal, "libcurl cannot be used"}});
  }
  Exchange exchange{.request = request, .stall_timeout = options_.stall_timeout};
  std::array<char, CURL_ERROR_SIZE> detail{};
  handle->prepare(options_);
  handle->load(request, headers.get());
  handle->watch(exchange, detail.data());
  const CURLcode code = curl_easy_perform(handle->curl);
  long status = 0;
  curl_easy_getinfo(handle->curl, CURLINFO_RESPONSE_CODE, &status);
  curl_off_t connected = 0;
  curl_off_t ready = 0;  // also of a connection that was there
  curl_easy_getinfo(handle->curl, CURLINFO_CONNECT_TIME_T, &connected);
  curl_easy_getinfo(handle->curl, CURLINFO_PRETRANSFER_TIME_T, &ready);
  curl_easy_setopt(handle->curl, CURLOPT_ERRORBUFFER, nullptr);
  release(std::move(handle));
  if (code != CURLE_OK) return std::unexpected(failure_of(code, detail.data(), connected > 0 || ready > 0, exchange));
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

}  // namespace gleaner::object
