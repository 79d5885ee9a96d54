#include "gateway/otlp/testing/encode.h"

#include <bit>
#include <charconv>

#include "gateway/otlp/wire.h"

namespace gleaner::gateway::otlp::testing {
namespace {

using json::Value;

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

std::string key_value(std::string_view key, const Value& value);

std::string any_value(const Value& value) {
  std::string out;
  std::string inner;
  switch (value.kind()) {
    case Value::Kind::kNull:
      break;
    case Value::Kind::kBool:
      append_varint_field(out, 2, value.as_bool() ? 1 : 0);
      break;
    case Value::Kind::kNumber:
      if (const auto whole = value.as_integer()) {
        append_varint_field(out, 3, static_cast<uint64_t>(*whole));
      } else {
        append_fixed64_field(out, 4, std::bit_cast<uint64_t>(value.as_double()));
      }
      break;
    case Value::Kind::kString:
      append_bytes_field(out, 1, value.text());
      break;
    case Value::Kind::kArray:
      for (const Value& item : value.items()) append_bytes_field(inner, 1, any_value(item));
      append_bytes_field(out, 5, inner);
      break;
    case Value::Kind::kObject:
      for (const auto& [name, member] : value.members()) append_bytes_field(inner, 1, key_value(name, member));
      append_bytes_field(out, 6, inner);
      break;
  }
  return out;
}

std::string key_value(std::string_view key, const Value& value) {
  std::string out;
  append_bytes_field(out, 1, key);
  append_bytes_field(out, 2, any_value(value));
  return out;
}

void append_attributes(std::string& out, uint32_t field, const Attributes& attributes) {
  for (const Attribute& one : attributes) append_bytes_field(out, field, key_value(one.key, one.value));
}

std::string encode(const Span& span) {
  std::string out;
  append_bytes_field(out, 1, from_hex(span.trace_id));
  append_bytes_field(out, 2, from_hex(span.span_id));
  if (!span.parent_span_id.empty()) append_bytes_field(out, 4, from_hex(span.parent_span_id));
  append_bytes_field(out, 5, span.name);
  append_varint_field(out, 6, static_cast<uint64_t>(span.kind));
  append_fixed64_field(out, 7, span.start_ns);
  append_fixed64_field(out, 8, span.end_ns);
  append_attributes(out, 9, span.attributes);
  for (const Event& event : span.events) {
    std::string inner;
    append_fixed64_field(inner, 1, event.time_ns);
    append_bytes_field(inner, 2, event.name);
    append_attributes(inner, 3, event.attributes);
    append_bytes_field(out, 11, inner);
  }
  for (const Link& link : span.links) {
    std::string inner;
    append_bytes_field(inner, 1, from_hex(link.trace_id));
    append_bytes_field(inner, 2, from_hex(link.span_id));
    append_attributes(inner, 4, link.attributes);
    append_bytes_field(out, 13, inner);
  }
  std::string status;
  if (!span.status_message.empty()) append_bytes_field(status, 2, span.status_message);
  append_varint_field(status, 3, static_cast<uint64_t>(span.status));
  append_bytes_field(out, 15, status);
  return out;
}

std::string encode(const LogRecord& log) {
  std::string out;
  append_fixed64_field(out, 1, log.time_ns);
  append_varint_field(out, 2, static_cast<uint64_t>(log.severity));
  append_bytes_field(out, 5, any_value(log.body));
  append_attributes(out, 6, log.attributes);
  if (!log.trace_id.empty()) append_bytes_field(out, 9, from_hex(log.trace_id));
  if (!log.span_id.empty()) append_bytes_field(out, 10, from_hex(log.span_id));
  append_bytes_field(out, 12, log.event_name);
  return out;
}

std::string encode(const Resource& resource) {
  std::string out;
  append_attributes(out, 1, resource.attributes);
  return out;
}

std::string encode(const Scope& scope) {
  std::string out;
  append_bytes_field(out, 1, scope.name);
  append_bytes_field(out, 2, scope.version);
  append_attributes(out, 3, scope.attributes);
  return out;
}

template <typename Items>
std::string encode(const Scope& scope, const Items& items) {
  std::string out;
  append_bytes_field(out, 1, encode(scope));
  for (const auto& item : items) append_bytes_field(out, 2, encode(item));
  return out;
}

}  // namespace

std::string to_protobuf(const TraceBatch& batch) {
  std::string out;
  for (const ResourceSpans& resource : batch.resources) {
    std::string inner;
    append_bytes_field(inner, 1, encode(resource.resource));
    for (const ScopeSpans& scope : resource.scopes) append_bytes_field(inner, 2, encode(scope.scope, scope.spans));
    append_bytes_field(out, 1, inner);
  }
  return out;
}

std::string to_protobuf(const LogBatch& batch) {
  std::string out;
  for (const ResourceLogs& resource : batch.resources) {
    std::string inner;
    append_bytes_field(inner, 1, encode(resource.resource));
    for (const ScopeLogs& scope : resource.scopes) append_bytes_field(inner, 2, encode(scope.scope, scope.records));
    append_bytes_field(out, 1, inner);
  }
  return out;
}

}  // namespace gleaner::gateway::otlp::testing
