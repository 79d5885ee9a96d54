// What an OTLP request says, whichever encoding it came in: opentelemetry/proto/trace/v1/trace.proto and
// logs/v1/logs.proto as plain C++. Decoded by decode.h, given its meaning by span_facts.h.
//
// Attribute values are json::Value: strings, booleans, numbers with the digits they had (64-bit integers are not
// rounded), arrays, and objects for key-value lists. Bytes are a string of base64; NaN and the infinities, which JSON
// lacks, are the strings "NaN", "Infinity" and "-Infinity". All text is valid UTF-8.
//
// Plain values: moved along, never shared between threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace gleaner::gateway::otlp {

struct Attribute {
  std::string key;
  json::Value value;
};
using Attributes = std::vector<Attribute>;

// The value of the first attribute of that name, or null.
inline const json::Value* find_attribute(const Attributes& attributes, std::string_view key) {
  for (const Attribute& one : attributes) {
    if (one.key == key) return &one.value;
  }
  return nullptr;
}

struct Resource {
  Attributes attributes;
};

struct Scope {
  std::string name;
  std::string version;
  Attributes attributes;
};

struct Event {
  uint64_t time_ns = 0;
  std::string name;
  Attributes attributes;
};

struct Link {
  std::string trace_id;
  std::string span_id;
  Attributes attributes;
};

enum class StatusCode { kUnset, kOk, kError };

// Ids are lower-case hexadecimal: 32 digits for a trace, 16 for a span. An id that is missing, has another length or
// consists of zeros is no id (trace-context says so) and empty here.
struct Span {
  std::string trace_id;
  std::string span_id;
  std::string parent_span_id;
  std::string name;
  int kind = 0;           // 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer
  uint64_t start_ns = 0;  // since 1970; 0 is unknown
  uint64_t end_ns = 0;
  Attributes attributes;
  std::vector<Event> events;
  std::vector<Link> links;
  StatusCode status = StatusCode::kUnset;
  std::string status_message;
  size_t bytes = 0;  // about what it takes in memory
};

struct LogRecord {
  std::string trace_id;
  std::string span_id;
  uint64_t time_ns = 0;    // observed_time_unix_nano where there is no time of its own
  int severity = 0;        //
  std::string event_name;  // event_name, or the attribute event.name of older SDKs
  json::Value body;        //
  Attributes attributes;   //
  size_t bytes = 0;        // about what it takes in memory
};

struct ScopeSpans {
  Scope scope;
  std::string schema_url;
  std::vector<Span> spans;
};

struct ResourceSpans {
  Resource resource;
  std::vector<ScopeSpans> scopes;
};

struct TraceBatch {
  std::vector<ResourceSpans> resources;
  size_t span_count() const;
};

struct ScopeLogs {
  Scope scope;
  std::vector<LogRecord> records;
};

struct ResourceLogs {
  Resource resource;
  std::vector<ScopeLogs> scopes;
};

struct LogBatch {
  std::vector<ResourceLogs> resources;
  size_t record_count() const;
};

inline size_t TraceBatch::span_count() const {
  size_t count = 0;
  for (const ResourceSpans& resource : resources) {
    for (const ScopeSpans& scope : resource.scopes) count += scope.spans.size();
  }
  return count;
}

inline size_t LogBatch::record_count() const {
  size_t count = 0;
  for (const ResourceLogs& resource : resources) {
    for (const ScopeLogs& scope : resource.scopes) count += scope.records.size();
  }
  return count;
}

}  // namespace gleaner::gateway::otlp
