// A look at messages without a parser: most conversations are nothing but role and content in compact JSON, and what is
// like that to the letter can be passed on as it is. Whatever is written differently is left to the parser.
#include <array>
#include <cstring>
#include <optional>

#include "dataset/format/chat.h"

namespace gleaner::dataset::chat {
namespace {

struct RoleText {
  std::string_view text;
  Role role;
  bool developer;
};
constexpr std::array kRoles = {
    RoleText{"\"user\"", Role::kUser, false},
    RoleText{"\"assistant\"", Role::kAssistant, false},
    RoleText{"\"system\"", Role::kSystem, false},
    RoleText{"\"developer\"", Role::kSystem, true},
};

class Scan {
 public:
  explicit Scan(std::string_view text) : rest_(text) {}

  // Adds one array of messages; false as soon as it is not of the simple shape.
  bool run(Outline& facts, std::optional<Role>& last) {
    if (!take("[")) return false;
    if (take("]")) return rest_.empty();
    while (message(facts, last)) {
      if (take(",")) continue;
      return take("]") && rest_.empty();
    }
    return false;
  }

 private:
  bool take(std::string_view token) {
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  bool message(Outline& facts, std::optional<Role>& last) {
    const RoleText* who = nullptr;
    const bool fine = take("{\"role\":") ? role(who) && take(",\"content\":") && content()
                                         : take("{\"content\":") && content() && take(",\"role\":") && role(who);
    if (!fine || !take("}")) return false;
    facts.user |= who->role == Role::kUser;
    facts.developer |= who->developer;
    if (last == who->role) facts.alternates = false;
    last = who->role;
    return true;
  }

  bool role(const RoleText*& who) {
    for (const RoleText& one : kRoles) {
      if (!take(one.text)) continue;
      who = &one;
      return true;
    }
    return false;
  }

  // A string that is not empty. Its end is the first quote behind an even number of backslashes.
  bool content() {
    if (!rest_.starts_with('"') || rest_.starts_with("\"\"")) return false;
    size_t at = 1;
    while (true) {
      const void* const quote = std::memchr(rest_.data() + at, '"', rest_.size() - at);
      if (quote == nullptr) return false;
      const auto end = static_cast<size_t>(static_cast<const char*>(quote) - rest_.data());
      size_t start = end;
      while (rest_[start - 1] == '\\') --start;
      at = end + 1;
      if ((end - start) % 2 == 0) break;
    }
    rest_.remove_prefix(at);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

Outline outline(const Example& example) {
  Outline facts;
  if (!example.plain) return facts;
  std::optional<Role> last;
  if (!Scan(example.prompt).run(facts, last) || !last) return facts;
  facts.prompt_end = *last;
  const bool asked = facts.user;
  if (!Scan(example.answer).run(facts, last)) return facts;
  bool answered = last == Role::kAssistant;
  if (!example.rejected.empty()) {
    std::optional<Role> other = facts.prompt_end;
    if (!Scan(example.rejected).run(facts, other)) return facts;
    answered &= other == Role::kAssistant;
  }
  facts.simple = asked && answered;
  return facts;
}

}  // namespace gleaner::dataset::chat
