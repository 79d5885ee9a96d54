#include "gateway/exchange/message.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

constexpr std::array<std::string_view, 6> kRoles = {"system", "developer", "user", "assistant", "tool", "function"};

std::string known_role(std::string_view written, std::string_view otherwise) {
  if (written.empty()) return std::string(otherwise);
  std::string role = ascii_lower(written);
  if (std::ranges::find(kRoles, role) != kRoles.end()) return role;
  if (role == "model" || role == "ai" || role == "bot") return "assistant";
  return "user";
}

bool is_text_part(const Value& part) {
  const auto type = part.find_string("type");
  return (type == "text" || type == "output_text") && part.find_string("text").has_value();
}

Value canonical_content(Value content) {
  if (content.is_string() || content.is_null()) return content;
  if (content.is_object()) return Value::array({std::move(content)});
  if (!content.is_array()) return Value::string(content.dump());
  for (Value& part : content.items()) {
    if (!part.is_string() && !part.is_object()) part = Value::string(part.dump());
  }
  return content;
}

// A known role, a text, and nothing else: as most messages are written, and as they are recorded.
bool is_plain(const Value& message) {
  const auto& members = message.members();
  return members.size() == 2 && members[0].first == "role" && members[1].first == "content" &&
         members[1].second.is_string() && std::ranges::find(kRoles, members[0].second.text()) != kRoles.end();
}

// Members that are needed by the record's rules, each once, and none that say nothing.
void tidy_members(Value& message) {
  std::vector<Value::Member> kept;
  kept.reserve(message.members().size() + 1);
  for (auto& [name, value] : message.members()) {
    const bool known = std::ranges::find(kept, name, &Value::Member::first) != kept.end();
    const bool says_nothing = value.is_null() || (name != "content" && is_empty(value));
    if (known || (says_nothing && name != "content")) continue;
    if (name == "tool_calls" && !value.is_array()) continue;
    kept.emplace_back(std::move(name), std::move(value));
  }
  message.members() = std::move(kept);
}

std::string joined_texts(const Value& content) {
  if (!content.is_array()) return text_of(&content);
  std::string all;
  for (const Value& part : content.items()) all += part.is_string() ? part.text() : string_of(part, "text");
  return all;
}

Value tool_call(std::string_view id, std::string_view type, std::string_view name, std::string_view member,
                std::string text) {
  Value inner = Value::object();
  inner.members().emplace_back("name", Value::string(std::string(name)));
  inner.members().emplace_back(std::string(member), Value::string(std::move(text)));
  Value call = Value::object();
  if (!id.empty()) call.members().emplace_back("id", Value::string(std::string(id)));
  call.members().emplace_back("type", Value::string(std::string(type)));
  call.members().emplace_back(std::string(type), std::move(inner));
  return call;
}

}  // namespace

Value text_part(std::string text) {
  Value part = Value::object();
  part.members().reserve(2);
  part.members().emplace_back("type", Value::string("text"));
  part.members().emplace_back("text", Value::string(std::move(text)));
  return part;
}

Value image_part(std::string url, std::string_view detail) {
  Value image = Value::object();
  image.members().emplace_back("url", Value::string(std::move(url)));
  if (!detail.empty()) image.members().emplace_back("detail", Value::string(std::string(detail)));
  Value part = Value::object();
  part.members().emplace_back("type", Value::string("image_url"));
  part.members().emplace_back("image_url", std::move(image));
  return part;
}

Value function_call(std::string_view id, std::string_view name, std::string arguments) {
  return tool_call(id, "function", name, "arguments", std::move(arguments));
}

Value custom_call(std::string_view id, std::string_view name, std::string input) {
  return tool_call(id, "custom", name, "input", std::move(input));
}

Value function_tool(Value definition) {
  return Value::object({{"type", Value::string("function")}, {"function", std::move(definition)}});
}

std::string text_of(const Value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? value->text() : value->dump();
}

std::string string_of(const Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

bool is_empty(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kNull:
      return true;
    case Value::Kind::kString:
      return value.text().empty();
    case Value::Kind::kArray:
      return value.items().empty();
    case Value::Kind::kObject:
      return value.members().empty();
    default:
      return false;
  }
}

Value take_member(Value& object, std::string_view name) {
  const auto found = std::ranges::find(object.members(), name, &Value::Member::first);
  if (found == object.members().end()) return {};
  Value taken = std::move(found->second);
  object.members().erase(found);
  return taken;
}

