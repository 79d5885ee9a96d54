#include "api/signal_shape.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

namespace gleaner::api {
namespace {

using json::Value;

// What a field of a signal is called in a route's own body.
struct Rename {
  std::string_view theirs;
  std::string_view ours;
};

constexpr std::array kFeedbackNames = {
    Rename{"feedback_type", "kind"},        Rename{"interaction_id", "interaction_id"},
    Rename{"item_id", "item_id"},           Rename{"feedback_text", "text"},
    Rename{"sentiment_score", "value"},     Rename{"correction_notes", "reason"},
    Rename{"corrected_workflow", "output"}, Rename{"user_id", "user_id"},
    Rename{"metadata", "metadata"},         Rename{"feedback_id", "id"}};

constexpr std::array kEngagementNames = {Rename{"action", "kind"}, Rename{"insight_id", "item_id"},
                                         Rename{"timestamp", "created_at"}};

// Copies the members that have a name among `names`.
void take(const Value& from, std::span<const Rename> names, Value& to) {
  for (const Rename& name : names) {
    if (const Value* const value = from.find(name.theirs); value != nullptr && !value->is_null())
      to.set(std::string(name.ours), *value);
  }
}

// The error in the caller's words: a path that begins with our name begins with theirs.
Error rename(Error error, std::span<const Rename> names) {
  for (const Rename& name : names) {
    if (!error.message.starts_with(name.ours) || error.message.find_first_of(":.[") != name.ours.size()) continue;
    error.message.replace(0, name.ours.size(), name.theirs);
    break;
  }
  return error;
}

// The corrected output of an edit: text and messages as they are, any other JSON as the text it is.
Value corrected_output(const Value& corrected) {
  if (corrected.is_string() || corrected.find("role") != nullptr) return corrected;
  return Value::string(corrected.dump());
}

Result<Value> feedback_signal(const Value& body) {
  if (!body.is_object()) return fail(Code::kInvalidArgument, "expected one JSON object");
  const Value* const type = body.find("feedback_type");
  if (type == nullptr) {
    return fail(Code::kInvalidArgument, "feedback_type: missing; expected thumbs_up, thumbs_down, edit or report");
  }
  Value signal = Value::object();
  take(body, kFeedbackNames, signal);
  if (const Value* const corrected = signal.find("output")) signal.set("output", corrected_output(*corrected));
  return signal;
}

Result<Value> engagement_signal(const Value& body) {
  constexpr std::array<std::string_view, 5> kActions = {"like", "x", "bookmark", "share", "view"};
  if (!body.is_object()) return fail(Code::kInvalidArgument, "expected one JSON object");
  const auto action = body.find_string("action");
  if (!action || std::ranges::find(kActions, *action) == kActions.end()) {
    return fail(Code::kInvalidArgument, fmt::format("action: expected one of {}", fmt::join(kActions, ", ")));
  }
  Value signal = Value::object();
  take(body, kEngagementNames, signal);
  if (const Value* const metadata = body.find("metadata"); metadata != nullptr && metadata->is_object()) {
    Value rest = Value::object();
    for (const auto& [key, value] : metadata->members()) (key == "user_id" ? signal : rest).set(key, value);
    if (!rest.members().empty()) signal.set("metadata", std::move(rest));
  }
  if (signal.find("item_id") == nullptr) return fail(Code::kInvalidArgument, "insight_id: missing");
  return signal;
}

std::string answer_feedback(const std::string& id) {
  std::string out;
  json::Writer(out)
      .begin_object()
      .field("success", true)
      .field("feedback_id", id)
      .field("message", "Thank you for your feedback!")
      .end_object();
  return out;
}

std::string answer_engagement(const std::string& id) {
  std::string out;
  json::Writer(out).begin_object().field("success", true).field("id", id).end_object();
  return out;
}

constexpr SignalShape kFeedback = {
    &feedback_signal, [](Error error) { return rename(std::move(error), kFeedbackNames); }, &answer_feedback};
constexpr SignalShape kEngagement = {
    &engagement_signal, [](Error error) { return rename(std::move(error), kEngagementNames); }, &answer_engagement};

}  // namespace

const SignalShape& feedback_shape() {
  return kFeedback;
}

const SignalShape& engagement_shape() {
  return kEngagement;
}

}  // namespace gleaner::api
