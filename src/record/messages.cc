#include "record/messages.h"

#include <algorithm>
#include <array>

#include "base/json_walk.h"
#include "record/plain_messages.h"

namespace gleaner::record {
namespace {

constexpr std::array<std::string_view, 6> kPlainKeys = {"role",   "name",          "refusal",
                                                        "weight", "function_call", "tool_call_id"};

Status inspect_one(json::Walker& walker, json::ondemand::object object, MessagesFacts& facts) {
  bool has_content = false;
  for (auto member : object) {
    json::ondemand::field field;
    if (const auto error = std::move(member).get(field)) return json::syntax_error(error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return json::syntax_error(error);
    if (key == "content") {
      json::ondemand::json_type type{};
      if (const auto error = field.value().type().get(type)) return json::syntax_error(error);
      has_content = type == json::ondemand::json_type::string && !field.value().raw_json_token().starts_with("\"\"");
    } else if (key == "role") {
      TRY_ASSIGN(const std::string_view role, walker.text(field.value()));
      facts.has_user |= role == "user";
      facts.has_system |= role == "system" || role == "developer";
    } else if (std::ranges::find(kPlainKeys, key) == kPlainKeys.end()) {
      facts.plain = false;
    }
  }
  ++facts.count;
  facts.plain &= has_content;
  return {};
}

// What can be told without a parser; false for messages that are more than role and text. A role with an escape is left
// to the parser, too.
bool inspect_plain(std::string_view array, MessagesFacts& facts) {
  PlainMessages messages(array);
  while (messages.next()) {
    const std::string_view role = messages.role();
    if (role.find('\\') != std::string_view::npos) return false;
    facts.has_user |= role == "user";
    facts.has_system |= role == "system" || role == "developer";
    ++facts.count;
  }
  return messages.done();
}

}  // namespace

struct MessageInspector::State {
  json::Walker walker;
};

MessageInspector::MessageInspector() : state_(std::make_unique<State>()) {}
MessageInspector::~MessageInspector() = default;

Result<MessagesFacts> MessageInspector::inspect(std::string_view messages) {
  MessagesFacts facts;
  if (inspect_plain(messages, facts)) return facts;
  facts = {};
  TRY_ASSIGN(auto document, state_->walker.begin(messages));
  if (messages.starts_with('{')) {
    json::ondemand::object object;
    if (const auto error = document.get_object().get(object)) return json::syntax_error(error);
    TRY(inspect_one(state_->walker, object, facts));
    return facts;
  }
  json::ondemand::array array;
  if (const auto error = document.get_array().get(array)) return json::syntax_error(error);
  for (auto item : array) {
    json::ondemand::object object;
    if (const auto error = item.get_object().get(object)) return json::syntax_error(error);
    TRY(inspect_one(state_->walker, object, facts));
  }
  return facts;
}

}  // namespace gleaner::record
