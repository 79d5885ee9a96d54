#include "gateway/exchange/testing/replay.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/base64.h"
#include "base/text.h"
#include "gateway/exchange/content_decoder.h"
#include "record/codec.h"

namespace gleaner::gateway::exchange::testing {
namespace {

using json::Value;

constexpr size_t kMaxBody = size_t{16} << 20;
constexpr int64_t kStart = 1'795'334'400'000;

std::string text_of(const Value& row, std::string_view name) {
  const Value* const value = row.find(name);
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? value->text() : value->dump();
}

Headers headers_of(const Value& row, std::string_view name) {
  Headers headers;
  const Value* const written = row.find(name);
  if (written == nullptr) return headers;
  for (const auto& [key, value] : written->members()) headers.emplace_back(ascii_lower(key), value.text());
  return headers;
}

std::string from_base64(std::string text) {
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return base64url_decode(text).value_or("");
}

// Bodies that are text were decoded by whoever wrote them down, whatever their headers say.
std::string body_of(const Value& row, const Headers& headers) {
  const std::string encoded = text_of(row, "response_b64");
  if (encoded.empty()) return text_of(row, "response_body");
  constexpr size_t kPiece = 7;
  const std::string bytes = from_base64(encoded);
  std::string body;
  auto decoder = ContentDecoder::make(headers.value("content-encoding"), kMaxBody);
  for (size_t at = 0; decoder && at < bytes.size(); at += kPiece) {
    if (!decoder->decode(std::string_view(bytes).substr(at, kPiece), body)) return bytes;
  }
  return body;
}

End end_of(std::string_view name) {
  if (name == "upstream_cut") return End::kUpstreamCut;
  if (name == "client_gone") return End::kClientGone;
  return name == "unreachable" ? End::kUnreachable : End::kComplete;
}

// Empty if the record is one that can be stored.
std::string broken_promise(const std::string& record) {
  const auto again = record::Decoder().interaction(record);
  if (!again) return again.error().message;
  std::string written;
  record::encode(*again, written);
  return written == record ? "" : "it does not read back as it was: " + written;
}

}  // namespace

Replayed replay(const Value& row, Pieces pieces, std::mt19937& random) {
  const std::string host = text_of(row, "host");
  Request request;
  request.api = host.find("anthropic") != std::string::npos ? Api::kAnthropic : Api::kOpenAi;
  request.provider = host;
  request.method = text_of(row, "method");
  request.path = text_of(row, "path");
  request.headers = headers_of(row, "request_headers");
  request.body = text_of(row, "request_body");
  const Headers headers = headers_of(row, "response_headers");
  const std::string body = body_of(row, headers);
  Recorder::Instant now{};
  Recorder recorder(std::move(request), from_ms(kStart), now, {.record_embeddings = true});
  const Value* const status = row.find("status");
  if (status != nullptr) recorder.head(static_cast<int>(status->as_integer().value_or(0)), headers);
  std::uniform_int_distribution<size_t> sizes(1, 300);
  for (size_t at = 0; at < body.size();) {
    const size_t size = pieces == Pieces::kWhole ? body.size() : pieces == Pieces::kBytes ? 1 : sizes(random);
    recorder.body(std::string_view(body).substr(at, size), now);
    at += size;
  }
  Replayed out;
  out.is_operation = recorder.operation() != Operation::kNone;
  out.recorded = recorder.finish(end_of(text_of(row, "end")), text_of(row, "reason"), now);
  if (out.recorded.outcome != Outcome::kRecorded) return out;
  record::encode(out.recorded.interaction, out.record);
  out.broken = broken_promise(out.record);
  return out;
}

}  // namespace gleaner::gateway::exchange::testing
