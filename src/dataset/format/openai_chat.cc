// One line of an OpenAI chat fine-tuning file. The rules are those of the (since withdrawn) FineTuneChatRequestInput
// schema and of the official data preparation notebook: only known keys, a role and content in every message, tool
// arguments as a JSON string, at least one assistant message, and that message last.
//
// What it cannot carry: messages without text and without tool calls are left out of the line, and an example whose
// answer is such a message is left out of the file. Fields of other makers (reasoning, annotations ...) are dropped.

#include <algorithm>
#include <array>

#include "base/json.h"
#include "dataset/format/format.h"

namespace gleaner::dataset {
namespace {

constexpr std::array<std::string_view, 8> kMessageKeys = {"role",   "content",       "name",       "refusal",
                                                          "weight", "function_call", "tool_calls", "tool_call_id"};

bool has_text(const json::Value* content) {
  return content != nullptr &&
         ((content->is_string() && !content->text().empty()) || (content->is_array() && !content->items().empty()));
}

bool has_tool_calls(const json::Value& message) {
  const json::Value* const calls = message.find("tool_calls");
  return calls != nullptr && calls->is_array() && !calls->items().empty();
}

json::Value clean_tool_call(json::Value call) {
  for (auto& [key, value] : call.members()) {
    if (key != "function" || !value.is_object()) continue;
    for (auto& [name, argument] : value.members()) {
      if (name == "arguments" && !argument.is_string()) argument = json::Value::string(argument.dump());
    }
  }
  if (call.find("type") == nullptr) call.set("type", json::Value::string("function"));
  return call;
}

// The message with what the format knows, or null when nothing is left to learn from.
json::Value clean_message(json::Value message) {
  json::Value clean = json::Value::object();
  const bool calls = has_tool_calls(message);
  const bool function_call = message.find("function_call") != nullptr && message.find("function_call")->is_object();
  if (!has_text(message.find("content")) && !calls && !function_call) return {};
  for (auto& [key, value] : message.members()) {
    if (std::ranges::find(kMessageKeys, key) == kMessageKeys.end() || (key == "tool_calls" && !calls)) continue;
    if (value.is_null() && key != "content") continue;
    if (key == "tool_calls") {
      for (json::Value& call : value.items()) call = clean_tool_call(std::move(call));
    }
    clean.set(key, std::move(value));
  }
  return clean;
}

}  // namespace

Result<bool> append_openai_chat(const Example& example, std::string& out, std::string& reason) {
  if (example.plain) {
    out.append(R"({"messages":)").append(example.messages);
  } else {
    TRY_ASSIGN(json::Value messages, json::parse(example.messages));
    json::Value kept = json::Value::array();
    bool answered = false;
    bool asked = false;
    for (json::Value& message : messages.items()) {
      json::Value clean = clean_message(std::move(message));
      answered = !clean.is_null() && clean.find_string("role") == "assistant";
      asked |= !clean.is_null() && clean.find_string("role") == "user";
      if (!clean.is_null()) kept.push(std::move(clean));
    }
    if (!answered || !asked) {
      reason = answered ? "no user message with text" : "the answer has no text and no tool call";
      return false;
    }
    out.append(R"({"messages":)");
    kept.append_to(out);
  }
  if (!example.tools.empty()) out.append(R"(,"tools":)").append(example.tools);
  out += "}\n";
  return true;
}

}  // namespace gleaner::dataset
