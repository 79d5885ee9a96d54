// ShareGPT: {"conversations":[{"from","value"}...]}, with the system prompt among them or beside them.
//
// A function_call becomes a tool call of the assistant, and the observation behind it its result. The format has no
// call ids, so they are counted. An observation without a call stands as a user's turn, which is where trainers put it:
// a tool message that answers no call is refused everywhere.
#include <algorithm>
#include <array>
#include <deque>

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

using json::Value;

struct Role {
  std::string_view from;
  std::string_view role;
};

constexpr std::string_view kFunctionCall = "function_call";
constexpr std::string_view kTool = "tool";

constexpr std::array kRoles = {
    Role{"human", "user"},
    Role{"user", "user"},
    Role{"gpt", "assistant"},
    Role{"assistant", "assistant"},
    Role{"chatgpt", "assistant"},
    Role{"bard", "assistant"},
    Role{"bing", "assistant"},
    Role{"system", "system"},
    Role{"tool", kTool},
    Role{"observation", kTool},
    Role{kFunctionCall, kFunctionCall},
};

class Conversation {
 public:
  Status add(const std::string& path, const Value& turn) {
    if (!turn.is_object()) return wrong(path, "an object", turn);
    TRY_ASSIGN(const std::string_view from, text_of(path, turn, "from", "role"));
    TRY_ASSIGN(const std::string_view said, text_of(path, turn, "value", "content"));
    const auto* const role = std::ranges::find(kRoles, ascii_lower(from), &Role::from);
    if (role == kRoles.end()) {
      return fail(Code::kInvalidArgument, fmt::format("{}.from: expected human, gpt, system, tool, observation or "
                                                      "function_call; got \"{}\"",
                                                      path, excerpt(from)));
    }
    if (role->role == kFunctionCall) return add_calls(path + ".value", said);
    if (role->role == kTool) {
      add_result(said);
    } else {
      messages.push_back(message(role->role, said));
    }
    return {};
  }

  std::vector<Value> messages;

 private:
  static Result<std::string_view> text_of(const std::string& path, const Value& turn, std::string_view name,
                                          std::string_view other) {
    const Value* const value = first_of(turn, {name, other});
    if (value == nullptr) return fail(Code::kInvalidArgument, fmt::format("{}.{}: missing", path, name));
    if (!value->is_string()) return wrong(fmt::format("{}.{}", path, name), "a string", *value);
    return value->text();
  }

  Status add_calls(const std::string& path, std::string_view text) {
    auto parsed = json::parse(text);
    if (!parsed) return fail_in(path, std::move(parsed).error());
    const std::vector<Value> one = {*parsed};
    Value calls = Value::array();
    for (const Value& call : parsed->is_array() ? parsed->items() : one) {
      const auto name = call.find_string("name");
      if (!name) {
        return fail(Code::kInvalidArgument,
                    fmt::format("{}: expected {{\"name\", \"arguments\"}} or a list of it", path));
      }
      const Value* const given = call.find("arguments");
      const std::string arguments = given == nullptr ? "{}" : given->is_string() ? given->text() : given->dump();
      const std::string id = fmt::format("call_{}", ++calls_made_);
      calls.push(Value::object(
          {{"id", text_value(id)},
           {"type", text_value("function")},
           {"function", Value::object({{"name", text_value(*name)}, {"arguments", text_value(arguments)}})}}));
      unanswered_.push_back(id);
    }
    messages.push_back(
        Value::object({{"role", text_value("assistant")}, {"content", Value()}, {"tool_calls", std::move(calls)}}));
    return {};
  }

  void add_result(std::string_view said) {
    if (unanswered_.empty()) {
      messages.push_back(message("user", said));
      return;
    }
    Value result = message(kTool, said);
    result.set("tool_call_id", text_value(unanswered_.front()));
    unanswered_.pop_front();
    messages.push_back(std::move(result));
  }

  std::deque<std::string> unanswered_;
  int calls_made_ = 0;
};

// The tools: an array or its JSON as a text, of tools as OpenAI has them or of their functions alone.
Status take_tools(Draft& draft) {
  const Value* const given = draft.use({"tools"});
  if (given == nullptr || (given->is_string() && trim(given->text()).empty())) return {};
  Value tools = *given;
  if (given->is_string()) {
    auto parsed = json::parse(given->text());
    if (!parsed) return fail_in("tools", std::move(parsed).error());
    tools = *std::move(parsed);
  }
  if (!tools.is_array()) return wrong("tools", "an array", tools);
  for (Value& tool : tools.items()) {
    if (tool.find("function") != nullptr || tool.find("name") == nullptr) continue;
    tool = Value::object({{"type", text_value("function")}, {"function", std::move(tool)}});
  }
  draft.set("tools", std::move(tools));
  return {};
}

}  // namespace

bool is_sharegpt(const Value& element) {
  const Value* const turns = element.find("conversations");
  return turns != nullptr && turns->is_array();
}

Result<Records> convert_sharegpt(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  draft.identify({"id"});
  draft.take({"model"}, "model");
  TRY(take_tools(draft));
  TRY_ASSIGN(const Value* const turns, draft.need({"conversations"}, Kind::kArray));
  TRY_ASSIGN(const Value* const system, draft.use({"system"}, Kind::kString));
  Conversation conversation;
  if (system != nullptr && !system->text().empty()) conversation.messages.push_back(message("system", system->text()));
  for (size_t i = 0; i < turns->items().size(); ++i) {
    TRY(conversation.add(fmt::format("conversations[{}]", i), turns->items()[i]));
  }
  set_conversation(draft, std::move(conversation.messages), "conversations");
  return one(draft.interaction(decoder));
}

}  // namespace gleaner::gateway
