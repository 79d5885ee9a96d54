#include "gateway/otlp/span_facts.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {

std::string span_record_id(const Span& span) {
  if (!span.trace_id.empty() && !span.span_id.empty()) return span_record_id(span.trace_id, span.span_id);
  std::string all = span.name;
  const auto add = [&all](std::string_view part) { all.append(1, '\0').append(part); };
  add(span.trace_id);
  add(span.span_id);
  add(std::to_string(span.start_ns));
  add(std::to_string(span.end_ns));
  for (const Attribute& one : span.attributes) {
    add(one.key);
    add(one.value.dump());
  }
  constexpr size_t kDigits = 32;
  return "otlp_" + to_hex(sha256(all)).substr(0, kDigits);
}

std::string span_record_id(std::string_view trace_id, std::string_view span_id) {
  std::string id = "otlp_";
  id.append(trace_id).append(1, '_').append(span_id);
  return id;
}

std::string trace_record_id(std::string_view trace_id) {
  return "otlp_" + std::string(trace_id);
}

std::optional<double> SpanFacts::latency_ms() const {
  constexpr double kNsPerMs = 1e6;
  if (start_ns == 0 || end_ns < start_ns) return {};
  return static_cast<double>(end_ns - start_ns) / kNsPerMs;
}

void add_missing(SpanFacts& facts, SpanFacts others) {
  const auto fill = [](auto& mine, auto& theirs) {
    if (mine.empty()) mine = std::move(theirs);
  };
  if (facts.messages.empty() || facts.generic_messages) {
    if (!others.messages.empty()) {
      facts.messages = std::move(others.messages);
      facts.generic_messages = false;
    }
  }
  if (facts.output.empty() || facts.generic_output) {
    if (!others.output.empty()) {
      facts.output = std::move(others.output);
      facts.generic_output = false;
    }
  }
  fill(facts.model, others.model);
  fill(facts.provider, others.provider);
  fill(facts.session_id, others.session_id);
  fill(facts.user_id, others.user_id);
  fill(facts.response_id, others.response_id);
  for (const auto member : {&SpanFacts::tools, &SpanFacts::parameters, &SpanFacts::usage, &SpanFacts::error}) {
    if (is_empty(facts.*member)) facts.*member = std::move(others.*member);
  }
  if (others.success == false) facts.success = false;
  for (auto& [name, value] : others.metadata.members()) {
    if (facts.metadata.find(name) == nullptr) facts.metadata.members().emplace_back(name, std::move(value));
  }
}

bool fits(std::string_view text, size_t bytes) {
  const bool has_control =
      std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return !text.empty() && text.size() <= bytes && !has_control;
}

}  // namespace gleaner::gateway::otlp
