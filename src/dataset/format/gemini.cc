// Gemini on Vertex AI, supervised: {"systemInstruction":{"parts"},"contents":[{"role":"user"|"model","parts"}...],
// "tools":[{"functionDeclarations":[...]}]}. Calls of functions are parts of the model, their results parts of the
// user.
#include "dataset/format/gemini.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gleaner::dataset {
namespace gemini {

using json::Value;

namespace {

constexpr std::string_view kRoles[] = {"user", "model"};
constexpr std::string_view kPartKinds[] = {"text", "fileData", "inlineData", "functionCall", "functionResponse"};

// The result of a function is an object here.
std::string response_of(const std::string& text) {
  const auto parsed = json::parse(text);
  if (parsed && parsed->is_object()) return parsed->dump();
  return Value::object({{"result", parsed ? *parsed : Value::string(text)}}).dump();
}

void write_parts(json::Writer& w, const chat::Message& message) {
  if (message.role == chat::Role::kTool) {
    w.begin_object().key("functionResponse").begin_object().field("name", message.name);
    w.key("response").raw(response_of(message.text)).end_object().end_object();
  } else if (!message.text.empty()) {
    w.begin_object().field("text", message.text).end_object();
  }
  for (const chat::Call& call : message.calls) {
    w.begin_object().key("functionCall").begin_object().field("name", call.name);
    w.key("args").raw(call.object).end_object().end_object();
  }
}

void begin_content(json::Writer& w, const chat::Message& message) {
  w.begin_object().field("role", kRoles[message.role == chat::Role::kAssistant ? 1 : 0]).key("parts").begin_array();
}

void check_part(const Value& part, const std::string& where, bool functions, Problems& problems) {
  if (!part.is_object())
    return check::add(problems, where, fmt::format("expected an object; got {}", part.kind_name()));
  const auto known =
      std::ranges::count_if(kPartKinds, [&](std::string_view kind) { return part.find(kind) != nullptr; });
  if (known != 1) check::add(problems, where, fmt::format("expected one of {}", fmt::join(kPartKinds, ", ")));
  if (part.find("text") != nullptr) check::need_text(part, where, "text", problems);
  for (const auto& [name, inner] : {std::pair<std::string_view, std::string_view>{"functionCall", "args"},
                                    std::pair<std::string_view, std::string_view>{"functionResponse", "response"}}) {
    if (part.find(name) == nullptr) continue;
    if (!functions) check::add(problems, check::join(where, name), "the format is text only");
    const Value* const function = check::need(part, where, name, Value::Kind::kObject, problems);
    if (function == nullptr) continue;
    check::need_text(*function, check::join(where, name), "name", problems);
    check::need(*function, check::join(where, name), inner, Value::Kind::kObject, problems);
  }
}

}  // namespace

void write(json::Writer& w, const chat::Message& message) {
  begin_content(w, message);
  write_parts(w, message);
  w.end_array().end_object();
}

// The results of one turn's calls are parts of one content.
void write(json::Writer& w, const chat::Messages& messages) {
  w.begin_array();
  for (size_t i = 0; i < messages.size(); ++i) {
    const bool result = messages[i].role == chat::Role::kTool;
    if (i == 0 || !result || messages[i - 1].role != chat::Role::kTool) begin_content(w, messages[i]);
    write_parts(w, messages[i]);
    const bool more = result && i + 1 < messages.size() && messages[i + 1].role == chat::Role::kTool;
    if (!more) w.end_array().end_object();
  }
  w.end_array();
}

void write_system(json::Writer& w, std::string_view text) {
  w.begin_object().field("role", "system").key("parts").begin_array();
  w.begin_object().field("text", text).end_object().end_array().end_object();
}

void check_content(const Value& content, std::string_view where, check::Names roles, bool functions,
                   Problems& problems) {
  if (!content.is_object())
    return check::add(problems, where, fmt::format("expected an object; got {}", content.kind_name()));
  if (const Value* const role = content.find("role")) check::one_of(*role, check::join(where, "role"), roles, problems);
  const Value* const parts = check::need(content, where, "parts", Value::Kind::kArray, problems);
  if (parts == nullptr) return;
  const std::string path = check::join(where, "parts");
  if (parts->items().empty()) check::add(problems, path, "is empty");
  for (size_t i = 0; i < parts->items().size(); ++i)
    check_part(parts->items()[i], check::at(path, i), functions, problems);
}

void check_contents(const Value& line, bool functions, std::string_view last, Problems& problems) {
  const Value* const contents = check::need(line, "", "contents", Value::Kind::kArray, problems);
  if (contents == nullptr) return;
  if (contents->items().empty()) check::add(problems, "contents", "is empty");
  for (size_t i = 0; i < contents->items().size() && problems.size() < check::kMaxProblems; ++i) {
    const std::string path = check::at("contents", i);
    check_content(contents->items()[i], path, kRoles, functions, problems);
    check::need(contents->items()[i], path, "role", Value::Kind::kString, problems);
  }
  const std::array<std::string_view, 1> lasts = {last};
  check::starts_with(*contents, "contents", "user", problems);
  check::ends_on(*contents, "contents", lasts, problems);
}

void check_system(const Value& line, Problems& problems) {
  static constexpr std::string_view kSystemRoles[] = {"system", "user"};
  for (const std::string_view name : {"systemInstruction", "system_instruction"}) {
    if (const Value* const system = line.find(name)) check_content(*system, name, kSystemRoles, false, problems);
  }
}

}  // namespace gemini

