#include "gateway/otlp/evaluation.h"

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/otlp/span_facts.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

constexpr std::string_view kResult = "gen_ai.evaluation.result";
constexpr uint64_t kNsPerMs = 1'000'000;

// One judgement, whoever wrote it.
struct Judgement {
  std::string item_id;
  std::string name;
  const Value* score = nullptr;
  std::string label;
  std::string explanation;
  std::string author;
  uint64_t time_ns = 0;
  Value metadata = Value::object();
};

// Labels that are a score by themselves.
std::optional<bool> verdict_of(std::string_view label) {
  constexpr std::array<std::string_view, 5> kGood = {"pass", "passed", "true", "yes", "correct"};
  constexpr std::array<std::string_view, 5> kBad = {"fail", "failed", "false", "no", "incorrect"};
  const std::string lower = ascii_lower(label);
  for (const std::string_view word : kGood) {
    if (lower == word) return true;
  }
  for (const std::string_view word : kBad) {
    if (lower == word) return false;
  }
  return {};
}

std::string text_at(const Attributes& attributes, std::string_view key) {
  const Value* const value = find_attribute(attributes, key);
  return value == nullptr ? std::string() : text_of(*value);
}

// A score, or, where there is only a word, a comment.
std::optional<record::Signal> signal_of(const Judgement& judgement) {
  record::Signal signal;
  signal.kind = record::SignalKind::kScore;
  const auto score = judgement.score == nullptr ? std::nullopt : json_number(*judgement.score);
  const auto verdict = verdict_of(judgement.label);
  if (score) {
    signal.value.text = score->text();
  } else if (verdict) {
    signal.value.text = *verdict ? "true" : "false";
  } else {
    signal.kind = record::SignalKind::kComment;
    if (judgement.label.empty() && judgement.explanation.empty()) return {};
  }
  if (judgement.name.empty()) return {};
  signal.text = judgement.explanation.empty() && !score && !verdict ? judgement.label : judgement.explanation;
  signal.item_id = judgement.item_id;
  signal.author = judgement.author;
  if (judgement.time_ns > 0) signal.created_at = from_ms(static_cast<int64_t>(judgement.time_ns / kNsPerMs));
  signal.reason = judgement.name;  // as importers name a metric
  Value metadata = judgement.metadata;
  if (!judgement.label.empty()) metadata.set("label", Value::string(judgement.label));
  if (!is_empty(metadata)) signal.metadata.text = metadata.dump();
  std::string all = signal.item_id;
  for (const std::string_view part : {std::string_view(signal.reason), std::string_view(signal.metadata.text),
                                      std::string_view(signal.value.text), std::string_view(signal.text)}) {
    all.append(1, '\0').append(part);
  }
  all += std::to_string(judgement.time_ns);
  constexpr size_t kDigits = 32;
  signal.id = "otlp_" + to_hex(sha256(all)).substr(0, kDigits);
  return signal;
}

std::optional<record::Signal> read_event(const Attributes& attributes, uint64_t time_ns, std::string span_item) {
  Judgement judgement;
  judgement.name = text_at(attributes, "gen_ai.evaluation.name");
  judgement.score = find_attribute(attributes, "gen_ai.evaluation.score.value");
  judgement.label = text_at(attributes, "gen_ai.evaluation.score.label");
  judgement.explanation = text_at(attributes, "gen_ai.evaluation.explanation");
  judgement.author = "model";
  judgement.time_ns = time_ns;
  // An evaluator that runs elsewhere writes into its own span, and names the response it means.
  judgement.item_id = text_at(attributes, "gen_ai.response.id");
  if (!fits(judgement.item_id, kMaxIdBytes)) judgement.item_id = std::move(span_item);
  if (judgement.item_id.empty()) return {};
  return signal_of(judgement);
}

// annotations.0.annotation.name and its like, unflattened.
void read_inline(const Span& span, std::string_view prefix, std::string_view wrapper,
                 std::vector<record::Signal>& signals) {
  std::vector<const Attribute*> attributes;
  for (const Attribute& one : span.attributes) {
    if (one.key.starts_with(prefix)) attributes.push_back(&one);
  }
  if (attributes.empty()) return;
  const Value list = unflatten(prefix, attributes);
  for (const Value& item : list.items()) {
    const Value* const inner = item.find(wrapper);
    if (inner == nullptr) continue;
    const auto text = [inner](std::string_view name) {
      const Value* const value = inner->find(name);
      return value == nullptr ? std::string() : text_of(*value);
    };
    Judgement judgement;
    judgement.item_id = span_record_id(span);
    judgement.name = text("name");
    judgement.score = inner->find("score");
    judgement.label = text("label");
    judgement.explanation = text("explanation");
    const std::string kind = text("annotator_kind");
    judgement.author = kind == "HUMAN" ? "human" : kind == "CODE" ? "code" : "model";
    judgement.time_ns = span.end_ns;
    if (const Value* const metadata = inner->find("metadata")) {
      if (Value object = opened(*metadata); object.is_object()) judgement.metadata = std::move(object);
    }
    if (auto signal = signal_of(judgement)) signals.push_back(*std::move(signal));
  }
}

}  // namespace

bool is_evaluation_event(std::string_view name) {
  return name == kResult;
}

std::vector<record::Signal> read_evaluations(const Span& span) {
  std::vector<record::Signal> signals;
  for (const Event& event : span.events) {
    if (!is_evaluation_event(event.name)) continue;
    if (auto signal = read_event(event.attributes, event.time_ns, span_record_id(span))) {
      signals.push_back(*std::move(signal));
    }
  }
  read_inline(span, "annotations.", "annotation", signals);
  read_inline(span, "evaluations.", "evaluation", signals);
  return signals;
}

std::vector<record::Signal> read_evaluations(const LogRecord& log) {
  std::vector<record::Signal> signals;
  const bool in_span = !log.trace_id.empty() && !log.span_id.empty();
  auto signal = read_event(log.attributes, log.time_ns, in_span ? span_record_id(log.trace_id, log.span_id) : "");
  if (signal) signals.push_back(*std::move(signal));
  return signals;
}

}  // namespace gleaner::gateway::otlp
