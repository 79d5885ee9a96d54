// TRL, language modelling: {"messages":[...],"tools":[...]} for SFTTrainer. Every turn of the assistant is learned.
#include "dataset/format/trl.h"

#include <algorithm>

namespace gleaner::dataset {
namespace trl {

using json::Value;

Result<bool> load(const Example& example, chat::Chat& chat, std::string& reason) {
  TRY_ASSIGN(const bool fine, chat::load(example, kAnswers, chat, reason));
  return fine && chat::awaits_answer(chat.prompt, reason);
}

void begin(json::Writer& w, const chat::Chat& chat, std::string_view first) {
  w.begin_object().key("prompt");
  write(w, chat.prompt, kStyle);
  w.key(first);
  write(w, chat.answer, kStyle);
}

void end(json::Writer& w, const chat::Chat& chat, std::string& out) {
  if (chat.has_tools()) w.key("tools").raw(chat.tools.dump());
  w.end_object();
  out += '\n';
}

void check_prompt(const Value& line, Problems& problems) {
  static constexpr std::string_view kLast[] = {"user", "tool", "assistant"};
  const Value* const prompt = check::need(line, "", "prompt", Value::Kind::kArray, problems);
  if (prompt == nullptr) return;
  check::messages(*prompt, "prompt", kRules, problems);
  check::ends_on(*prompt, "prompt", kLast, problems);
}

void check_answer(const Value& line, std::string_view name, Problems& problems) {
  const Value* const answer = check::need(line, "", name, Value::Kind::kArray, problems);
  if (answer == nullptr) return;
  check::messages(*answer, name, kRules, problems);
  check::ends_on_assistant(*answer, name, problems);
}

void check_tools(const Value& line, Problems& problems) {
  const Value* const tools = line.find("tools");
  if (tools == nullptr || tools->is_null()) return;
  if (!tools->is_string()) return check::tools(*tools, "tools", false, problems);
  if (tools->text().empty()) return;
  const auto parsed = json::parse(tools->text());
  if (!parsed) return check::add(problems, "tools", "expected JSON in the string");
  check::tools(*parsed, "tools", false, problems);
}

void check_columns(const Value& line, check::Names type, Problems& problems) {
  static constexpr std::string_view kKnown[] = {"messages", "prompt", "completion", "chosen", "rejected", "label"};
  for (const std::string_view column : kKnown) {
    if (line.find(column) != nullptr && std::ranges::find(type, column) == type.end())
      check::add(problems, column, "belongs to another type of dataset");
  }
}

}  // namespace trl

Result<bool> append_trl(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::MessagesLine kLine = {.carries = {.tools = true}, .style = trl::kStyle};
  return chat::append_messages(example, kLine, out, reason);
}

void check_trl(const json::Value& line, Problems& problems) {
  static constexpr std::string_view kType[] = {"messages"};
  if (!check::is_object(line, problems)) return;
  trl::check_columns(line, kType, problems);
  trl::check_answer(line, "messages", problems);
  trl::check_tools(line, problems);
}

}  // namespace gleaner::dataset
