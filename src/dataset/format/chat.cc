#include "dataset/format/chat.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>

#include "dataset/format/chat_reader.h"
#include "dataset/normal_json.h"

namespace gleaner::dataset::chat {
namespace {

using json::Value;

constexpr std::string_view kNoCall = "a tool result without its call";

// Fills in the arguments that are objects, for the formats that have to know. Calls of one format all need it or none.
void read_arguments(json::Walker& walker, Messages& messages) {
  for (Message& message : messages) {
    for (Call& call : message.calls) append_normal_object(walker, call.arguments, call.object);
  }
}

// Gives every result the id and the name of its call. Calls at the very end have no results yet. False with the reason.
bool pair_results(const std::vector<Messages*>& lists, std::string& reason) {
  std::vector<std::pair<const Call*, bool>> open;  // calls of the last assistant message, and whether they are answered
  const auto all_answered = [&open] { return std::ranges::all_of(open, [](const auto& call) { return call.second; }); };
  for (Messages* const list : lists) {
    for (Message& message : *list) {
      if (message.role != Role::kTool) {
        if (!all_answered()) {
          reason = "a tool call without its result";
          return false;
        }
        open.clear();
        for (const Call& call : message.calls) open.emplace_back(&call, false);
        continue;
      }
      const auto asked = std::ranges::find_if(open, [&](const auto& call) {
        if (call.second) return false;
        if (!message.call_id.empty()) return call.first->id == message.call_id;
        return message.name.empty() || call.first->name == message.name;
      });
      if (asked == open.end()) {
        reason = kNoCall;
        return false;
      }
      asked->second = true;
      message.call_id = asked->first->id;
      message.name = asked->first->name;
    }
  }
  return true;
}

bool ends_on_answer(const Messages& turns) {
  return !turns.empty() && turns.back().role == Role::kAssistant;
}

bool has_user(const Messages& messages) {
  return std::ranges::find(messages, Role::kUser, &Message::role) != messages.end();
}

bool has_names(const Messages& messages) {
  return std::ranges::all_of(messages, [](const Message& message) {
    return std::ranges::all_of(message.calls, [](const Call& call) { return good_name(call.name); });
  });
}

// A definition in OpenAI's shape, of one in that of the Responses API or of Anthropic too; null if it is no function.
Value function_of(const Value& tool) {
  const Value* function = tool.find("function");
  if (function == nullptr && tool.find("name") != nullptr) function = &tool;
  const std::string_view type = tool.find_string("type").value_or("function");
  if (function == nullptr || !function->is_object() || (type != "function" && type != "custom")) return {};
  if (!good_name(function->find_string("name").value_or(""))) return {};
  Value clean = Value::object();
  for (const auto& [key, value] : function->members()) {
    if (value.is_null()) continue;
    if (key == "name" || (key == "description" && value.is_string()) || (key == "strict" && value.is_bool()))
      clean.set(key, value);
    if ((key == "parameters" || key == "input_schema") && value.is_object()) clean.set("parameters", value);
  }
  return Value::object({{"type", Value::string("function")}, {"function", std::move(clean)}});
}

// The kinds of parts that OpenAI's messages have; others had better not be passed on.
bool known_parts(const Message& message) {
  constexpr std::array<std::string_view, 3> kKinds = {"text", "input_audio", "file"};
  return std::ranges::all_of(message.parts.items(), [&](const Value& part) {
    const std::string_view kind = part.find_string("type").value_or("");
    const Value* const image = part.find("image_url");
    const bool shown = image != nullptr && !image->find_string("url").value_or("").empty();
    return kind == "image_url" ? shown : std::ranges::find(kKinds, kind) != kKinds.end();
  });
}

bool messages_fit(const Messages& messages, const Carries& carries, bool learned, std::string& reason) {
  for (const Message& message : messages) {
    if (!carries.parts && !message.parts.is_null()) {
      reason = "content other than text";
    } else if (!message.parts.is_null() && message.role != Role::kUser) {
      reason = "content other than text that is not the user's";
    } else if (!known_parts(message)) {
      reason = "content of an unknown kind";
    } else if (!carries.tools && (message.role == Role::kTool || !message.calls.empty())) {
      reason = "tool calls";
    } else if (!carries.text_with_calls && !message.calls.empty() && !message.text.empty()) {
      reason = "text beside a tool call";
    } else if (!carries.system && message.role == Role::kSystem) {
      reason = "a system prompt";
    } else if (!carries.weights && learned && !message.trained) {
      reason = "a turn with weight 0";
    } else if (!carries.any_arguments &&
               std::ranges::any_of(message.calls, [](const Call& call) { return call.object.empty(); })) {
      reason = "arguments of a tool call that are no JSON object";
    } else {
      continue;
    }
    return false;
  }
  return true;
}

int side(const Message& message) {
  return message.role == Role::kSystem ? 0 : message.role == Role::kAssistant ? 2 : 1;
}

// The two as one in `first`; false if that would lose something.
bool join(Message& first, Message&& second) {
  const bool alike = first.role == second.role && first.trained == second.trained && first.calls.empty() &&
                     second.calls.empty() && first.parts.is_null() && second.parts.is_null();
  if (!alike) return false;
  if (!first.text.empty() && !second.text.empty()) first.text += "\n\n";
  first.text += second.text;
  first.has_weight |= second.has_weight;
  return true;
}

void write_call(json::Writer& out, const Call& call, const Style& style) {
  out.begin_object();
  if (style.call_ids) out.field("id", call.id);
  out.field("type", "function").key("function").begin_object().field("name", call.name).key("arguments");
  if (style.arguments == Style::Arguments::kText) {
    out.string(call.arguments);
  } else {
    out.raw(call.object);
  }
  out.end_object().end_object();
}

}  // namespace

bool good_name(std::string_view name) {
  constexpr size_t kMaxName = 64;
  return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string_view role_name(Role role) {
  constexpr std::string_view kNames[] = {"system", "user", "assistant", "tool"};
  return kNames[std::to_underlying(role)];
}

Messages Chat::take_conversation() {
  Messages all = std::exchange(prompt, {});
  std::ranges::move(answer, std::back_inserter(all));
  answer.clear();
  return all;
}

Result<bool> read_tools(std::string_view text, Value& tools, std::string& reason) {
  if (text.empty()) return true;
  auto list = json::parse(text);
  if (!list || !list->is_array()) return fail(Code::kDataLoss, "tools: expected an array");
  if (list->items().empty()) return true;
  tools = Value::array();
  for (const Value& tool : list->items()) {
    Value function = function_of(tool);
    if (function.is_null()) {
      reason = "a tool that is no function";
      return false;
    }
    tools.push(std::move(function));
  }
  return true;
}

Result<bool> load(const Example& example, const Carries& carries, Chat& chat, std::string& reason) {
  TRY_ASSIGN(const bool readable, read(example, chat, reason));
  return readable && fits(chat, carries, reason);
}

Result<bool> read(const Example& example, Chat& chat, std::string& reason) {
  Reader reader(reason);
  TRY_ASSIGN(bool fine, reader.read(example.prompt, chat.prompt));
  if (!fine) return false;
  const int given_ids = reader.given_ids();
  TRY_ASSIGN(fine, reader.read(example.answer, chat.answer));
  if (fine && !example.rejected.empty()) {
    reader.set_given_ids(given_ids);
    TRY_ASSIGN(fine, reader.read(example.rejected, chat.rejected));
  }
  if (!fine) return false;
  TRY_ASSIGN(fine, read_tools(example.tools, chat.tools, reason));
  if (!fine) return false;
  const bool compared = example.task == Task::kPreference;
  if (!ends_on_answer(chat.answer) || (compared && !ends_on_answer(chat.rejected))) {
    reason = "the answer has no text and no tool call";
  } else if (!has_user(chat.prompt)) {
    reason = "no user message with text";
  } else if (!has_names(chat.prompt) || !has_names(chat.answer) || !has_names(chat.rejected)) {
    reason = "a tool call whose name is not made of letters, digits, _ and -";
  } else {
    return pair_results({&chat.prompt, &chat.answer}, reason) &&
           (!compared || pair_results({&chat.prompt, &chat.rejected}, reason));
  }
  return false;
}

bool fits(Chat& chat, const Carries& carries, std::string& reason) {
  if (!carries.any_arguments) {
    json::Walker walker;
    for (Messages* const list : {&chat.prompt, &chat.answer, &chat.rejected}) read_arguments(walker, *list);
  }
  if (!messages_fit(chat.prompt, carries, carries.learns_prompt, reason) ||
      !messages_fit(chat.answer, carries, true, reason) || !messages_fit(chat.rejected, carries, true, reason)) {
    return false;
  }
  if (!chat.answer.back().trained) {
    reason = "an answer with weight 0";
    return false;
  }
  if (!carries.tools) chat.tools = {};
  const bool one_turn =
      std::ranges::count_if(chat.prompt, [](const Message& m) { return side(m) != 0; }) == 1 && chat.answer.size() == 1;
  if (!carries.turns && !one_turn) {
    reason = "more than one question and answer";
    return false;
  }
  return true;
}

bool awaits_answer(const Messages& prompt, std::string& reason) {
  if (!prompt.empty() && side(prompt.back()) == 1) return true;
  reason = "a prompt that does not end on the user or a tool";
  return false;
}

bool one_message_each(const Chat& chat, std::string& reason) {
  if (chat.answer.size() == 1 && chat.rejected.size() <= 1) return true;
  reason = "an answer of several messages";
  return false;
}

Value bare_tools(const Value& tools) {
  Value bare = Value::array();
  for (const Value& tool : tools.items()) {
    const Value& function = *tool.find("function");
    const Value* const description = function.find("description");
    const Value* const given = function.find("parameters");
    Value parameters = given != nullptr ? *given : Value::object({{"type", Value::string("object")}});
    const Value* const properties = parameters.find("properties");
    if (properties == nullptr || !properties->is_object()) parameters.set("properties", Value::object());
    bare.push(Value::object({{"name", *function.find("name")},
                             {"description", description != nullptr ? *description : Value::string("")},
                             {"parameters", std::move(parameters)}}));
  }
  return bare;
}

bool user_first(const Messages& messages, std::string& reason) {
  const auto first = std::ranges::find_if(messages, [](const Message& m) { return side(m) != 0; });
  if (first != messages.end() && first->role == Role::kUser) return true;
  reason = "an assistant who speaks first";
  return false;
}

bool take_system(Messages& messages, std::string& system, std::string& reason) {
  const auto end = std::ranges::find_if(messages, [](const Message& m) { return m.role != Role::kSystem; });
  if (std::any_of(end, messages.end(), [](const Message& m) { return m.role == Role::kSystem; })) {
    reason = "a system message inside the conversation";
    return false;
  }
  for (auto it = messages.begin(); it != end; ++it) {
    if (!system.empty()) system += "\n\n";
    system += it->text;
  }
  messages.erase(messages.begin(), end);
  return true;
}

bool alternate(Messages& messages, std::string& reason) {
  Messages joined;
  for (Message& message : messages) {
    if (joined.empty() || side(joined.back()) != side(message)) {
      joined.push_back(std::move(message));
    } else if (!join(joined.back(), std::move(message))) {
      reason = "neighbouring messages of one side that cannot be joined";
      return false;
    }
  }
  messages = std::move(joined);
  return true;
}

void write(json::Writer& out, const Message& message, const Style& style) {
  const bool developer = style.developer && message.developer;
  out.begin_object().field("role", developer ? "developer" : role_name(message.role));
  if (!message.parts.is_null()) {
    out.key("content").raw(message.parts.dump());
  } else if (!message.text.empty() || message.calls.empty()) {
    out.field("content", message.text);
  }
  if (!message.calls.empty()) {
    out.key("tool_calls").begin_array();
    for (const Call& call : message.calls) write_call(out, call, style);
    out.end_array();
  }
  if (message.role == Role::kTool) {
    if (style.call_ids) out.field("tool_call_id", message.call_id);
    if (style.result_names) out.field("name", message.name);
  } else if (style.names && !message.name.empty()) {
    out.field("name", message.name);
  }
  if (!style.weight.empty() && message.has_weight) {
    if (style.weight_is_boolean) {
      out.field(style.weight, message.trained);
    } else {
      out.field(style.weight, message.trained ? 1 : 0);
    }
  }
  out.end_object();
}

void write(json::Writer& out, const Messages& messages, const Style& style) {
  out.begin_array();
  for (const Message& message : messages) write(out, message, style);
  out.end_array();
}

namespace {

// The same without a parser. Nothing is appended if that does not do.
bool append_unread(const Example& example, const MessagesLine& line, std::string& out) {
  const Outline facts = outline(example);
  if (!facts.simple) return line.usual && append_usual(example, out);
  if (facts.developer && !line.style.developer) return false;
  append_conversation(out, example.prompt, example.answer);
  return true;
}

}  // namespace

Result<bool> append_messages(const Example& example, const MessagesLine& line, std::string& out, std::string& reason) {
  const size_t start = out.size();
  out.append(R"({"messages":)");
  Chat chat;
  Result<bool> fine = true;
  const bool unread = append_unread(example, line, out);
  if (unread) {
    if (!example.tools_shown) fine = read_tools(example.tools, chat.tools, reason);
  } else {
    fine = load(example, line.carries, chat, reason);
    json::Writer w(out);
    if (fine && *fine) write(w, chat.take_conversation(), line.style);
  }
  if (!fine || !*fine) {
    out.resize(start);
    return fine;
  }
  if (chat.has_tools() || (unread && example.tools_shown)) {
    out.append(R"(,"tools":)");
    const std::string tools = chat.has_tools() ? chat.tools.dump() : example.tools;
    if (line.tools_as_text) {
      json::append_string(out, tools);
    } else {
      out.append(tools);
    }
  }
  out += "}\n";
  return true;
}

}  // namespace gleaner::dataset::chat
