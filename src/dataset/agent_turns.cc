#include "dataset/agent_turns.h"

#include <map>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace gleaner::dataset {
namespace {

using json::Value;

constexpr size_t kMaxToolName = 64;

// Trainers take letters, digits, _ and - in the name of a function.
std::string function_name(std::string_view tool) {
  std::string name(tool.substr(0, kMaxToolName));
  for (char& c : name) {
    const bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!fine) c = '_';
  }
  return name;
}

std::string text_of(const Value& value) {
  return value.is_string() ? value.text() : value.is_null() ? std::string() : value.dump();
}

std::string text_of(const Value& step, std::string_view name) {
  const Value* const value = step.find(name);
  return value == nullptr ? std::string() : text_of(*value);
}

std::string_view type_of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kBool:
      return "boolean";
    case Value::Kind::kNumber:
      return "number";
    case Value::Kind::kArray:
      return "array";
    case Value::Kind::kObject:
      return "object";
    default:
      return "string";
  }
}

// What tools were called with: name, then argument and type, each in the order of their names.
using ToolArguments = std::map<std::string, std::map<std::string, std::string_view>>;

std::string definitions(const ToolArguments& tools) {
  std::string out;
  json::Writer w(out);
  w.begin_array();
  for (const auto& [name, arguments] : tools) {
    w.begin_object().field("type", "function").key("function").begin_object().field("name", name);
    w.field("description", name).key("parameters").begin_object().field("type", "object").key("properties");
    w.begin_object();
    for (const auto& [argument, type] : arguments) w.key(argument).begin_object().field("type", type).end_object();
    w.end_object().end_object().end_object().end_object();
  }
  w.end_array();
  return out;
}

class Turns {
 public:
  void say(std::string_view content) {
    Value message = from("assistant");
    message.set("content", Value::string(std::string(content)));
    messages_.push(std::move(message));
  }

  void step(const Value& step) {
    const std::string thought = text_of(step, "thought");
    const std::string observation = text_of(step, "observation");
    const Value* const action = step.find("action");
    const std::string tool = action == nullptr ? std::string() : text_of(*action, "tool");
    if (tool.empty()) {
      if (!thought.empty()) say(thought);
      if (!observation.empty()) observe(from("user"), observation);
      return;
    }
    call(function_name(tool), action->find("arguments"), thought);
    Value answer = from("tool");
    answer.set("tool_call_id", Value::string(call_id()));
    observe(std::move(answer), observation);
  }

  void end(Value message) { messages_.push(std::move(message)); }

  // What stands behind the assistant's last word is nothing to learn.
  bool cut() {
    std::vector<Value>& all = messages_.items();
    while (!all.empty() && all.back().find_string("role") != "assistant") all.pop_back();
    return !all.empty();
  }

  std::string messages() const { return messages_.dump(); }
  std::string tools() const { return tools_.empty() ? std::string() : definitions(tools_); }

 private:
  static Value from(std::string_view role) { return Value::object({{"role", Value::string(std::string(role))}}); }

  std::string call_id() const { return fmt::format("call_{}", calls_); }

  void observe(Value message, std::string content) {
    message.set("content", Value::string(std::move(content)));
    messages_.push(std::move(message));
  }

  void call(const std::string& name, const Value* given, const std::string& thought) {
    Value arguments = Value::object();
    if (given != nullptr && given->is_object()) {
      arguments = *given;
    } else if (given != nullptr && !given->is_null()) {
      arguments.set("input", *given);
    }
    auto& known = tools_[name];
    for (const auto& [argument, value] : arguments.members()) known.try_emplace(argument, type_of(value));
    ++calls_;
    Value function = Value::object({{"name", Value::string(name)}, {"arguments", Value::string(arguments.dump())}});
    Value call = Value::object(
        {{"id", Value::string(call_id())}, {"type", Value::string("function")}, {"function", std::move(function)}});
    Value message = from("assistant");
    message.set("content", thought.empty() ? Value() : Value::string(thought));
    message.set("tool_calls", Value::array({std::move(call)}));
    messages_.push(std::move(message));
  }

  Value messages_ = Value::array();
  ToolArguments tools_;
  int calls_ = 0;
};

// The answer that a step gives by finishing.
std::optional<std::string> finish_of(const Value& step) {
  const Value* const action = step.find("action");
  if (action == nullptr || ascii_lower(action->find_string("tool").value_or("")) != "finish") return std::nullopt;
  const Value* const arguments = action->find("arguments");
  if (arguments == nullptr || (arguments->is_object() && arguments->members().empty())) return std::string();
  return text_of(*arguments);
}

}  // namespace

Result<AgentTurns> agent_turns(std::string_view trajectory, std::string_view output) {
  TRY_ASSIGN(const Value steps, json::parse(trajectory));
  if (!steps.is_array()) return fail(Code::kDataLoss, "trajectory: expected an array of steps");
  Turns turns;
  for (const Value& step : steps.items()) {
    const std::optional<std::string> finish = finish_of(step);
    if (!finish) {
      turns.step(step);
      continue;
    }
    if (output.empty()) {
      std::string last = text_of(step, "thought");
      if (!last.empty() && !finish->empty()) last += "\n\n";
      last += *finish;
      if (!last.empty()) turns.say(last);
    }
    break;
  }
  if (!output.empty()) {
    TRY_ASSIGN(Value message, json::parse(output));
    turns.end(std::move(message));
  }
  AgentTurns out;
  if (!turns.cut()) return out;
  out.turns = turns.messages();
  out.tools = turns.tools();
  return out;
}

}  // namespace gleaner::dataset
