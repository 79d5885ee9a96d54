// Conversations of nothing but role and content in compact JSON can be passed on as they are.
#include <optional>

#include "dataset/format/chat.h"
#include "record/plain_messages.h"

namespace gleaner::dataset::chat {
namespace {

// Adds one array of messages; false if it is not of the simple shape.
bool add(std::string_view array, Outline& facts, std::optional<Role>& last) {
  record::PlainMessages messages(array);
  while (messages.next()) {
    const std::string_view name = messages.role();
    const bool developer = name == "developer";
    if (!developer && name != "user" && name != "assistant" && name != "system") return false;
    const Role role = name == "user" ? Role::kUser : name == "assistant" ? Role::kAssistant : Role::kSystem;
    facts.user |= role == Role::kUser;
    facts.developer |= developer;
    if (last == role) facts.alternates = false;
    last = role;
  }
  return messages.done();
}

}  // namespace

Outline outline(const Example& example) {
  Outline facts;
  if (!example.plain) return facts;
  std::optional<Role> last;
  if (!add(example.prompt, facts, last) || !last) return facts;
  facts.prompt_end = *last;
  const bool asked = facts.user;
  if (!add(example.answer, facts, last)) return facts;
  bool answered = last == Role::kAssistant;
  if (!example.rejected.empty()) {
    std::optional<Role> other = facts.prompt_end;
    if (!add(example.rejected, facts, other)) return facts;
    answered &= other == Role::kAssistant;
  }
  facts.simple = asked && answered;
  return facts;
}

}  // namespace gleaner::dataset::chat
