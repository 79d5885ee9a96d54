// Rows of TensorZero's tables, as ClickHouse writes them with FORMAT JSONEachRow: ChatInference, JsonInference,
// BooleanMetricFeedback, FloatMetricFeedback, CommentFeedback and DemonstrationFeedback. Columns that are JSON may be
// texts. An inference keeps its id, so that its feedback finds it, in whichever order the files are read.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/time.h"
#include "base/uuid.h"
#include "gateway/import/shapes.h"
#include "gateway/tensorzero/feedback.h"
#include "gateway/tensorzero/message.h"

namespace gleaner::gateway {
namespace {

using json::Value;

bool is_inference(const Value& element) {
  constexpr std::array<std::string_view, 5> kColumns = {"function_name", "variant_name", "episode_id", "input",
                                                        "output"};
  return element.is_object() && tensorzero::is_uuid(element.find_string("id").value_or("")) &&
         std::ranges::all_of(kColumns, [&element](std::string_view name) { return element.find(name) != nullptr; });
}

// {"chat_completion":{"temperature":0.5}}: of the variant's own type.
void take_parameters(Draft& draft) {
  const Value* const written = draft.use({"inference_params"});
  if (written == nullptr) return;
  const Value params = tensorzero::opened(*written);
  for (const auto& [type, own] : params.members()) {
    Value said = Value::object();
    for (const auto& [name, value] : own.members()) {
      if (!value.is_null()) said.set(name, value);
    }
    if (!said.members().empty()) return draft.set("parameters", std::move(said), "inference_params");
  }
}

Value tool(const Value& written) {
  const Value definition = tensorzero::opened(written);
  Value function = Value::object();
  for (const std::string_view name : {"name", "description", "parameters", "strict"}) {
    if (const Value* const found = definition.find(name)) function.set(std::string(name), *found);
  }
  return Value::object({{"type", Value::string("function")}, {"function", std::move(function)}});
}

// Those that the model was given: of older rows in tool_params, of newer ones in dynamic_tools.
void take_tools(Draft& draft) {
  Value tools = Value::array();
  if (const Value* const written = draft.use({"tool_params"})) {
    const Value params = tensorzero::opened(*written);
    if (const Value* const available = params.find("tools_available")) {
      for (const Value& one : available->items()) tools.push(tool(one));
    }
  }
  if (const Value* const more = draft.use({"dynamic_tools"})) {
    for (const Value& one : more->items()) tools.push(tool(one));
  }
  if (!tools.items().empty()) draft.set("tools", std::move(tools));
}

void take_tags(Draft& draft) {
  const Value* const tags = draft.use({"tags"});
  if (tags == nullptr) return;
  for (const auto& [name, value] : tags->members()) {
    if (name == "user_id") {
      draft.set("user_id", value, "tags.user_id");
    } else {
      draft.note(name, value);
    }
  }
}

Result<Value> need_opened(Draft& draft, std::string_view name) {
  const Value* const written = draft.use({name});
  if (written == nullptr) return fail(Code::kInvalidArgument, std::string(name) + ": missing");
  return tensorzero::opened(*written);
}

Result<Records> convert_inference(const Value& row, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(row));
  const std::string id = draft.identify({"id"});
  draft.use({"timestamp", "snapshot_hash"});
  if (const auto at = uuid_v7_time(id)) draft.set("created_at", text_value(format_time(*at)));
  TRY_ASSIGN(const Value* const function, draft.need({"function_name"}, Kind::kString));
  // What TensorZero trains and counts by.
  draft.set("platform", *function, "function_name");
  draft.set("experiment", *function, "function_name");
  draft.take({"variant_name"}, "variant");
  TRY_ASSIGN(const Value* const episode, draft.need({"episode_id"}, Kind::kString));
  draft.set("session_id", *episode, "episode_id");
  draft.set("items", Value::array({Value::object({{"id", *episode}})}), "episode_id");
  TRY_ASSIGN(const Value input, need_opened(draft, "input"));
  draft.set("messages", Value::array(tensorzero::input_messages(input)), "input");
  TRY_ASSIGN(const Value output, need_opened(draft, "output"));
  draft.set("kind", text_value(output.is_object() ? "extraction" : "chat"));
  draft.set("output", tensorzero::output_message(output), "output");
  draft.take({"processing_time_ms"}, "latency_ms");
  draft.take({"ttft_ms"}, "ttft_ms");
  take_parameters(draft);
  take_tools(draft);
  take_tags(draft);
  return one(draft.interaction(decoder));
}

}  // namespace

bool is_tensorzero(const Value& element) {
  return is_inference(element) || tensorzero::is_feedback_row(element);
}

Result<Records> convert_tensorzero(const Value& element, record::Decoder& decoder) {
  TRY(Draft::of(element));
  if (is_inference(element)) return convert_inference(element, decoder);
  TRY_ASSIGN(Value signal, tensorzero::signal_of_row(element));
  if (const auto at = uuid_v7_time(signal.find_string("id").value_or(""))) {
    signal.set("created_at", text_value(format_time(*at)));
  }
  return one(decode_signal(signal, decoder));
}

}  // namespace gleaner::gateway
