// Together, preferences: the shape of OpenAI's, with exactly one message of the assistant on either side. Text only.
#include "dataset/format/openai.h"
#include "dataset/format/together.h"

namespace gleaner::dataset {

using json::Value;

Result<bool> append_together_dpo(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.learns_prompt = false};
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::alternate(chat.prompt, reason) || !chat::awaits_answer(chat.prompt, reason) ||
      !chat::one_message_each(chat, reason)) {
    return false;
  }
  openai::write_preference(chat, {}, out);
  return true;
}

void check_together_dpo(const Value& line, Problems& problems) {
  static constexpr std::string_view kMembers[] = {"input", "preferred_output", "non_preferred_output"};
  static constexpr std::string_view kInputMembers[] = {"messages"};
  static constexpr std::string_view kLast[] = {"system", "user"};
  if (!check::is_object(line, problems)) return;
  check::only(line, "", kMembers, problems);
  if (const Value* const input = check::need(line, "", "input", Value::Kind::kObject, problems)) {
    check::only(*input, "input", kInputMembers, problems);
    if (const Value* const messages = check::need(*input, "input", "messages", Value::Kind::kArray, problems)) {
      together::check_messages(*messages, "input.messages", problems);
      check::ends_on(*messages, "input.messages", kLast, problems);
    }
  }
  for (const std::string_view name : {kMembers[1], kMembers[2]}) {
    const Value* const list = check::need(line, "", name, Value::Kind::kArray, problems);
    if (list == nullptr) continue;
    if (list->items().size() != 1) check::add(problems, name, "expected exactly one message");
    together::check_messages(*list, name, problems);
    check::ends_on_assistant(*list, name, problems);
  }
}

}  // namespace gleaner::dataset
