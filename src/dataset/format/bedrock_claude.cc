// Amazon Bedrock, Claude (and Anthropic's own): {"system":"...","messages":[{"role","content":"..."}]}. At least two
// messages, the first the user's, the last the assistant's, strictly in turns, and no other members.
#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset {

using json::Value;

Result<bool> append_bedrock_claude(const Example& example, std::string& out, std::string& reason) {
  chat::Chat chat;
  std::string system;
  TRY_ASSIGN(const bool fine, chat::load(example, {}, chat, reason));
  if (!fine || !chat::take_system(chat.prompt, system, reason)) return false;
  chat::Messages messages = chat.take_conversation();
  if (!chat::alternate(messages, reason) || !chat::user_first(messages, reason)) return false;
  json::Writer w(out);
  w.begin_object();
  if (!system.empty()) w.field("system", system);
  w.key("messages");
  write(w, messages, {});
  w.end_object();
  out += '\n';
  return true;
}

void check_bedrock_claude(const Value& line, Problems& problems) {
  static constexpr std::string_view kMembers[] = {"system", "messages"};
  static constexpr std::string_view kRoles[] = {"user", "assistant"};
  static constexpr std::string_view kMessageMembers[] = {"role", "content"};
  static constexpr check::MessageRules kRules = {
      .roles = kRoles, .members = kMessageMembers, .tools = false, .ids = false, .weights = false};
  if (!check::is_object(line, problems)) return;
  check::only(line, "", kMembers, problems);
  if (line.find("system") != nullptr) check::need_text(line, "", "system", problems);
  const Value* const messages = check::need(line, "", "messages", Value::Kind::kArray, problems);
  if (messages == nullptr) return;
  check::messages(*messages, "messages", kRules, problems);
  check::starts_and_alternates(*messages, "messages", "role", "user", problems);
  check::ends_on_assistant(*messages, "messages", problems);
}

}  // namespace gleaner::dataset
