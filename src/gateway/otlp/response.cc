#include "gateway/otlp/response.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "gateway/otlp/wire.h"

namespace gleaner::gateway::otlp {
namespace {

// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
int grpc_code(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
      return 3;
    case Code::kDeadlineExceeded:
      return 4;
    case Code::kNotFound:
      return 5;
    case Code::kConflict:
      return 6;
    case Code::kPermissionDenied:
      return 7;
    case Code::kTooLarge:  // 8, RESOURCE_EXHAUSTED, would ask the client to send the same again
      return 11;
    case Code::kResourceExhausted:
      return 8;
    case Code::kInternal:
      return 13;
    case Code::kUnavailable:
      return 14;
    case Code::kDataLoss:
      return 15;
    case Code::kUnauthenticated:
      return 16;
  }
  return 13;
}

}  // namespace

Result<Encoding> encoding_of(std::string_view content_type) {
  const std::string media = ascii_lower(trim(content_type.substr(0, content_type.find(';'))));
  if (media == "application/x-protobuf") return Encoding::kProtobuf;
  if (media == "application/json") return Encoding::kJson;
  return fail(Code::kInvalidArgument, fmt::format("Content-Type: expected application/x-protobuf or application/json, "
                                                  "got \"{}\"",
                                                  excerpt(printable(media))));
}

std::string_view content_type(Encoding encoding) {
  return encoding == Encoding::kProtobuf ? "application/x-protobuf" : "application/json";
}

std::string export_response(SignalType signal, Encoding encoding, int64_t rejected, std::string_view message) {
  std::string out;
  const bool partial = rejected > 0 || !message.empty();
  if (encoding == Encoding::kProtobuf) {
    if (!partial) return out;
    std::string success;
    if (rejected > 0) append_varint_field(success, 1, static_cast<uint64_t>(rejected));
    if (!message.empty()) append_bytes_field(success, 2, message);
    append_bytes_field(out, 1, success);
    return out;
  }
  json::Writer writer(out);
  writer.begin_object();
  if (partial) {
    writer.key("partialSuccess").begin_object();
    const std::string_view name = signal == SignalType::kTraces ? "rejectedSpans" : "rejectedLogRecords";
    if (rejected > 0) writer.field(name, std::to_string(rejected));  // 64-bit integers are strings in proto3's JSON
    if (!message.empty()) writer.field("errorMessage", message);
    writer.end_object();
  }
  writer.end_object();
  return out;
}

std::string status_response(Encoding encoding, const Error& error) {
  std::string out;
  if (encoding == Encoding::kProtobuf) {
    append_varint_field(out, 1, static_cast<uint64_t>(grpc_code(error.code)));
    append_bytes_field(out, 2, error.message);
    return out;
  }
  json::Writer(out).begin_object().field("code", grpc_code(error.code)).field("message", error.message).end_object();
  return out;
}

}  // namespace gleaner::gateway::otlp