namespace {

using json::Value;

// The part of JSON Schema that declarations know. False for a reference, without which the rest means nothing.
bool clean_schema(Value& schema) {
  static constexpr std::string_view kKnown[] = {
      "type",     "format",   "title",   "description", "nullable",      "enum",       "items",
      "maxItems", "minItems", "minimum", "maximum",     "minProperties", "properties", "maxProperties",
      "required", "pattern",  "anyOf",   "default",     "minLength",     "maxLength",  "propertyOrdering"};
  if (!schema.is_object()) return false;
  bool fine = schema.find("$ref") == nullptr;
  std::erase_if(schema.members(), [](const Value::Member& member) {
    return std::ranges::find(kKnown, member.first) == std::end(kKnown);
  });
  for (auto& [key, value] : schema.members()) {
    if (key == "type") fine &= value.is_string();
    if (key == "items") fine &= clean_schema(value);
    if (key == "anyOf") {
      for (Value& one : value.items()) fine &= clean_schema(one);
    }
    if (key == "properties") {
      for (auto& [name, property] : value.members()) fine &= clean_schema(property);
    }
  }
  return fine;
}

bool declarations(const Value& tools, Value& out, std::string& reason) {
  Value list = Value::array();
  for (const Value& tool : tools.items()) {
    Value function = *tool.find("function");
    std::erase_if(function.members(), [](const Value::Member& member) { return member.first == "strict"; });
    for (auto& [key, value] : function.members()) {
      if (key == "parameters" && !value.members().empty() && !clean_schema(value)) {
        reason = "parameters of a tool that are more than Gemini's part of JSON Schema";
        return false;
      }
    }
    list.push(std::move(function));
  }
  out = Value::array({Value::object({{"functionDeclarations", std::move(list)}})});
  return true;
}

void check_declarations(const Value& line, Problems& problems) {
  const Value* const tools = check::may_have(line, "", "tools", Value::Kind::kArray, problems);
  if (tools == nullptr) return;
  for (size_t i = 0; i < tools->items().size(); ++i) {
    const std::string path = check::at("tools", i);
    const Value* const list =
        check::need(tools->items()[i], path, "functionDeclarations", Value::Kind::kArray, problems);
    if (list == nullptr) continue;
    for (size_t j = 0; j < list->items().size(); ++j)
      check::need_text(list->items()[j], check::at(check::join(path, "functionDeclarations"), j), "name", problems);
  }
}

}  // namespace

Result<bool> append_gemini(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.tools = true};
  chat::Chat chat;
  std::string system;
  Value tools;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::take_system(chat.prompt, system, reason)) return false;
  if (chat.has_tools() && !declarations(chat.tools, tools, reason)) return false;
  if (!chat::user_first(chat.prompt, reason)) return false;
  json::Writer w(out);
  w.begin_object();
  if (!system.empty()) gemini::write_system(w.key("systemInstruction"), system);
  w.key("contents");
  gemini::write(w, chat.take_conversation());
  if (!tools.is_null()) w.key("tools").raw(tools.dump());
  w.end_object();
  out += '\n';
  return true;
}

void check_gemini(const Value& line, Problems& problems) {
  if (!check::is_object(line, problems)) return;
  gemini::check_system(line, problems);
  gemini::check_contents(line, true, "model", problems);
  check_declarations(line, problems);
}

}  // namespace gleaner::dataset
