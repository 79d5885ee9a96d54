#include "gateway/langfuse/span.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/langfuse/id.h"
#include "gateway/langfuse/member.h"
#include "gateway/otlp/version.h"

namespace gleaner::gateway::langfuse {
namespace {

using json::Value;

struct Row {
  std::string_view member;
  std::string_view attribute;
};

// What is JSON goes into the attribute as text, as the SDKs of today have it.
constexpr auto kOfTrace = std::to_array<Row>({
    {"name", "langfuse.trace.name"},
    {"userId", "langfuse.user.id"},
    {"sessionId", "langfuse.session.id"},
    {"tags", "langfuse.trace.tags"},
    {"input", "langfuse.trace.input"},
    {"output", "langfuse.trace.output"},
    {"environment", "langfuse.environment"},
    {"release", "langfuse.release"},
    {"version", "langfuse.version"},
});
constexpr auto kOfObservation = std::to_array<Row>({
    {"input", "langfuse.observation.input"},
    {"output", "langfuse.observation.output"},
    {"model", "langfuse.observation.model.name"},
    {"providedModelName", "langfuse.observation.model.name"},  // in exports
    {"completionStartTime", "langfuse.observation.completion_start_time"},
    {"level", "langfuse.observation.level"},
    {"statusMessage", "langfuse.observation.status_message"},
    {"promptName", "langfuse.observation.prompt.name"},
    {"promptVersion", "langfuse.observation.prompt.version"},
    {"environment", "langfuse.environment"},
    {"version", "langfuse.version"},
    {"userId", "langfuse.user.id"},        // in exports of observations with what their trace says
    {"sessionId", "langfuse.session.id"},  //
    {"tags", "langfuse.trace.tags"},       //
});

constexpr auto kTypes = std::to_array<std::string_view>(
    {"agent", "chain", "embedding", "evaluator", "event", "generation", "guardrail", "retriever", "span", "tool"});

bool says_nothing(const Value& value) {
  return value.is_null() || (value.is_string() && value.text().empty()) ||
         (value.is_object() && value.members().empty()) || (value.is_array() && value.items().empty());
}

void append(otlp::Span& span, std::string attribute, const Value& value) {
  span.attributes.push_back({std::move(attribute), Value::string(value.is_string() ? value.text() : value.dump())});
}

// The first that says anything. Only for the few attributes whose names are known.
void add(otlp::Span& span, std::string_view attribute, const Value& value) {
  if (says_nothing(value) || otlp::find_attribute(span.attributes, attribute) != nullptr) return;
  append(span, std::string(attribute), value);
}

void add_rows(otlp::Span& span, const Value& body, std::span<const Row> rows) {
  for (const Row& row : rows) {
    if (const Value* const value = member(body, row.member)) add(span, row.attribute, *value);
  }
}

// A string that is JSON, as exports have it, opened.
Value opened(const Value& value) {
  if (!value.is_string()) return value;
  const std::string_view text = trim(value.text());
  if (!text.starts_with('{')) return value;
  auto inside = json::parse(text);
  return inside ? *std::move(inside) : value;
}

// One attribute for each member, so that versions of it add up.
void add_metadata(otlp::Span& span, const Value& body, const std::string& attribute) {
  const Value* const written = member(body, "metadata");
  if (written == nullptr) return;
  const Value metadata = opened(*written);
  if (!metadata.is_object()) return add(span, attribute, metadata);
  size_t kept = 0;
  size_t not_kept = 0;
  for (const auto& [name, value] : metadata.members()) {
    if (says_nothing(value)) continue;
    if (kept < otlp::kMaxVersionMetadata) {
      append(span, attribute + "." + name, value);
      ++kept;
    } else {
      ++not_kept;
    }
  }
  if (not_kept > 0) append(span, attribute + ".members_not_kept", Value::number(std::to_string(not_kept)));
}

// A map whose numbers may be strings: the older SDKs write every parameter so, exports every count.
Value map_of(const Value& written) {
  Value map = opened(written);
  for (auto& [name, value] : map.members()) {
    if (!value.is_string()) continue;
    const auto said = json::parse(value.text());
    if (said && (said->is_number() || said->is_bool())) value = *said;
  }
  return map;
}

void add_map(otlp::Span& span, const Value& body, std::string_view name, std::string_view attribute) {
  if (const Value* const written = member(body, name)) add(span, attribute, map_of(*written));
}

// Tokens and costs: "usage" of the older SDKs has both and names of its own.
void add_usage(otlp::Span& span, const Value& body) {
  add_map(span, body, "usageDetails", "langfuse.observation.usage_details");
  add_map(span, body, "costDetails", "langfuse.observation.cost_details");
  const Value* const usage = member(body, "usage");
  if (usage == nullptr || !usage->is_object()) return;
  constexpr auto kTokens = std::to_array<Row>(
      {{"promptTokens", "prompt_tokens"}, {"completionTokens", "completion_tokens"}, {"totalTokens", "total_tokens"}});
  constexpr auto kCosts =
      std::to_array<Row>({{"inputCost", "input"}, {"outputCost", "output"}, {"totalCost", "total"}});
  constexpr size_t kMaxCounts = 256;
  Value tokens = Value::object();
  Value costs = Value::object();
  for (const auto& [name, value] : usage->members()) {
    if (value.is_null() || name == "unit" || tokens.members().size() == kMaxCounts) continue;
    const auto token = std::ranges::find(kTokens, std::string_view(name), &Row::member);
    const auto cost = std::ranges::find(kCosts, std::string_view(name), &Row::member);
    if (cost != kCosts.end()) {
      costs.set(std::string(cost->attribute), value);
    } else {
      tokens.set(token == kTokens.end() ? name : std::string(token->attribute), value);
    }
  }
  add(span, "langfuse.observation.usage_details", tokens);
  add(span, "langfuse.observation.cost_details", costs);
}

void set_type(otlp::Span& span, std::string_view type) {
  span.attributes.push_back({"langfuse.observation.type", Value::string(std::string(type))});
}

}  // namespace

bool is_observation_type(std::string_view lower_case) {
  return std::ranges::find(kTypes, lower_case) != kTypes.end();
}

otlp::Span bare_trace_span(std::string_view trace) {
  otlp::Span span;
  span.trace_id = trace_id(trace);
  span.span_id = root_span_id(trace);
  set_type(span, "trace");
  return span;
}

Result<otlp::Span> trace_span(const Value& trace) {
  TRY_ASSIGN(const std::string id, text_member(trace, "id"));
  if (id.empty()) return fail(Code::kInvalidArgument, "id: missing");
  otlp::Span span = bare_trace_span(id);
  span.name = text_or_nothing(trace, "name");
  TRY_ASSIGN(span.start_ns, time_member(trace, "timestamp"));
  add_rows(span, trace, kOfTrace);
  add_metadata(span, trace, "langfuse.trace.metadata");
  return span;
}

Result<otlp::Span> observation_span(const Value& observation, std::string_view type) {
  const std::string lower = ascii_lower(type);
  if (!is_observation_type(lower)) {
    return fail(Code::kInvalidArgument,
                fmt::format("type: expected one of {}; got \"{}\"", fmt::join(kTypes, ", "), excerpt(type)));
  }
  TRY_ASSIGN(const std::string id, text_member(observation, "id"));
  if (id.empty()) return fail(Code::kInvalidArgument, "id: missing");
  TRY_ASSIGN(std::string trace, text_member(observation, "traceId"));
  if (trace.empty()) trace = id;  // a trace of its own
  TRY_ASSIGN(const std::string parent, text_member(observation, "parentObservationId"));
  otlp::Span span;
  span.trace_id = trace_id(trace);
  span.span_id = span_id(id);
  span.parent_span_id = parent.empty() ? root_span_id(trace) : span_id(parent);
  span.name = text_or_nothing(observation, "name");
  set_type(span, lower);
  if (parent.empty()) span.attributes.push_back({std::string(otlp::kAssumedParentAttribute), Value::string("true")});
  TRY_ASSIGN(span.start_ns, time_member(observation, "startTime"));
  TRY_ASSIGN(span.end_ns, time_member(observation, "endTime"));
  if (lower == "event") span.end_ns = span.start_ns;
  add_rows(span, observation, kOfObservation);
  add_map(span, observation, "modelParameters", "langfuse.observation.model.parameters");
  add_usage(span, observation);
  add_metadata(span, observation, "langfuse.observation.metadata");
  return span;
}

}  // namespace gleaner::gateway::langfuse
