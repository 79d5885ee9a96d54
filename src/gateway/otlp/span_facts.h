// What one span says, in Gleaner's words: the attributes and events of all conventions put together by the rules of
// convention.h, ready to become an interaction, a step of one, or nothing.
//
// Plain values; read_span() is a pure function, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/otlp/convention.h"
#include "gateway/otlp/trace.h"
#include "record/interaction.h"

namespace gleaner::gateway::otlp {

struct SpanFacts {
  // Of the span itself. Ids are empty where the span has none.
  std::string trace_id;
  std::string span_id;
  std::string parent_span_id;
  std::string name;
  std::string scope;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  Role role = Role::kNone;
  size_t bytes = 0;

  // "otlp_<trace id>_<span id>"; of a span without ids, "otlp_" and 32 hexadecimal digits of the SHA-256 of what it
  // says. The same span always has the same id, so that a batch that is sent again is stored once.
  std::string id;

  std::string platform;  // service.name
  std::string session_id;
  std::string user_id;
  std::string model;
  std::string provider;
  std::string operation;  // gen_ai.operation.name
  std::string agent_name;
  std::string response_id;
  std::string tool_name;
  std::string tool_call_id;
  json::Value tool_arguments;
  json::Value tool_result;
  std::vector<json::Value> messages;
  std::vector<json::Value> output;  // usually one message; several choices, or the end of a conversation
  bool generic_messages = false;    // told by a framework rather than as messages: see kGenericContent
  bool generic_output = false;
  json::Value tools = json::Value::array();
  json::Value parameters = json::Value::object();
  json::Value usage = json::Value::object();
  std::optional<double> cost_usd;
  std::optional<double> ttft_ms;
  std::vector<std::string> tags;
  std::optional<bool> success;
  json::Value error;  // an object, or null
  json::Value metadata = json::Value::object();
  bool is_trace = false;       // Langfuse's trace, told as the root of its observations (gateway/langfuse)
  bool judged_around = false;  // judgements of it may name a span around it, its trace or session: Langfuse's do

  bool has_content() const { return !messages.empty() || !output.empty(); }
  std::optional<double> latency_ms() const;
};

// Where spans come from, as far as read_span() looks at it.
struct Origin {
  Resource resource;
  Scope scope;
  size_t bytes = 0;  // about what it takes in memory
};
Origin origin_of(const Resource& resource, const Scope& scope);

// Of a span that is nothing of this only ids, times, role, session, user and tags are told.
SpanFacts read_span(const Resource& resource, const Scope& scope, const Span& span);

// Fills what `facts` lacks from `others`, which is about the same span: what its log records said.
void add_missing(SpanFacts& facts, SpanFacts others);

// Whether an event or log record of that name carries content of a model call.
bool is_content_event(std::string_view name);

// The id that the span with these ids has as an interaction or item, and the same of a span that may have none.
std::string span_record_id(std::string_view trace_id, std::string_view span_id);
std::string span_record_id(const Span& span);
// The item that stands for a whole trace.
std::string trace_record_id(std::string_view trace_id);

// `text` where a field of the record takes it: not empty, at most `bytes` long, no control characters.
bool fits(std::string_view text, size_t bytes);
inline constexpr size_t kMaxIdBytes = 256;
inline constexpr size_t kMaxNameBytes = 128;

}  // namespace gleaner::gateway::otlp
