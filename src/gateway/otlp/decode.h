// OTLP requests from their two encodings: protobuf and OTLP/JSON (https://opentelemetry.io/docs/specs/otlp/).
//
// Both give the same TraceBatch for the same request. Unknown fields are passed over. JSON: ids are hexadecimal in
// either case, 64-bit integers are strings or numbers, enums are numbers or names, members are lowerCamelCase or
// snake_case. Text in protobuf that is not UTF-8 gets U+FFFD for what is wrong in it.
//
// Errors: kInvalidArgument for what is malformed, kTooLarge for more than kMaxItems. Whatever the bytes, memory is
// bounded by their size and kMaxItems. Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "gateway/otlp/trace.h"

namespace gleaner::gateway::otlp {

// Spans, events, links, attributes and the values in them, of one request: a request of the 64 MiB that the
// specification recommends as the limit could otherwise name thirty million empty ones.
inline constexpr size_t kMaxItems = 2'000'000;

// Levels of arrays and key-value lists in an attribute; deeper is an error.
inline constexpr int kMaxValueDepth = 32;

Result<TraceBatch> traces_from_protobuf(std::string_view bytes);
Result<TraceBatch> traces_from_json(std::string_view text);
Result<LogBatch> logs_from_protobuf(std::string_view bytes);
Result<LogBatch> logs_from_json(std::string_view text);

// An id as trace.h has it, of `bytes` bytes: empty unless `hex` is one.
std::string normal_id(std::string_view hex, size_t bytes);

// Base64 with + and / and padding: how JSON has what is bytes.
std::string base64(std::string_view bytes);

// What the attributes take in memory, about.
size_t bytes_of(const Attributes& attributes);

}  // namespace gleaner::gateway::otlp
