// Amazon Bedrock, Nova and Llama: {"schemaVersion":"bedrock-conversation-2024","system":[{"text"}],
// "messages":[{"role","content":[{"text"}]}]}, in turns from the user to the assistant.
#include <fmt/format.h>

#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

using json::Value;

namespace {

constexpr std::string_view kVersion = "bedrock-conversation-2024";

void write_texts(json::Writer& w, std::string_view text) {
  w.begin_array().begin_object().field("text", text).end_object().end_array();
}

void check_texts(const Value& parent, std::string_view where, std::string_view name, Problems& problems) {
  const Value* const list = check::need(parent, where, name, Value::Kind::kArray, problems);
  if (list == nullptr) return;
  const std::string path = check::join(where, name);
  if (list->items().empty()) check::add(problems, path, "is empty");
  for (size_t i = 0; i < list->items().size(); ++i)
    check::need_text(list->items()[i], check::at(path, i), "text", problems);
}

}  // namespace

Result<bool> append_bedrock_converse(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, chat::load(example, {}, chat, reason));
  if (!fine || !chat::take_system(chat.prompt, system, reason)) return false;
  chat::Messages messages = chat.take_conversation();
  if (!chat::alternate(messages, reason) || !chat::user_first(messages, reason)) return false;
  json::Writer w(out);
  w.begin_object().field("schemaVersion", kVersion);
  if (!system.empty()) write_texts(w.key("system"), system);
  w.key("messages").begin_array();
  for (const chat::Message& message : messages) {
    w.begin_object().field("role", chat::role_name(message.role));
    write_texts(w.key("content"), message.text);
    w.end_object();
  }
  w.end_array().end_object();
  out += '\n';
  return true;
}

void check_bedrock_converse(const Value& line, Problems& problems) {
  static constexpr std::string_view kVersions[] = {kVersion};
  static constexpr std::string_view kRoles[] = {"user", "assistant"};
  if (!check::is_object(line, problems)) return;
  if (const Value* const version = check::need(line, "", "schemaVersion", Value::Kind::kString, problems))
    check::one_of(*version, "schemaVersion", kVersions, problems);
  if (line.find("system") != nullptr) check_texts(line, "", "system", problems);
  const Value* const messages = check::need(line, "", "messages", Value::Kind::kArray, problems);
  if (messages == nullptr) return;
  if (messages->items().empty()) check::add(problems, "messages", "is empty");
  for (size_t i = 0; i < messages->items().size(); ++i) {
    const std::string path = check::at("messages", i);
    if (const Value* const role = check::need(messages->items()[i], path, "role", Value::Kind::kString, problems))
      check::one_of(*role, check::join(path, "role"), kRoles, problems);
    check_texts(messages->items()[i], path, "content", problems);
  }
  check::starts_and_alternates(*messages, "messages", "role", "user", problems);
  check::ends_on_assistant(*messages, "messages", problems);
}

}  // namespace gleaner::dataset
