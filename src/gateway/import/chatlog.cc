// chat_logs.jsonl and its like: one question and its answer a line, under whatever names the logger had for them.
#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

const Names kQuestions = {"user_message", "message", "query", "prompt", "question"};
const Names kAnswers = {"bot_response", "response", "answer", "reply"};

// response_time is in seconds; no answer takes a thousand of them, so a larger number must be milliseconds.
void take_latency(Draft& draft) {
  constexpr double kMostSeconds = 1000;
  draft.take({"response_time_ms", "latency_ms"}, "latency_ms");
  const Value* const time = draft.use({"response_time"});
  if (time == nullptr) return;
  Value ms = *time;
  if (time->is_number() && time->as_double() < kMostSeconds) {
    std::string text;
    json::append_number(text, time->as_double() * 1000);
    ms = Value::number(std::move(text));
  }
  draft.set("latency_ms", std::move(ms), "response_time");
}

// The feedback that stands in the line: a thumb, or an object with one and a comment. Null if there is none.
Result<Value> read_feedback(Draft& draft, const std::string& id) {
  const Value* feedback = draft.use({"feedback", "user_feedback", "feedback_type"});
  const Value* comment = draft.use({"feedback_text", "feedback_comment"});
  if (feedback == nullptr) return Value();
  const std::string identity = feedback->dump();
  if (feedback->is_object()) {
    if (comment == nullptr) comment = first_of(*feedback, {"comment", "text"});
    feedback = first_of(*feedback, {"feedback_type", "type"});
    if (feedback == nullptr)
      return fail(Code::kInvalidArgument, "feedback.type: missing; expected positive or negative");
  }
  TRY_ASSIGN(const std::string_view thumb, read_thumb("feedback", *feedback));
  if (thumb.empty()) return Value();
  Value signal = signal_on(id, thumb, identity);
  if (comment != nullptr) signal.set("text", *comment);
  if (const Value* const user = draft.peek("user_id")) signal.set("user_id", *user);
  return signal;
}

}  // namespace

bool is_chatlog(const Value& element) {
  return first_of(element, kQuestions) != nullptr && first_of(element, kAnswers) != nullptr;
}

Result<Records> convert_chatlog(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  const std::string id = draft.identify({"id", "interaction_id", "message_id"});
  TRY_ASSIGN(const Value* const question, draft.need(kQuestions, Kind::kString));
  TRY_ASSIGN(const Value* const answer, draft.need(kAnswers, Kind::kString));
  draft.set("kind", text_value("chat"));
  draft.set("messages", Value::array({message("user", question->text())}));
  draft.set("output", *answer);
  if (const Value* const metadata = draft.peek("metadata"); metadata != nullptr && metadata->is_object()) {
    TRY(draft.open("metadata"));
  }
  TRY_ASSIGN(const Value feedback, read_feedback(draft, id));
  take_latency(draft);
  draft.take({"timestamp", "created_at"}, "created_at");
  draft.take({"session_id"}, "session_id");
  draft.take({"language", "lang"}, "language");
  draft.take({"intent"}, "intent");
  draft.take({"model", "model_name"}, "model");
  draft.take({"platform"}, "platform");
  return with_signal(draft, feedback, "feedback", decoder);
}

}  // namespace gleaner::gateway
