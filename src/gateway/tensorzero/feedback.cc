#include "gateway/tensorzero/feedback.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/metric/named_metric.h"
#include "gateway/tensorzero/message.h"

namespace gleaner::gateway::tensorzero {
namespace {

using json::Value;

constexpr std::string_view kComment = "comment";
constexpr std::string_view kDemonstration = "demonstration";

const Value* member(const Value& object, std::string_view name) {
  const Value* const found = object.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Result<std::string> id_member(const Value& object, std::string_view name) {
  const Value* const found = member(object, name);
  if (found == nullptr) return std::string();
  if (found->is_string() && is_uuid(found->text())) return found->text();
  return fail(Code::kInvalidArgument, fmt::format("{}: expected a UUID, got {}", name, excerpt(found->dump())));
}

// Those of the application: who it was, a session, a release.
Status add_tags(const Value& feedback, Value& signal) {
  const Value* const tags = member(feedback, "tags");
  if (tags == nullptr) return {};
  if (!tags->is_object()) {
    return fail(Code::kInvalidArgument, fmt::format("tags: expected an object, got {}", tags->kind_name()));
  }
  const auto user = tags->find_string("user_id").value_or("");
  if (!user.empty()) signal.set("user_id", Value::string(std::string(user)));
  note_members(signal, *tags, user.empty() ? "" : "user_id");
  return {};
}

Status say(Value& signal, std::string_view metric, const Value& value) {
  if (metric == kComment) {
    if (!value.is_string()) {
      return fail(Code::kInvalidArgument, fmt::format("value: a comment is a string, got {}", value.kind_name()));
    }
    signal.set("kind", Value::string("comment"));
    signal.set("text", value);
  } else if (metric == kDemonstration) {
    signal.set("kind", Value::string("correction"));
    signal.set("reason", Value::string(std::string(kDemonstration)));
    signal.set("output", output_message(value));
  } else if (value.is_bool() || value.is_number()) {
    say_metric(signal, metric, value);
  } else {
    return fail(Code::kInvalidArgument,
                fmt::format("value: the metric {} takes a boolean or a number, got {}", metric, value.kind_name()));
  }
  return {};
}

std::string metric_of_row(const Value& row) {
  if (const auto name = row.find_string("metric_name")) return std::string(*name);
  return std::string(member(row, "inference_id") != nullptr ? kDemonstration : kComment);
}

}  // namespace

bool is_uuid(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return text.size() == kShape.size() && std::ranges::equal(text, kShape, [kHex](char c, char shape) {
           return shape == '-' ? c == '-' : kHex.contains(c);
         });
}

Result<Value> signal_of(const Value& feedback, const std::string& id) {
  if (!feedback.is_object()) return fail(Code::kInvalidArgument, "expected a JSON object");
  const auto metric = feedback.find_string("metric_name");
  if (!metric || metric->empty()) return fail(Code::kInvalidArgument, "metric_name: missing; expected a string");
  const Value* const value = member(feedback, "value");
  if (value == nullptr) return fail(Code::kInvalidArgument, "value: missing");
  TRY_ASSIGN(const std::string inference, id_member(feedback, "inference_id"));
  TRY_ASSIGN(const std::string episode, id_member(feedback, "episode_id"));
  if (inference.empty() == episode.empty()) {
    return fail(Code::kInvalidArgument, "expected exactly one of inference_id and episode_id");
  }
  if (inference.empty() && *metric == kDemonstration) {
    return fail(Code::kInvalidArgument, "inference_id: missing; a demonstration is of an inference");
  }
  Value signal = Value::object({{"id", Value::string(id)}});
  signal.set(inference.empty() ? "item_id" : "interaction_id", Value::string(inference.empty() ? episode : inference));
  TRY(say(signal, *metric, *value));
  TRY(add_tags(feedback, signal));
  return signal;
}

bool is_feedback_row(const Value& row) {
  if (!row.is_object() || row.find("value") == nullptr || !is_uuid(row.find_string("id").value_or(""))) return false;
  const bool has_target = is_uuid(row.find_string("target_id").value_or(""));
  if (row.find("metric_name") != nullptr || row.find("target_type") != nullptr) return has_target;
  return is_uuid(row.find_string("inference_id").value_or(""));
}

Result<Value> signal_of_row(const Value& row) {
  const std::string metric = metric_of_row(row);
  const bool is_demonstration = metric == kDemonstration;
  const std::string_view target = is_demonstration ? "inference_id" : "target_id";
  TRY_ASSIGN(const std::string id, id_member(row, target));
  TRY_ASSIGN(const std::string own, id_member(row, "id"));
  if (id.empty() || own.empty()) {
    return fail(Code::kInvalidArgument, fmt::format("{}: missing", own.empty() ? "id" : target));
  }
  const Value* const value = member(row, "value");
  if (value == nullptr) return fail(Code::kInvalidArgument, "value: missing");
  Value signal = Value::object();
  signal.set("id", Value::string(own));
  signal.set(is_demonstration ? "interaction_id" : "item_id", Value::string(id));
  TRY(say(signal, metric, is_demonstration ? opened(*value) : *value));
  TRY(add_tags(row, signal));
  return signal;
}

}  // namespace gleaner::gateway::tensorzero
