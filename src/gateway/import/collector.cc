// The files of TrainingCollector: examples_<day>.jsonl, one captured answer a line, and corrections.jsonl.
#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

std::string_view kind_of(std::string_view source) {
  if (source == "spec_interpretation") return "spec_qa";
  if (source.ends_with("calculation")) return "calculation";
  if (source.ends_with("_generation")) return "document";
  return source;
}

Result<Value> question(Draft& draft, std::string_view name) {
  TRY_ASSIGN(const Value* const prompt, draft.need({name}, Kind::kString));
  return Value::array({message("user", prompt->text())});
}

// What both files say of a record in the same words.
void take_rest(Draft& draft) {
  draft.take({"timestamp"}, "created_at");
  draft.take({"tags"}, "tags");
  draft.take({"project_context"}, "platform");
  draft.take({"domain_relevance"}, "relevance");
  draft.take({"auto_score"}, "auto_score");
  draft.take({"latency_ms"}, "latency_ms");
}

Result<Records> convert_example(Draft draft, record::Decoder& decoder) {
  const std::string id = draft.identify({"id"});
  TRY(draft.open("metadata"));
  TRY(draft.open("quality"));
  take_rest(draft);
  TRY_ASSIGN(Value messages, question(draft, "prompt"));
  TRY_ASSIGN(const Value* const response, draft.need({"response"}, Kind::kString));
  TRY_ASSIGN(const Value* const source, draft.use({"source"}, Kind::kString));
  draft.set("messages", std::move(messages), "prompt");
  draft.set("output", *response, "response");
  if (source != nullptr) {
    draft.set("kind", text_value(kind_of(source->text())), "source");
    draft.note("source", *source);
  }
  // The collector changes these two when feedback comes. The interaction has to stay as it was imported before.
  draft.use({"was_corrected"});
  draft.use({"verified_accurate"});
  Value signal;
  if (const Value* const feedback = draft.use({"user_feedback"})) {
    TRY_ASSIGN(const std::string_view thumb, read_thumb("quality.user_feedback", *feedback));
    if (!thumb.empty()) signal = signal_on(id, thumb);
  }
  return with_signal(draft, signal, "quality", decoder);
}

// The collector counts corrections in seconds, so that two of one second have the same id: it cannot be theirs here.
Result<Records> convert_correction(Draft draft, record::Decoder& decoder) {
  const std::string id = draft.identify();
  TRY(draft.open("quality"));
  TRY_ASSIGN(Value messages, question(draft, "original_prompt"));
  TRY_ASSIGN(const Value* const original, draft.need({"original_response"}, Kind::kString));
  TRY_ASSIGN(const Value* const corrected, draft.need({"corrected_response"}, Kind::kString));
  TRY_ASSIGN(const Value* const reason, draft.use({"correction_reason"}, Kind::kString));
  TRY_ASSIGN(const Value* const corrector, draft.use({"corrector"}, Kind::kString));
  Value correction = signal_on(id, "correction");
  correction.set("output", *corrected);
  if (reason != nullptr) correction.set("reason", *reason);
  if (corrector != nullptr && corrector->text() == "user") {
    correction.set("author", text_value("human"));
  } else if (corrector != nullptr) {
    correction.set("user_id", *corrector);
  }
  if (const Value* const time = draft.peek("timestamp")) correction.set("created_at", *time);
  take_rest(draft);
  draft.set("messages", std::move(messages), "original_prompt");
  draft.set("output", *original, "original_response");
  return with_signal(draft, correction, "correction", decoder);
}

bool is_correction(const Value& element) {
  return element.find("corrected_response") != nullptr;
}

}  // namespace

bool is_collector(const Value& element) {
  if (is_correction(element)) return element.find("original_prompt") != nullptr;
  return first_of(element, {"quality", "project_context", "include_in_training"}) != nullptr &&
         element.find("prompt") != nullptr && element.find("response") != nullptr;
}

Result<Records> convert_collector(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  return is_correction(element) ? convert_correction(std::move(draft), decoder)
                                : convert_example(std::move(draft), decoder);
}

}  // namespace gleaner::gateway
