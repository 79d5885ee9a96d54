// OTLP/HTTP: POST /v1/traces and /v1/logs, protobuf and JSON (docs/otlp.md).
#include <fmt/format.h>

#include "api/api.h"
#include "gateway/otlp/response.h"
#include "http/problem.h"

namespace gleaner::api {
namespace {

namespace otlp = gateway::otlp;

// Exporters send again what was answered with 429, 502, 503 or 504, and give up on everything else, 500 included.
int status_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 400;
    case Code::kTooLarge:
      return 413;
    case Code::kResourceExhausted:
      return 429;
    default:
      return 503;
  }
}

http::Response answer(otlp::SignalType type, otlp::Encoding encoding, const Result<TraceReceiver::Taken>& taken) {
  http::Response response{.content_type = std::string(otlp::content_type(encoding))};
  if (taken) {
    response.body = otlp::export_response(type, encoding, taken->rejected, taken->message);
    return response;
  }
  response.status = status_of(taken.error().code);
  if (response.status == 429 || response.status == 503) response.headers.emplace_back("Retry-After", "1");
  response.body = otlp::status_response(encoding, taken.error());
  return response;
}

}  // namespace

void Api::add_otlp_routes(http::Router& router) {
  for (const auto& [path, type] :
       {std::pair("/v1/traces", otlp::SignalType::kTraces), std::pair("/v1/logs", otlp::SignalType::kLogs)}) {
    router.add({"POST", path, http::Scope::kIngest, false, true,
                [this, type](const http::Request& request, http::Responder responder) {
                  receive(request, std::move(responder), type);
                }});
  }
}

void Api::receive(const http::Request& request, http::Responder responder, otlp::SignalType type) {
  if (!collecting(responder)) return;
  const auto encoding = otlp::encoding_of(request.header("content-type"));
  if (!encoding) return responder.send(http::problem(415, "invalid_argument", encoding.error().message));
  const auto known = project(request);
  if (!known) return responder.send(answer(type, *encoding, std::unexpected(known.error())));
  auto shared = std::make_shared<http::Responder>(std::move(responder));
  receiver_.add(*known, {type, *encoding, request.body},
                [shared, type, encoding = *encoding](const Result<TraceReceiver::Taken>& taken) {
                  shared->send(answer(type, encoding, taken));
                });
}

}  // namespace gleaner::api
