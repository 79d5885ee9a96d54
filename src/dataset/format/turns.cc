#include "dataset/format/turns.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::dataset::turns {
namespace {

using json::Value;

// [{"name","arguments"}...], or the one object.
std::string calls_text(const chat::Message& message) {
  std::string out;
  json::Writer w(out);
  const bool several = message.calls.size() != 1;
  if (several) w.begin_array();
  for (const chat::Call& call : message.calls)
    w.begin_object().field("name", call.name).key("arguments").raw(call.object).end_object();
  if (several) w.end_array();
  return out;
}

void check_call(const Value& turn, const std::string& where, const Words& words, Problems& problems) {
  if (turn.find_string(words.role) != words.call) return;
  const auto said = turn.find_string(words.content);
  if (!said) return;
  const auto parsed = json::parse(*said);
  const bool fine = parsed && (parsed->is_object() || (parsed->is_array() && !parsed->items().empty()));
  if (!fine) return check::add(problems, check::join(where, words.content), "expected the JSON of a function call");
  const std::vector<Value> one = {*parsed};
  for (const Value& call : parsed->is_array() ? parsed->items() : one) {
    check::need_text(call, check::join(where, words.content), "name", problems);
    if (call.find("arguments") == nullptr)
      check::add(problems, check::join(where, words.content) + ".arguments", "missing");
  }
}

void check_turn(const Value& turn, const std::string& where, const Words& words, check::Names roles,
                Problems& problems) {
  if (!turn.is_object())
    return check::add(problems, where, fmt::format("expected an object; got {}", turn.kind_name()));
  if (const Value* const role = check::need(turn, where, words.role, Value::Kind::kString, problems))
    check::one_of(*role, check::join(where, words.role), roles, problems);
  if (turn.find_string(words.role) == words.observation) {
    check::need(turn, where, words.content, Value::Kind::kString, problems);
  } else {
    check::need_text(turn, where, words.content, problems);
  }
  check_call(turn, where, words, problems);
}

}  // namespace

Result<bool> load(const Example& example, chat::Chat& chat, std::string& system, std::string& reason) {
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::take_system(chat.prompt, system, reason)) return false;
  if (example.task == Task::kPreference) {
    return chat::alternate(chat.prompt, reason) && chat::user_first(chat.prompt, reason) &&
           chat::awaits_answer(chat.prompt, reason) && chat::one_message_each(chat, reason);
  }
  chat.prompt = chat.take_conversation();
  return chat::alternate(chat.prompt, reason) && chat::user_first(chat.prompt, reason);
}

void write(json::Writer& out, const chat::Message& message, const Words& words) {
  out.begin_object();
  if (!message.calls.empty()) {
    out.field(words.role, words.call).field(words.content, calls_text(message));
  } else {
    const std::string_view role = message.role == chat::Role::kAssistant ? words.assistant
                                  : message.role == chat::Role::kTool    ? words.observation
                                                                         : words.user;
    out.field(words.role, role).field(words.content, message.text);
  }
  out.end_object();
}

void write(json::Writer& out, const chat::Messages& messages, const Words& words) {
  for (const chat::Message& message : messages) write(out, message, words);
}

void check_list(const Value& line, std::string_view name, const Words& words, bool ends_on_model, Problems& problems) {
  const Value* const list = check::need(line, "", name, Value::Kind::kArray, problems);
  if (list == nullptr) return;
  const std::array<std::string_view, 2> asks = {words.user, words.observation};
  const std::array<std::string_view, 2> answers = {words.assistant, words.call};
  const bool system_first = !list->items().empty() && list->items().front().find_string(words.role) == "system";
  const size_t start = system_first ? 1 : 0;
  for (size_t i = start; i < list->items().size() && problems.size() < check::kMaxProblems; ++i) {
    const check::Names roles = (i - start) % 2 == 0 ? check::Names(asks) : check::Names(answers);
    check_turn(list->items()[i], check::at(name, i), words, roles, problems);
  }
  if (system_first)
    check::need(list->items().front(), check::at(name, 0), words.content, Value::Kind::kString, problems);
  const size_t count = list->items().size() - start;
  if (count == 0 || (count % 2 == 0) != ends_on_model)
    check::add(problems, name,
               fmt::format("expected an {} number of turns; got {}", ends_on_model ? "even" : "odd", count));
}

void check_answer(const Value& line, std::string_view name, const Words& words, Problems& problems) {
  const std::array<std::string_view, 2> answers = {words.assistant, words.call};
  const Value* const turn = check::need(line, "", name, Value::Kind::kObject, problems);
  if (turn != nullptr) check_turn(*turn, std::string(name), words, answers, problems);
}

void check_tools(const Value& line, Problems& problems) {
  const Value* const tools = check::may_have(line, "", "tools", Value::Kind::kString, problems);
  if (tools == nullptr || tools->text().empty()) return;
  const auto parsed = json::parse(tools->text());
  if (!parsed || !parsed->is_array()) check::add(problems, "tools", "expected the JSON of an array in the string");
}

}  // namespace gleaner::dataset::turns
