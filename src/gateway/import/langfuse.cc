// Exports of Langfuse: rows of its traces, observations and scores, with underscores as the export to a bucket has them
// or in camelCase as the page and the API do; and traces of the API, which have their observations and scores inside.
// A trace and its observations lie in files of their own: join_langfuse_traces() makes one element of them, and leaves
// alone what has something wrong, so that it is refused alone. What becomes of one is what would have become of it had
// it been sent here (gateway/langfuse).
#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "gateway/import/shapes.h"
#include "gateway/langfuse/member.h"
#include "gateway/langfuse/score.h"
#include "gateway/langfuse/span.h"
#include "gateway/otlp/assembler.h"

namespace gleaner::gateway {
namespace {

using json::Value;
using langfuse::member;
using langfuse::text_or_nothing;

bool has_text(const Value& element, std::string_view name) {
  return !text_or_nothing(element, name).empty();
}

bool is_score(const Value& element) {
  return has_text(element, "id") && has_text(element, "name") && has_text(element, "dataType") &&
         (has_text(element, "traceId") || has_text(element, "sessionId") || has_text(element, "datasetRunId"));
}

bool is_observation(const Value& element) {
  return has_text(element, "id") && has_text(element, "traceId") && has_text(element, "startTime") &&
         langfuse::is_observation_type(ascii_lower(text_or_nothing(element, "type")));
}

bool is_trace(const Value& element) {
  const auto has = [&element](std::string_view name) { return element.find(name) != nullptr; };
  return has_text(element, "id") && has_text(element, "timestamp") && has("input") && has("output") &&
         (has("sessionId") || has("session_id")) && (has("userId") || has("user_id"));
}

bool is_joined(const Value& element) {
  const Value* const observations = element.find("observations");
  return has_text(element, "id") && observations != nullptr && observations->is_array() &&
         std::ranges::all_of(observations->items(), [](const Value& one) { return one.is_object(); });
}

// Of an element that is said to be Langfuse's, which of its rows it is meant to be.
bool is_like_score(const Value& element) {
  const auto has = [&element](std::string_view name) { return member(element, name) != nullptr; };
  const bool has_value = has("dataType") || has("value") || has("stringValue");
  const bool is_about_trace = has("traceId") && !has("type") && !has("startTime");
  return has("name") && (has_value || is_about_trace) && !is_joined(element);
}

bool is_like_observation(const Value& element) {
  return (member(element, "type") != nullptr || member(element, "startTime") != nullptr) && !is_joined(element);
}

// An observation of no trace is one of its own.
std::string trace_of(const Value& observation) {
  std::string trace = text_or_nothing(observation, "traceId");
  return trace.empty() ? text_or_nothing(observation, "id") : trace;
}

Status add_observations(const Value& trace, std::vector<otlp::Span>& spans) {
  const Value* const observations = trace.find("observations");
  if (observations == nullptr || !is_joined(trace)) return {};
  for (const Value& one : observations->items()) {
    TRY_ASSIGN(otlp::Span span, langfuse::observation_span(one, text_or_nothing(one, "type")));
    spans.push_back(std::move(span));
  }
  return {};
}

Result<Records> assemble(std::vector<otlp::Span> spans, record::Decoder& decoder) {
  otlp::TraceBatch batch;
  batch.resources.push_back(
      {{}, {{{.name = "langfuse-export", .version = {}, .attributes = {}}, "", std::move(spans)}}});
  otlp::TraceAssembler assembler;
  assembler.add_traces(batch, from_ms(0));
  assembler.settle_all();
  Records records;
  for (const record::Interaction& one : assembler.take().interactions) {
    std::string text;
    record::encode(one, text);
    TRY_ASSIGN(record::Interaction checked, decoder.interaction(text));
    records.emplace_back(std::move(checked));
  }
  return records;
}

Status add_scores(const Value& scores, Records& records, record::Decoder& decoder) {
  for (const Value& one : scores.items()) {
    if (!one.is_object()) continue;
    TRY_ASSIGN(const Value signal, langfuse::signal_of(one, one.dump()));
    TRY_ASSIGN(Record record, decode_signal(signal, decoder));
    records.push_back(std::move(record));
  }
  return {};
}

}  // namespace

bool is_langfuse(const Value& element) {
  return element.is_object() &&
         (is_score(element) || is_observation(element) || is_trace(element) || is_joined(element));
}

Result<Records> convert_langfuse(const Value& element, record::Decoder& decoder) {
  TRY(Draft::of(element));
  Records records;
  if (is_like_score(element)) {
    TRY(add_scores(Value::array({element}), records, decoder));
    return records;
  }
  std::vector<otlp::Span> spans;
  if (is_like_observation(element)) {
    TRY_ASSIGN(otlp::Span span, langfuse::observation_span(element, text_or_nothing(element, "type")));
    spans.push_back(langfuse::bare_trace_span(trace_of(element)));
    spans.push_back(std::move(span));
    return assemble(std::move(spans), decoder);
  }
  TRY_ASSIGN(otlp::Span root, langfuse::trace_span(element));
  spans.push_back(std::move(root));
  TRY(add_observations(element, spans));
  TRY_ASSIGN(records, assemble(std::move(spans), decoder));
  if (const Value* const scores = element.find("scores")) TRY(add_scores(*scores, records, decoder));
  return records;
}

namespace {

class Join {
 public:
  void add(Value element) {
    if (is_like_score(element)) {
      joined_.push_back(std::move(element));
    } else if (is_like_observation(element)) {
      add_observation(std::move(element));
    } else {
      add_trace(std::move(element));
    }
  }

