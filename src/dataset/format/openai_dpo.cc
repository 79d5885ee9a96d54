// OpenAI preferences (DPO), read by Azure and Fireworks too: {"input":{"messages","tools"},"preferred_output":[...],
// "non_preferred_output":[...]}. The outputs were once called *_completion; that is read, never written. Text only.
#include <algorithm>

#include "dataset/format/openai.h"

namespace gleaner::dataset {
namespace openai {

void write_preference(const chat::Chat& chat, const chat::Style& style, std::string& out) {
  json::Writer w(out);
  w.begin_object().key("input").begin_object().key("messages");
  write(w, chat.prompt, style);
  if (chat.has_tools()) w.key("tools").raw(chat.tools.dump());
  w.end_object().key(kPreferred[0]);
  write(w, chat.answer, style);
  w.key(kRejected[0]);
  write(w, chat.rejected, style);
  w.end_object();
  out += '\n';
}

}  // namespace openai

namespace {

using json::Value;

// Whether an output is made of the assistant's messages and of tools' only.
bool only_answers(const chat::Messages& turns, std::string& reason) {
  const bool fine = std::ranges::all_of(turns, [](const chat::Message& message) {
    return message.role == chat::Role::kAssistant || message.role == chat::Role::kTool;
  });
  if (!fine) reason = "an answer with a turn of somebody else";
  return fine;
}

void check_input(const Value& input, Problems& problems) {
  static constexpr std::string_view kMembers[] = {"messages", "tools", "parallel_tool_calls"};
  check::only(input, "input", kMembers, problems);
  if (const Value* const tools = input.find("tools")) check::tools(*tools, "input.tools", false, problems);
  const Value* const messages = check::need(input, "input", "messages", Value::Kind::kArray, problems);
  if (messages == nullptr) return;
  check::messages(*messages, "input.messages", openai::kRules, problems);
  check::ends_on(*messages, "input.messages", openai::kAwaiting, problems);
}

void check_output(const Value& line, check::Names names, Problems& problems) {
  static constexpr check::MessageRules kRules = {.roles = openai::kCandidateRoles, .members = openai::kMembers};
  const std::string_view name = line.find(names[0]) == nullptr && line.find(names[1]) != nullptr ? names[1] : names[0];
  const Value* const list = check::need(line, "", name, Value::Kind::kArray, problems);
  if (list == nullptr) return;
  check::messages(*list, name, kRules, problems);
  const bool answered = std::ranges::any_of(
      list->items(), [](const Value& message) { return message.find_string("role") == "assistant"; });
  if (!answered) check::add(problems, name, "expected a message of the assistant");
}

}  // namespace

Result<bool> append_openai_dpo(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.tools = true, .learns_prompt = false, .any_arguments = true};
  static constexpr chat::Style kStyle = {.developer = true, .result_names = false, .names = true};
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::awaits_answer(chat.prompt, reason) || !only_answers(chat.answer, reason) ||
      !only_answers(chat.rejected, reason)) {
    return false;
  }
  openai::write_preference(chat, kStyle, out);
  return true;
}

void check_openai_dpo(const Value& line, Problems& problems) {
  static constexpr std::string_view kMembers[] = {"input", openai::kPreferred[0], openai::kPreferred[1],
                                                  openai::kRejected[0], openai::kRejected[1]};
  if (!check::is_object(line, problems)) return;
  check::only(line, "", kMembers, problems);
  if (const Value* const input = check::need(line, "", "input", Value::Kind::kObject, problems))
    check_input(*input, problems);
  check_output(line, openai::kPreferred, problems);
  check_output(line, openai::kRejected, problems);
}

}  // namespace gleaner::dataset
