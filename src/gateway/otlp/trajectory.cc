#include "gateway/otlp/trajectory.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "gateway/otlp/chat.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

bool is_tool(const SpanFacts& call) {
  return call.role == Role::kTool || call.role == Role::kRetriever;
}

std::string tool_name(const SpanFacts& call) {
  return call.tool_name.empty() ? call.name : call.tool_name;
}

class Steps {
 public:
  Steps(const std::vector<Value>& messages, std::string_view answer, const std::vector<SpanFacts>& calls)
      : answer_(answer) {
    for (const Value& message : messages) is_new(message);
    for (const SpanFacts& call : calls) {
      if (!is_tool(call)) continue;
      if (!call.tool_call_id.empty()) {
        call_ids_.insert(call.tool_call_id);
      } else {
        unnamed_calls_.insert(tool_name(call));
      }
    }
    // The answer is that of the last call that gives it.
    for (const SpanFacts& call : calls) {
      const bool says = !answer_.empty() && !is_tool(call) && !call.output.empty();
      if (says && said(call.output.front()) == answer_) answering_ = &call;
    }
  }

  Value step(const SpanFacts& call) {
    Value step = Value::object({{"type", Value::string(is_tool(call) ? "tool" : "model")}});
    if (!call.id.empty()) step.set("id", Value::string(call.id));
    if (!call.name.empty()) step.set("name", Value::string(call.name));
    if (is_tool(call)) {
      describe_tool(call, step);
    } else {
      describe_model(call, step);
    }
    if (const auto ms = call.latency_ms()) {
      std::string text;
      json::append_number(text, *ms);
      step.set("duration_ms", Value::number(std::move(text)));
    }
    if (call.success) step.set("ok", Value::boolean(*call.success));
    if (!is_empty(call.error)) step.set("error", call.error);
    Value metadata = call.metadata;
    std::erase_if(metadata.members(), [](const Value::Member& member) { return member.first == "otel"; });
    if (!is_empty(metadata)) step.set("metadata", std::move(metadata));
    return step;
  }

 private:
  bool is_new(const Value& message) { return seen_.insert(hash_of(message)).second; }

  // Whether a tool's step tells of this call.
  bool has_step(const Value& call) {
    if (const auto id = call.find_string("id"); id && call_ids_.contains(std::string(*id))) return true;
    const Value* const function = call.find("function");
    const auto name = function == nullptr ? std::nullopt : function->find_string("name");
    return name && unnamed_calls_.contains(std::string(*name));
  }

  // Whether a tool's step tells of this answer.
  bool has_observation(const Value& message) const {
    const auto id = message.find_string("tool_call_id");
    if (!has_role(message, "tool")) return false;
    return (id && call_ids_.contains(std::string(*id))) || !unnamed_calls_.empty();
  }

  static void describe_tool(const SpanFacts& call, Value& step) {
    Value action = Value::object({{"tool", Value::string(tool_name(call))}});
    if (!call.tool_arguments.is_null()) action.set("arguments", call.tool_arguments);
    step.set("action", std::move(action));
    if (!call.tool_result.is_null()) step.set("observation", call.tool_result);
    if (!call.tool_call_id.empty()) step.set("call_id", Value::string(call.tool_call_id));
  }

  void describe_model(const SpanFacts& call, Value& step) {
    Value messages = Value::array();
    for (const Value& message : call.messages) {
      if (is_new(message) && !has_observation(message) && !is_repeated(message)) messages.push(message);
    }
    if (!is_empty(messages)) step.set("messages", std::move(messages));
    if (!call.output.empty()) describe_output(call, step);
    if (!call.model.empty()) step.set("model", Value::string(call.model));
    if (!is_empty(call.usage)) step.set("usage", call.usage);
    std::string ttft;
    if (call.ttft_ms) {
      json::append_number(ttft, *call.ttft_ms);
      step.set("ttft_ms", Value::number(std::move(ttft)));
    }
  }

  // What an earlier step said: the same words, though perhaps written another way.
  bool is_repeated(const Value& message) const {
    if (!has_role(message, "assistant")) return false;
    const Value* const calls = message.find("tool_calls");
    const bool known = calls == nullptr || std::ranges::all_of(calls->items(), [this](const Value& call) {
                         const auto id = call.find_string("id");
                         return id && said_calls_.contains(std::string(*id));
                       });
    return known && (said_.contains(said(message)) || (calls != nullptr && said(message).empty()));
  }

  void describe_output(const SpanFacts& call, Value& step) {
    const Value& output = call.output.front();
    is_new(output);
    std::string text = said(output);
    said_.insert(text);
    if (&call == answering_) {
      step.set("answer", Value::boolean(true));
    } else if (!text.empty()) {
      step.set("thought", Value::string(std::move(text)));
    }
    if (const Value* const reasoning = output.find("reasoning_content")) step.set("reasoning", *reasoning);
    if (const Value* const refusal = output.find("refusal")) step.set("refusal", *refusal);
    const Value* const calls = output.find("tool_calls");
    if (calls == nullptr) return;
    bool all_have_steps = true;
    for (const Value& one : calls->items()) {
      if (const auto id = one.find_string("id")) said_calls_.insert(std::string(*id));
      all_have_steps = all_have_steps && has_step(one);
    }
    if (!all_have_steps) step.set("tool_calls", *calls);
  }

  std::string_view answer_;
  const SpanFacts* answering_ = nullptr;
  std::unordered_set<uint64_t> seen_;
  std::unordered_set<std::string> said_;
  std::unordered_set<std::string> said_calls_;
  std::unordered_set<std::string> call_ids_;
  std::unordered_set<std::string> unnamed_calls_;  // of tools whose spans do not say which call they are
};

}  // namespace

Value trajectory(const std::vector<Value>& messages, std::string_view answer, const std::vector<SpanFacts>& calls) {
  Steps steps(messages, answer, calls);
  Value all = Value::array();
  for (const SpanFacts& call : calls) all.push(steps.step(call));
  return all;
}

}  // namespace gleaner::gateway::otlp