  std::vector<Value> take() {
    for (auto& [place, observations] : observations_) {
      joined_[place].set("observations", Value::array(std::move(observations)));
    }
    return std::move(joined_);
  }

 private:
  // Where the element of a trace is; a bare one until the trace itself comes.
  size_t place_of(const std::string& trace) {
    const auto [entry, is_new] = places_.try_emplace(trace, joined_.size());
    if (is_new) {
      joined_.push_back(Value::object({{"id", Value::string(trace)}}));
      observations_.try_emplace(entry->second);
    }
    return entry->second;
  }

  void add_observation(Value element) {
    if (langfuse::observation_span(element, text_or_nothing(element, "type"))) {
      observations_[place_of(trace_of(element))].push_back(std::move(element));
    } else {
      joined_.push_back(std::move(element));
    }
  }

  void add_trace(Value element) {
    const std::string id = text_or_nothing(element, "id");
    std::vector<Value> observations = take_inside(element, "observations", id);
    std::vector<Value> scores = take_inside(element, "scores", id);
    if (element.is_object() && langfuse::trace_span(element)) {
      joined_[place_of(id)] = std::move(element);
    } else {
      joined_.push_back(std::move(element));
    }
    for (Value& one : observations) add_observation(std::move(one));
    std::ranges::move(scores, std::back_inserter(joined_));
  }

  // What stands inside a trace is of it.
  static std::vector<Value> take_inside(Value& trace, std::string_view name, const std::string& id) {
    std::vector<Value> inside;
    for (auto& [key, value] : trace.members()) {
      if (key == name && value.is_array()) inside = std::move(std::exchange(value, Value::array()).items());
    }
    for (Value& one : inside) {
      if (one.is_object() && member(one, "traceId") == nullptr) one.set("traceId", Value::string(id));
    }
    return inside;
  }

  std::vector<Value> joined_;
  std::unordered_map<std::string, size_t> places_;     // by trace
  std::map<size_t, std::vector<Value>> observations_;  // by place
};

}  // namespace

std::vector<Value> join_langfuse_traces(std::vector<Value> elements) {
  Join join;
  for (Value& element : elements) join.add(std::move(element));
  return join.take();
}

}  // namespace gleaner::gateway