bool has_role(const Value& message, std::string_view role) {
  return message.find_string("role") == role;
}

void MessageDraft::add_text(std::string text) {
  if (text.empty()) return;
  if (role_ == "assistant" && !parts_.empty() && is_text_part(parts_.back())) {
    std::string joined = string_of(parts_.back(), "text") + (broken_ ? "\n\n" : "") + text;
    parts_.back() = text_part(std::move(joined));
  } else {
    parts_.push_back(text_part(std::move(text)));
  }
  broken_ = false;
}

void MessageDraft::add_part(Value part) {
  parts_.push_back(std::move(part));
}

void MessageDraft::add_reasoning(std::string_view text) {
  if (!reasoning_.empty() && !text.empty()) reasoning_ += '\n';
  reasoning_ += text;
  break_text();
}

void MessageDraft::add_call(Value call) {
  calls_.push_back(std::move(call));
  break_text();
}

void MessageDraft::add_server_call(Value item) {
  add_to("server_tool_calls", std::move(item));
  break_text();
}

void MessageDraft::add_to(std::string_view member, Value item) {
  auto& members = others_.members();
  auto found = std::ranges::find(members, member, &Value::Member::first);
  if (found == members.end()) found = members.insert(members.end(), {std::string(member), Value::array()});
  found->second.push(std::move(item));
}

bool MessageDraft::is_empty() const {
  return parts_.empty() && reasoning_.empty() && refusal_.empty() && calls_.empty() && others_.members().empty();
}

Value MessageDraft::take_content() {
  if (parts_.empty()) return {};
  if (parts_.size() == 1 && is_text_part(parts_.front()) && parts_.front().members().size() == 2) {
    return take_member(parts_.front(), "text");
  }
  return Value::array(std::move(parts_));
}

Value MessageDraft::take() {
  Value message = Value::object();
  message.members().reserve(5);
  message.members().emplace_back("role", Value::string(role_));
  message.members().emplace_back("content", take_content());
  if (!reasoning_.empty()) message.members().emplace_back("reasoning_content", Value::string(std::move(reasoning_)));
  if (!refusal_.empty()) message.members().emplace_back("refusal", Value::string(std::move(refusal_)));
  if (!calls_.empty()) message.members().emplace_back("tool_calls", Value::array(std::move(calls_)));
  for (auto& member : others_.members()) message.members().push_back(std::move(member));
  return message;
}

Value canonical_message(Value written, std::string_view role_otherwise) {
  if (is_plain(written)) return written;
  if (!written.is_object()) {
    Value message = Value::object();
    message.members().emplace_back("role", Value::string(std::string(role_otherwise)));
    message.members().emplace_back("content", Value::string(text_of(&written)));
    return message;
  }
  tidy_members(written);
  std::string role = known_role(string_of(written, "role"), role_otherwise);
  take_member(written, "role");
  written.members().insert(written.members().begin(), {"role", Value::string(std::move(role))});
  for (auto& [name, value] : written.members()) {
    if (name == "content") value = canonical_content(std::move(value));
  }
  if (written.find("reasoning_content") == nullptr) {
    for (auto& [name, value] : written.members()) {
      if (name == "reasoning" && value.is_string()) name = "reasoning_content";
    }
  }
  return written;
}

Value canonical_answer(Value written) {
  Value message = canonical_message(std::move(written), "assistant");
  message.set("role", Value::string("assistant"));
  for (auto& [name, value] : message.members()) {
    if (name == "audio") take_member(value, "data");
  }
  Value content = take_member(message, "content");
  if (content.is_array()) {
    // Thoughts among the parts, as Mistral's models write them.
    MessageDraft draft("assistant");
    for (Value& part : content.items()) {
      if (part.is_string()) {
        draft.add_text(part.text());
      } else if (part.find_string("type") == "thinking") {
        const Value* const thought = part.find("thinking");
        if (thought != nullptr) draft.add_reasoning(joined_texts(*thought));
      } else if (is_text_part(part)) {
        draft.add_text(string_of(part, "text"));
      } else {
        draft.add_part(std::move(part));
      }
    }
    Value read = draft.take();
    content = take_member(read, "content");
    if (message.find("reasoning_content") == nullptr) {
      if (Value reasoning = take_member(read, "reasoning_content"); !reasoning.is_null()) {
        message.set("reasoning_content", std::move(reasoning));
      }
    }
  }
  message.members().insert(message.members().begin() + 1, {"content", std::move(content)});
  return message;
}

}  // namespace gleaner::gateway::exchange
