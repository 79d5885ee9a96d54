// OpenAI fine-tuning lines: {"messages":[...]} of a chat, and {"input":{"messages":[...]}, "preferred_output":[...],
// "non_preferred_output":[...]} of a preference, whose outputs were once called *_completion.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

constexpr std::string_view kPreferred = "preferred_output";
constexpr std::string_view kPreferredOld = "preferred_completion";
constexpr std::string_view kRejected = "non_preferred_output";
constexpr std::string_view kRejectedOld = "non_preferred_completion";

bool is_chat(const Value& element) {
  constexpr std::array<std::string_view, 4> kKeys = {"messages", "tools", "parallel_tool_calls", "functions"};
  const Value* const messages = element.find("messages");
  return messages != nullptr && messages->is_array() &&
         std::ranges::all_of(element.members(), [&](const Value::Member& member) {
           return std::ranges::find(kKeys, member.first) != kKeys.end();
         });
}

bool is_preference(const Value& element) {
  return element.find(kPreferred) != nullptr || element.find(kPreferredOld) != nullptr;
}

void take_settings(Draft& draft) {
  draft.take({"tools"}, "tools");
  draft.take({"model"}, "model");
  if (const Value* const parallel = draft.use({"parallel_tool_calls"})) {
    draft.set("parameters", Value::object({{"parallel_tool_calls", *parallel}}));
  }
}

Result<Records> convert_chat(Draft draft, record::Decoder& decoder) {
  draft.identify({"id"});
  take_settings(draft);
  TRY_ASSIGN(const Value* const messages, draft.need({"messages"}, Kind::kArray));
  set_conversation(draft, messages->items(), "messages");
  return one(draft.interaction(decoder));
}

// A signal and an interaction have room for one message each.
Result<Value> one_message(Draft& draft, std::string_view name, std::string_view old_name) {
  const Value* const outputs = draft.use({name, old_name});
  if (outputs == nullptr) return fail(Code::kInvalidArgument, fmt::format("{}: missing", name));
  if (!outputs->is_array()) return *outputs;
  if (outputs->items().size() == 1) return outputs->items().front();
  return fail(Code::kInvalidArgument,
              fmt::format("{}: expected one assistant message, got {} messages", name, outputs->items().size()));
}

Result<Records> convert_preference(Draft draft, record::Decoder& decoder) {
  const std::string id = draft.identify({"id"});
  TRY(draft.need({"input"}, Kind::kObject));
  TRY(draft.open("input"));
  take_settings(draft);
  const auto messages = draft.need({"messages"}, Kind::kArray);
  if (!messages) return fail_in("input", messages.error());
  draft.set("messages", **messages, "input.messages");
  TRY_ASSIGN(Value rejected, one_message(draft, kRejected, kRejectedOld));
  TRY_ASSIGN(Value preferred, one_message(draft, kPreferred, kPreferredOld));
  draft.set("output", std::move(rejected), std::string(kRejected));
  Value correction = signal_on(id, "correction");
  correction.set("output", std::move(preferred));
  return with_signal(draft, correction, kPreferred, decoder);
}

}  // namespace

bool is_openai(const Value& element) {
  return is_preference(element) || is_chat(element);
}

Result<Records> convert_openai(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  return is_preference(element) ? convert_preference(std::move(draft), decoder)
                                : convert_chat(std::move(draft), decoder);
}

}  // namespace gleaner::gateway
