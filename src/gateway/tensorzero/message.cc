#include "gateway/tensorzero/message.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/text.h"

namespace gleaner::gateway::tensorzero {
namespace {

using json::Value;

std::string text_of(const Value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? value->text() : value->dump();
}

Value part(std::string text) {
  return Value::object({{"type", Value::string("text")}, {"text", Value::string(std::move(text))}});
}

// Under the names of the versions of its API: a call keeps what the model wrote where that could not be parsed.
Value tool_call(const Value& block) {
  const auto first = [&block](std::string_view name, std::string_view raw) {
    const Value* const parsed = block.find(name);
    return parsed == nullptr || parsed->is_null() ? block.find(raw) : parsed;
  };
  std::string arguments = text_of(first("arguments", "raw_arguments"));
  Value function = Value::object({{"name", Value::string(text_of(first("name", "raw_name")))},
                                  {"arguments", Value::string(arguments.empty() ? "{}" : std::move(arguments))}});
  return Value::object({{"id", Value::string(text_of(block.find("id")))},
                        {"type", Value::string("function")},
                        {"function", std::move(function)}});
}

Value tool_result(const Value& block) {
  Value message = Value::object({{"role", Value::string("tool")}});
  message.set("tool_call_id", Value::string(text_of(block.find("id"))));
  if (const std::string name = text_of(block.find("name")); !name.empty()) message.set("name", Value::string(name));
  message.set("content", Value::string(text_of(block.find("result"))));
  return message;
}

// A text block has a text, or the arguments of a template that made it.
Value text_part(const Value& block) {
  for (const std::string_view name : {"text", "value", "arguments"}) {
    if (const Value* const found = block.find(name); found != nullptr && !found->is_null()) return part(text_of(found));
  }
  return block;
}

struct Draft {
  std::vector<Value> parts;
  Value calls = Value::array();
  std::string reasoning;
  std::vector<Value> results;

  void add(const Value& block) {
    const std::string_view type = block.find_string("type").value_or("");
    if (type == "text" || type == "raw_text") {
      parts.push_back(text_part(block));
    } else if (type == "tool_call") {
      calls.push(tool_call(block));
    } else if (type == "tool_result") {
      results.push_back(tool_result(block));
    } else if (type == "thought") {
      reasoning += text_of(block.find("text"));
    } else if (block.is_string()) {
      parts.push_back(part(block.text()));
    } else {
      parts.push_back(block);
    }
  }

  // A lone text is the content itself.
  Value content() {
    if (parts.empty()) return Value();
    const auto text = parts.front().find_string("text");
    if (parts.size() == 1 && text && parts.front().find_string("type") == "text") {
      return Value::string(std::string(*text));
    }
    return Value::array(std::move(parts));
  }
};

}  // namespace

Value opened(const Value& value) {
  if (!value.is_string()) return value;
  const std::string_view text = trim(value.text());
  if (!text.starts_with('{') && !text.starts_with('[')) return value;
  auto inside = json::parse(text);
  return inside ? *std::move(inside) : value;
}

std::vector<Value> messages_of(std::string_view role, const Value& content) {
  Draft draft;
  if (content.is_array()) {
    for (const Value& block : content.items()) draft.add(block);
  } else if (!content.is_null()) {
    draft.parts.push_back(part(text_of(&content)));
  }
  std::vector<Value> messages = std::move(draft.results);
  const bool says = !draft.parts.empty() || !draft.calls.items().empty() || !draft.reasoning.empty();
  if (!says && !messages.empty()) return messages;
  Value message = Value::object({{"role", Value::string(std::string(role))}});
  message.set("content", draft.content());
  if (!draft.reasoning.empty()) message.set("reasoning_content", Value::string(std::move(draft.reasoning)));
  if (!draft.calls.items().empty()) message.set("tool_calls", std::move(draft.calls));
  messages.push_back(std::move(message));
  return messages;
}

std::vector<Value> input_messages(const Value& input) {
  std::vector<Value> messages;
  if (const Value* const system = input.find("system"); system != nullptr && !system->is_null()) {
    messages = messages_of("system", *system);
  }
  const Value* const given = input.find("messages");
  if (given == nullptr) return messages;
  for (const Value& one : given->items()) {
    const Value* const content = one.find("content");
    std::vector<Value> more =
        messages_of(one.find_string("role").value_or("user"), content == nullptr ? Value() : *content);
    std::ranges::move(more, std::back_inserter(messages));
  }
  return messages;
}

Value output_message(const Value& output) {
  const Value* const raw = output.find("raw");
  if (raw != nullptr && output.find("parsed") != nullptr) {
    const Value* const said = raw->is_null() ? output.find("parsed") : raw;
    return messages_of("assistant", Value::string(text_of(said))).back();
  }
  const bool blocks = output.is_array() && std::ranges::all_of(output.items(), [](const Value& one) {
                        return one.is_object() && one.find_string("type").has_value();
                      });
  return messages_of("assistant", blocks ? output : Value::string(text_of(&output))).back();
}

}  // namespace gleaner::gateway::tensorzero
