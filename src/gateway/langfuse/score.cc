#include "gateway/langfuse/score.h"

#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/langfuse/id.h"
#include "gateway/langfuse/member.h"
#include "gateway/metric/named_metric.h"
#include "record/session_item.h"

namespace gleaner::gateway::langfuse {
namespace {

using json::Value;

// Which interaction it is about, as an item: the store knows whether that is one of its own or part of one.
Result<std::string> target_of(const Value& score) {
  TRY_ASSIGN(const std::string trace, text_member(score, "traceId"));
  TRY_ASSIGN(const std::string observation, text_member(score, "observationId"));
  TRY_ASSIGN(const std::string session, text_member(score, "sessionId"));
  if (!trace.empty()) return observation.empty() ? record_id(trace) : record_id(trace, observation);
  if (!session.empty()) return record::session_item(session);
  if (member(score, "datasetRunId") != nullptr) {
    return fail(Code::kInvalidArgument, "datasetRunId: scores of dataset runs are not about an interaction");
  }
  return fail(Code::kInvalidArgument, "traceId: missing; a score needs traceId or sessionId");
}

// In an export the number stands in "value" and the word in "string_value", and each is there for the other.
Result<Value> value_of(const Value& score, std::string_view type) {
  const Value* const word = member(score, "stringValue");
  const Value* value = member(score, "value");
  const bool is_word = type == "CATEGORICAL" || type == "TEXT" || type == "CORRECTION";
  if (word != nullptr && word->is_string() && !word->text().empty() && (is_word || value == nullptr)) value = word;
  if (const Value* const text = member(score, "longStringValue"); text != nullptr && type == "CORRECTION") {
    if (text->is_string() && !text->text().empty()) value = text;
  }
  if (value == nullptr) return fail(Code::kInvalidArgument, "value: missing");
  if (!value->is_number() && !value->is_string() && !value->is_bool()) {
    return fail(Code::kInvalidArgument,
                fmt::format("value: expected a number or a string, got {}", value->kind_name()));
  }
  if (type != "BOOLEAN" || !value->is_number()) return *value;
  const double number = value->as_double();
  if (number == 0 || number == 1) return Value::boolean(number == 1);
  return fail(Code::kInvalidArgument, fmt::format("value: expected 0 or 1 for a BOOLEAN, got {}", value->text()));
}

void say_source(const Value& score, Value& signal) {
  const std::string source = ascii_lower(text_or_nothing(score, "source"));
  if (source == "annotation") signal.set("author", Value::string("human"));
  if (source == "eval") signal.set("author", Value::string("model"));
}

// A comment that says more than the value does; where the value is words itself, both.
void add_comment(const Value& score, Value& signal) {
  const std::string comment = text_or_nothing(score, "comment");
  if (comment.empty()) return;
  if (signal.find("text") == nullptr) {
    signal.set("text", Value::string(comment));
  } else {
    note(signal, "comment", Value::string(comment));
  }
}

}  // namespace

std::string score_id(const Value& score) {
  return text_or_nothing(score, "id");
}

Result<Value> signal_of(const Value& score, const std::string& otherwise) {
  if (!score.is_object()) return fail(Code::kInvalidArgument, "expected an object");
  TRY_ASSIGN(std::string target, target_of(score));
  TRY_ASSIGN(const std::string name, text_member(score, "name"));
  if (name.empty()) return fail(Code::kInvalidArgument, "name: missing");
  const std::string type = text_or_nothing(score, "dataType");
  TRY_ASSIGN(const Value value, value_of(score, type));
  Value signal = Value::object({{"item_id", Value::string(std::move(target))}});
  if (type == "CORRECTION") {
    signal.set("kind", Value::string("correction"));
    signal.set("reason", Value::string(name));
    signal.set("output", Value::string(value.text()));
  } else {
    say_metric(signal, name, value);
  }
  say_source(score, signal);
  add_comment(score, signal);
  if (const Value* const metadata = member(score, "metadata"); metadata != nullptr) {
    if (metadata->is_object()) {
      note_members(signal, *metadata);
    } else {
      note(signal, "metadata", *metadata);
    }
  }
  for (const std::string_view key : {"environment", "configId", "queueId", "authorUserId"}) {
    if (const Value* const one = member(score, key)) note(signal, key == "authorUserId" ? "user_id" : key, *one);
  }
  constexpr size_t kDigits = 32;
  const std::string id = score_id(score);
  const std::string all = (id.empty() ? otherwise : id) + '\0' + signal.dump();
  signal.set("id", Value::string("langfuse_" + to_hex(sha256(all)).substr(0, kDigits)));
  TRY_ASSIGN(const std::string made, text_member(score, "timestamp"));
  if (!made.empty()) signal.set("created_at", Value::string(made));
  return signal;
}

}  // namespace gleaner::gateway::langfuse
