// Axolotl, rl: dpo with type chat_template.default: {"messages":[...],"chosen":{...},"rejected":{...}}, text only.
#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

using json::Value;

namespace {

constexpr std::string_view kRoles[] = {"system", "user", "human", "assistant", "gpt"};
constexpr std::string_view kAnswerRoles[] = {"assistant", "gpt"};
constexpr std::string_view kAwaiting[] = {"user", "human"};

void check_candidate(const Value& line, std::string_view name, Problems& problems) {
  const Value* const message = check::need(line, "", name, Value::Kind::kObject, problems);
  if (message == nullptr) return;
  if (const Value* const role = check::need(*message, name, "role", Value::Kind::kString, problems))
    check::one_of(*role, check::join(name, "role"), kAnswerRoles, problems);
  check::need_text(*message, name, "content", problems);
}

}  // namespace

Result<bool> append_axolotl_dpo(const Example& example, std::string& out, std::string& reason) {
  static constexpr chat::Carries kCarries = {.learns_prompt = false};
  chat::Chat chat;
  TRY_ASSIGN(const bool fine, chat::load(example, kCarries, chat, reason));
  if (!fine || !chat::awaits_answer(chat.prompt, reason) || !chat::one_message_each(chat, reason)) return false;
  json::Writer w(out);
  w.begin_object().key("messages");
  write(w, chat.prompt, {});
  w.key("chosen");
  write(w, chat.answer.front(), {});
  w.key("rejected");
  write(w, chat.rejected.front(), {});
  w.end_object();
  out += '\n';
  return true;
}

void check_axolotl_dpo(const Value& line, Problems& problems) {
  static constexpr check::MessageRules kRules = {
      .roles = kRoles, .members = {}, .tools = false, .ids = false, .weights = false};
  if (!check::is_object(line, problems)) return;
  if (const Value* const messages = check::need(line, "", "messages", Value::Kind::kArray, problems)) {
    check::messages(*messages, "messages", kRules, problems);
    check::ends_on(*messages, "messages", kAwaiting, problems);
  }
  check_candidate(line, "chosen", problems);
  check_candidate(line, "rejected", problems);
}

}  // namespace gleaner::dataset
