#include "gateway/langfuse/ingestion.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/langfuse/limit.h"
#include "gateway/langfuse/member.h"
#include "gateway/langfuse/score.h"
#include "gateway/langfuse/span.h"
#include "gateway/otlp/span_facts.h"
#include "gateway/otlp/version.h"

namespace gleaner::gateway::langfuse {
namespace {

using json::Value;

constexpr std::string_view kScope = "langfuse-ingestion";

// When the version was made. One that does not say is older than every other.
Result<uint64_t> version_in(const Value& event) {
  TRY_ASSIGN(const uint64_t made, time_member(event, "timestamp"));
  return std::max<uint64_t>(1, made);
}

void write_span(json::Writer& writer, const otlp::Span& span, uint64_t version) {
  writer.begin_object().field("traceId", span.trace_id).field("spanId", span.span_id);
  if (!span.parent_span_id.empty()) writer.field("parentSpanId", span.parent_span_id);
  writer.field("name", span.name);
  // 64-bit integers are strings in proto3's JSON.
  if (span.start_ns > 0) writer.field("startTimeUnixNano", std::to_string(span.start_ns));
  if (span.end_ns > 0) writer.field("endTimeUnixNano", std::to_string(span.end_ns));
  writer.key("attributes").begin_array();
  for (const otlp::Attribute& one : span.attributes) {
    writer.begin_object().field("key", one.key).key("value").begin_object();
    writer.field("stringValue", one.value.text()).end_object().end_object();
  }
  writer.begin_object().field("key", otlp::kVersionAttribute).key("value").begin_object();
  writer.field("intValue", std::to_string(version)).end_object().end_object();
  writer.end_array().end_object();
}

class Reader {
 public:
  Result<Ingested> read(const Value& batch) {
    for (const Value& event : batch.items()) {
      Ingested::Event& outcome = out_.events.emplace_back();
      outcome.id = text_or_nothing(event, "id");
      Status taken = take(event, outcome);
      if (taken) continue;
      outcome.error = std::move(taken).error();
      outcome.text = event.dump();
    }
    if (!spans_.empty()) out_.spans = request();
    return std::move(out_);
  }

 private:
  struct Version {
    otlp::Span span;
    uint64_t made;
  };

  Status take(const Value& event, Ingested::Event& outcome) {
    if (!event.is_object()) return fail(Code::kInvalidArgument, "expected an object");
    TRY_ASSIGN(const std::string type, text_member(event, "type"));
    if (type == "sdk-log") return {};
    const Value* const body = member(event, "body");
    if (body == nullptr || !body->is_object()) return fail(Code::kInvalidArgument, "body: expected an object");
    if (type == "score-create") return take_score(event, *body, outcome);
    TRY_ASSIGN(const uint64_t made, version_in(event));
    // Whoever creates something may leave its id to the server.
    Value with_id = *body;
    if (member(*body, "id") == nullptr) with_id.set("id", Value::string(outcome.id));
    if (type == "trace-create") {
      TRY_ASSIGN(otlp::Span span, trace_span(with_id));
      roots_.insert(span.trace_id);
      take_span(std::move(span), made, outcome);
      return {};
    }
    const size_t dash = type.rfind('-');
    const std::string_view what = std::string_view(type).substr(0, dash);
    const std::string_view deed = dash == std::string::npos ? "" : std::string_view(type).substr(dash + 1);
    if ((deed != "create" && deed != "update") || (what != "observation" && !is_observation_type(what))) {
      return fail(Code::kInvalidArgument, fmt::format("type: unknown event \"{}\"", excerpt(type)));
    }
    TRY_ASSIGN(otlp::Span span,
               observation_span(with_id, what == "observation" ? text_or_nothing(*body, "type") : what));
    take_span(std::move(span), made, outcome);
    return {};
  }

  void take_span(otlp::Span span, uint64_t made, Ingested::Event& outcome) {
    outcome.span = otlp::span_record_id(span);
    spans_.push_back({std::move(span), made});
  }

  Status take_score(const Value& event, const Value& body, Ingested::Event& outcome) {
    TRY_ASSIGN(Value signal, signal_of(body, outcome.id));
    const Value* const made = member(event, "timestamp");
    if (signal.find("created_at") == nullptr && made != nullptr) signal.set("created_at", *made);
    outcome.signal = static_cast<int>(out_.signals.size());
    out_.signals.push_back(std::move(signal));
    return {};
  }

  // A trace is the root of what is in it, also where nothing was said of the trace itself.
  std::string request() {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("resourceSpans").begin_array().begin_object().key("scopeSpans").begin_array();
    writer.begin_object().key("scope").begin_object().field("name", kScope).end_object().key("spans").begin_array();
    for (const Version& one : spans_) {
      write_span(writer, one.span, one.made);
      if (roots_.insert(one.span.trace_id).second) write_span(writer, bare_trace_span(one.span.trace_id), 1);
    }
    writer.end_array().end_object().end_array().end_object().end_array().end_object();
    return out;
  }

  Ingested out_;
  std::vector<Version> spans_;
  std::set<std::string, std::less<>> roots_;
};

}  // namespace

Result<Ingested> read_ingestion(std::string_view body) {
  TRY(check_count(body, 2));
  TRY_ASSIGN(const Value request, json::parse(body));
  const Value* const batch = request.find("batch");
  if (batch == nullptr || !batch->is_array()) return fail(Code::kInvalidArgument, "batch: expected an array of events");
  return Reader().read(*batch);
}

}  // namespace gleaner::gateway::langfuse
