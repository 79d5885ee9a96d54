// What an OTLP/HTTP server answers, in either encoding: Export*ServiceResponse with its partial success, and
// google.rpc.Status for errors. Which HTTP status goes with an error is api/'s business; docs/otlp.md has the table.
//
// Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::gateway::otlp {

enum class Encoding { kProtobuf, kJson };
enum class SignalType { kTraces, kLogs };

// The encoding that a Content-Type names, "application/x-protobuf" or "application/json" with or without parameters.
// Errors: kInvalidArgument.
Result<Encoding> encoding_of(std::string_view content_type);
std::string_view content_type(Encoding encoding);

// Nothing rejected and no message is full success: an empty message, or {}. Nothing rejected with a message is a
// warning. A client must not send again what was rejected.
std::string export_response(SignalType signal, Encoding encoding, int64_t rejected, std::string_view message);

// google.rpc.Status{code, message} with the gRPC code that says the same as `error`.
std::string status_response(Encoding encoding, const Error& error);

}  // namespace gleaner::gateway::otlp
