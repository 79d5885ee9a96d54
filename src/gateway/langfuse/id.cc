#include "gateway/langfuse/id.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/otlp/decode.h"
#include "gateway/otlp/span_facts.h"

namespace gleaner::gateway::langfuse {
namespace {

constexpr size_t kTraceBytes = 16;
constexpr size_t kSpanBytes = 8;

std::string id_of(std::string_view id, size_t bytes) {
  std::string hex = otlp::normal_id(id, bytes);
  return hex.empty() ? to_hex(sha256(id)).substr(0, 2 * bytes) : hex;
}

}  // namespace

std::string trace_id(std::string_view id) {
  constexpr size_t kUuid = 36;
  if (id.size() == kUuid) {
    std::string digits(id);
    std::erase(digits, '-');
    if (std::string hex = otlp::normal_id(digits, kTraceBytes); !hex.empty()) return hex;
  }
  return id_of(id, kTraceBytes);
}

std::string span_id(std::string_view id) {
  return id_of(id, kSpanBytes);
}

std::string root_span_id(std::string_view trace) {
  return to_hex(sha256("trace " + trace_id(trace))).substr(0, 2 * kSpanBytes);
}

std::string record_id(std::string_view trace) {
  return otlp::trace_record_id(trace_id(trace));
}

std::string record_id(std::string_view trace, std::string_view observation) {
  return otlp::span_record_id(trace_id(trace), span_id(observation));
}

}  // namespace gleaner::gateway::langfuse
