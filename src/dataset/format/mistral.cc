// Mistral (mistral-finetune and those that check with mistral-common): {"messages":[...],"tools":[...]}. One system
// prompt; ids of calls are exactly nine letters and digits; arguments are a string; a definition has name, description
// and parameters; a message has text or calls, not both; with tools only the last answer is learned.
#include <algorithm>
#include <array>

#include "base/hash.h"
#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

using json::Value;

namespace {

constexpr size_t kIdChars = 9;
constexpr std::string_view kLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// The same nine characters for the same id, always; ids of that kind stay what they are.
std::string short_id(const std::string& id) {
  const bool fine = id.size() == kIdChars &&
                    std::ranges::all_of(id, [](char c) { return kLetters.find(c) != std::string_view::npos; });
  if (fine) return id;
  uint64_t hash = keyed_hash64(0, id);
  std::string out;
  for (size_t i = 0; i < kIdChars; ++i, hash /= kLetters.size()) out += kLetters[hash % kLetters.size()];
  return out;
}

// Definitions with everything a definition must have.
Value complete(const Value& tools) {
  Value all = Value::array();
  for (const Value& tool : tools.items()) {
    Value function = *tool.find("function");
    if (function.find("description") == nullptr) function.set("description", Value::string(""));
    if (function.find("parameters") == nullptr) function.set("parameters", Value::object());
    all.push(Value::object({{"type", Value::string("function")}, {"function", std::move(function)}}));
  }
  return all;
}

// The validator of the tokenizers before the fifth, which is the one used for training, refuses both at once.
void check_text_or_calls(const Value& messages, std::string_view where, Problems& problems) {
  for (size_t i = 0; i < messages.items().size(); ++i) {
    const Value& message = messages.items()[i];
    const Value* const calls = message.find("tool_calls");
    if (calls != nullptr && calls->is_array() && !message.find_string("content").value_or("").empty())
      check::add(problems, check::at(where, i), "expected either content or tool_calls, not both");
  }
}

}  // namespace

Result<bool> append_mistral(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.tools = true, .weights = true, .text_with_calls = false};
  static constexpr chat::Style kStyle = {.weight = "weight"};
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::take_system(chat.prompt, system, reason)) return false;
  if (!chat::user_first(chat.prompt, reason)) return false;
  chat::Messages messages = chat.take_conversation();
  for (chat::Message& message : messages) {
    for (chat::Call& call : message.calls) call.id = short_id(call.id);
    if (message.role == chat::Role::kTool) message.call_id = short_id(message.call_id);
  }
  if (!system.empty()) {
    chat::Message first;
    first.role = chat::Role::kSystem;
    first.text = std::move(system);
    messages.insert(messages.begin(), std::move(first));
  }
  json::Writer w(out);
  w.begin_object().key("messages");
  write(w, messages, kStyle);
  if (chat.has_tools()) w.key("tools").raw(complete(chat.tools).dump());
  w.end_object();
  out += '\n';
  return true;
}

void check_mistral(const Value& line, Problems& problems) {
  static constexpr std::string_view kRoles[] = {"system", "user", "assistant", "tool"};
  static constexpr check::MessageRules kRules = {.roles = kRoles, .members = {}, .id_chars = kIdChars};
  if (!check::is_object(line, problems)) return;
  const bool interactions = line.find("messages") == nullptr && line.find("interactions") != nullptr;
  const std::string_view name = interactions ? "interactions" : "messages";
  const Value* const messages = check::need(line, "", name, Value::Kind::kArray, problems);
  const Value* const tools = line.find("tools");
  const Value* const available = line.find("available_tools");
  if (tools != nullptr && available != nullptr)
    check::add(problems, "tools", "expected either tools or available_tools");
  if (tools != nullptr && !tools->is_null()) check::tools(*tools, "tools", true, problems);
  if (available != nullptr && !available->is_null()) check::tools(*available, "available_tools", true, problems);
  if (messages == nullptr) return;
  check::messages(*messages, name, kRules, problems);
  check_text_or_calls(*messages, name, problems);
  const auto systems = std::ranges::count_if(
      messages->items(), [](const Value& message) { return message.find_string("role") == "system"; });
  if (systems > 1) check::add(problems, name, "expected one system message at most");
  check::results(*messages, name, problems);
  check::ends_on_assistant(*messages, name, problems);
}

}  // namespace gleaner::dataset
