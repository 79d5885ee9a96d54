// Rows of a Parquet file with typed columns. Structures are the same in every row, so what is free-form (arguments and
// definitions of tools, content parts, metadata) is JSON in a string column; tools that read Arrow would otherwise join
// the members of all rows. docs/export-formats.md, "Parquet".
#include "dataset/format/chat.h"
#include "dataset/format/check.h"
#include "dataset/format/format.h"

namespace gleaner::dataset {
namespace {

using json::Value;

constexpr chat::Carries kCarries = {.tools = true, .parts = true, .weights = true, .any_arguments = true};

constexpr std::string_view kRoles[] = {"system", "developer", "user", "assistant", "tool"};
constexpr check::MessageRules kRules = {.roles = kRoles, .members = {}, .empty_content = true};

void write_call(json::Writer& w, const chat::Call& call) {
  w.begin_object().field("id", call.id).field("type", "function").key("function").begin_object();
  w.field("name", call.name).field("arguments", call.arguments).end_object().end_object();
}

void write_messages(json::Writer& w, std::string_view name, const chat::Messages& messages) {
  w.key(name).begin_array();
  for (const chat::Message& message : messages) {
    w.begin_object().field("role", message.developer ? "developer" : chat::role_name(message.role));
    w.field("content", message.text);
    if (!message.parts.is_null()) w.field("content_parts", message.parts.dump());
    if (!message.name.empty()) w.field("name", message.name);
    if (!message.call_id.empty()) w.field("tool_call_id", message.call_id);
    if (!message.calls.empty()) {
      w.key("tool_calls").begin_array();
      for (const chat::Call& call : message.calls) write_call(w, call);
      w.end_array();
    }
    if (message.has_weight) w.field("weight", message.trained ? 1 : 0);
    w.end_object();
  }
  w.end_array();
}

// What every row has besides what is learned. The columns that people filter by stand for themselves.
Status write_origin(json::Writer& w, const Example& example, const chat::Chat& chat) {
  w.key("interaction_ids").begin_array();
  for (const std::string& id : example.interaction_ids) w.string(id);
  w.end_array().field("answer", rule_name(example.rule));
  if (chat.has_tools()) w.field("tools", chat.tools.dump());
  if (example.metadata.empty()) return {};
  w.field("metadata", example.metadata);
  TRY_ASSIGN(const Value metadata, json::parse(example.metadata));
  for (const char* const name :
       {"id", "platform", "kind", "session_id", "user_id", "created_at", "model", "language"}) {
    if (const auto text = metadata.find_string(name)) w.field(name, *text);
  }
  return {};
}

Result<bool> load(const Example& example, chat::Chat& chat, std::string& reason) {
  return chat::load(example, kCarries, chat, reason);
}

// The messages of a column, null when there are none.
const Value* check_list(const Value& row, std::string_view name, Problems& problems) {
  const Value* const list = check::need(row, "", name, Value::Kind::kArray, problems);
  if (list != nullptr) check::messages(*list, name, kRules, problems);
  return list;
}

void check_learned(const Value& row, std::string_view name, Problems& problems) {
  if (const Value* const list = check_list(row, name, problems)) check::ends_on_assistant(*list, name, problems);
}

void check_rest(const Value& row, Problems& problems) {
  for (const std::string_view name : {"tools", "metadata"}) {
    const Value* const text = check::may_have(row, "", name, Value::Kind::kString, problems);
    if (text == nullptr) continue;
    if (const auto parsed = json::parse(text->text()); !parsed)
      check::add(problems, name, "expected JSON in the string: " + parsed.error().message);
  }
}

}  // namespace

Result<bool> append_parquet(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, load(example, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  w.begin_object();
  TRY(write_origin(w, example, chat));
  write_messages(w, "messages", chat.take_conversation());
  w.end_object();
  out += '\n';
  return true;
}

Result<bool> append_parquet_preference(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, load(example, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  w.begin_object();
  TRY(write_origin(w, example, chat));
  write_messages(w, "prompt", chat.prompt);
  write_messages(w, "chosen", chat.answer);
  write_messages(w, "rejected", chat.rejected);
  w.end_object();
  out += '\n';
  return true;
}

Result<bool> append_parquet_kto(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, load(example, chat, reason));
  if (!fine) return false;
  json::Writer w(out);
  w.begin_object();
  TRY(write_origin(w, example, chat));
  write_messages(w, "prompt", chat.prompt);
  write_messages(w, "completion", chat.answer);
  w.field("label", example.label).end_object();
  out += '\n';
  return true;
}

void check_parquet(const Value& row, Problems& problems) {
  if (!check::is_object(row, problems)) return;
  check_learned(row, "messages", problems);
  check_rest(row, problems);
}

void check_parquet_preference(const Value& row, Problems& problems) {
  // What is rejected is not learned: it may have a weight of 0.
  static constexpr std::string_view kLast[] = {"assistant"};
  if (!check::is_object(row, problems)) return;
  check_list(row, "prompt", problems);
  check_learned(row, "chosen", problems);
  if (const Value* const list = check_list(row, "rejected", problems))
    check::ends_on(*list, "rejected", kLast, problems);
  check_rest(row, problems);
}

void check_parquet_kto(const Value& row, Problems& problems) {
  if (!check::is_object(row, problems)) return;
  check_list(row, "prompt", problems);
  check_learned(row, "completion", problems);
  check::need(row, "", "label", Value::Kind::kBool, problems);
  check_rest(row, problems);
}

}  // namespace gleaner::dataset
