// One walk over the text, every token of it checked. Of members of one name the first counts, but for the content.
#include "dataset/format/chat_reader.h"

#include <bitset>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace gleaner::dataset::chat {
namespace {

using json::syntax_error;
using json::Value;
using json::ondemand::json_type;

// Where messages stand: in a list.
constexpr int kMessageDepth = 2;

void read_parts(Value& content, Message& message) {
  bool only_text = true;
  Value kept = Value::array();
  for (Value& part : content.items()) {
    const std::optional<std::string_view> text =
        part.is_string() ? std::optional<std::string_view>(part.text()) : part.find_string("text");
    const std::string_view type = part.find_string("type").value_or("text");
    if (text && (type == "text" || type == "input_text" || type == "output_text")) {
      if (text->empty()) continue;
      if (!message.text.empty()) message.text += '\n';
      message.text += *text;
      kept.push(Value::object({{"type", Value::string("text")}, {"text", Value::string(std::string(*text))}}));
    } else if (part.is_object()) {
      only_text = false;
      kept.push(std::move(part));
    }
  }
  if (!only_text) message.parts = std::move(kept);
}

// False for a role nobody knows.
bool set_role(std::string_view role, Message& message) {
  message.developer = role == "developer";
  if (role == "system" || role == "developer") {
    message.role = Role::kSystem;
  } else if (role == "assistant") {
    message.role = Role::kAssistant;
  } else if (role == "tool" || role == "function") {
    message.role = Role::kTool;
  } else {
    return role == "user";
  }
  return true;
}

}  // namespace

// What the members of a message say. Texts are good until the walker's next begin().
struct Reader::Members {
  enum Name { kRole, kName, kCallId, kRefusal, kWeight, kCalls, kOldCall, kOther };
  static constexpr std::string_view kNames[] = {"role",   "name",       "tool_call_id", "refusal",
                                                "weight", "tool_calls", "function_call"};

  // Whether it is one that counts, and is the first of its name.
  Name find(std::string_view member) {
    for (size_t i = 0; i < std::size(kNames); ++i) {
      if (kNames[i] != member || seen.test(i)) continue;
      seen.set(i);
      return static_cast<Name>(i);
    }
    return kOther;
  }

  std::bitset<std::size(kNames)> seen;
  std::string_view role;
  std::string_view name;
  std::string_view call_id;
  std::string_view refusal;
  std::optional<int64_t> weight;
  std::vector<Call> calls;
  std::optional<Call> old_call;
};

Status Reader::skip(json::ondemand::value value) {
  ignored_.clear();
  return walker_.copy(value, ignored_, kMessageDepth + 1);
}

Result<std::string_view> Reader::text_of(json::ondemand::value value) {
  TRY_ASSIGN(const json_type type, json_type_of(value));
  if (type == json_type::string) return walker_.text(value);
  TRY(skip(value));
  return std::string_view();
}

Status Reader::read_arguments(json::ondemand::value value, std::string& arguments) {
  TRY_ASSIGN(const json_type type, json_type_of(value));
  if (type == json_type::string) {
    TRY_ASSIGN(arguments, walker_.text(value));
    return {};
  }
  if (type == json_type::null) return skip(value);
  return append_normal(walker_, value, arguments, kMessageDepth + 2);
}

Status Reader::read_function(json::ondemand::value value, Call& call) {
  TRY_ASSIGN(const json_type type, json_type_of(value));
  if (type == json_type::object) {
    json::ondemand::object object;
    if (const auto error = value.get_object().get(object)) return syntax_error(error);
    bool named = false;
    bool called = false;
    for (auto member : object) {
      json::ondemand::field field;
      TRY_ASSIGN(const std::string_view name, name_of(std::move(member), field));
      if (name == "name" && !std::exchange(named, true)) {
        TRY_ASSIGN(call.name, text_of(field.value()));
      } else if (name == "arguments" && !std::exchange(called, true)) {
        TRY(read_arguments(field.value(), call.arguments));
      } else {
        TRY(skip(field.value()));
      }
    }
  } else {
    TRY(skip(value));
  }
  if (call.arguments.empty()) call.arguments = "{}";
  return {};
}

Status Reader::read_call(json::ondemand::value value, Members& members) {
  TRY_ASSIGN(const json_type type, json_type_of(value));
  if (type != json_type::object) return skip(value);
  json::ondemand::object object;
  if (const auto error = value.get_object().get(object)) return syntax_error(error);
  Call call;
  bool identified = false;
  bool has_function = false;
  for (auto member : object) {
    json::ondemand::field field;
    TRY_ASSIGN(const std::string_view name, name_of(std::move(member), field));
    if (name == "id" && !std::exchange(identified, true)) {
      TRY_ASSIGN(call.id, text_of(field.value()));
    } else if (name == "function" && !std::exchange(has_function, true)) {
      TRY(read_function(field.value(), call));
    } else {
      TRY(skip(field.value()));
    }
  }
  if (has_function) members.calls.push_back(std::move(call));
  return {};
}

Status Reader::read_calls(json::ondemand::value value, Members& members) {
  TRY_ASSIGN(const json_type type, json_type_of(value));
  if (type != json_type::array) return skip(value);
  json::ondemand::array array;
  if (const auto error = value.get_array().get(array)) return syntax_error(error);
  for (auto item : array) {
    json::ondemand::value call;
    if (const auto error = item.get(call)) return syntax_error(error);
    TRY(read_call(call, members));
  }
  return {};
}

Status Reader::read_content(json::ondemand::value value, Message& message) {
  TRY_ASSIGN(const json_type type, json_type_of(value));
  if (type == json_type::string) {
    TRY_ASSIGN(message.text, walker_.text(value));
  } else if (type == json_type::array) {
    // Few have parts, and those that are no text are passed on whole.
    TRY_ASSIGN(const std::string_view written, json::Walker::pass_over(value));
    TRY_ASSIGN(Value parts, json::parse(written));
    read_parts(parts, message);
  } else if (type == json_type::object) {
    message.text.clear();
    return append_normal(walker_, value, message.text, kMessageDepth + 1);
  } else {
    return skip(value);
  }
  return {};
}

Status Reader::read_member(std::string_view name, json::ondemand::value value, Members& members, Message& message) {
  if (name == "content") return read_content(value, message);
  switch (members.find(name)) {
    case Members::kRole: {
      TRY_ASSIGN(members.role, text_of(value));
      return {};
    }
    case Members::kName: {
      TRY_ASSIGN(members.name, text_of(value));
      return {};
    }
    case Members::kCallId: {
      TRY_ASSIGN(members.call_id, text_of(value));
      return {};
    }
    case Members::kRefusal: {
      TRY_ASSIGN(members.refusal, text_of(value));
      return {};
    }
    case Members::kWeight: {
      std::string written;
      TRY(walker_.copy(value, written, kMessageDepth + 1));
      members.weight = Value::number(std::move(written)).as_integer();
      return {};
    }
    case Members::kCalls:
      return read_calls(value, members);
    case Members::kOldCall: {
      TRY_ASSIGN(const json_type type, json_type_of(value));
      if (type != json_type::object) return skip(value);
      return read_function(value, members.old_call.emplace());
    }
    case Members::kOther:
      return skip(value);
  }
  return {};
}

void Reader::take_calls(Members& members, Message& message) {
  message.calls = std::move(members.calls);
  if (message.calls.empty() && members.old_call) message.calls.push_back(*std::move(members.old_call));
  for (Call& call : message.calls) {
    if (call.id.empty()) call.id = fmt::format("call_{}", ++given_ids_);
  }
}

Result<bool> Reader::read_message(json::ondemand::value value, Message& message) {
  json::ondemand::object object;
  if (const auto error = value.get_object().get(object)) return syntax_error(error);
  Members members;
  for (auto member : object) {
    json::ondemand::field field;
    TRY_ASSIGN(const std::string_view name, name_of(std::move(member), field));
    TRY(read_member(name, field.value(), members, message));
  }
  if (!set_role(members.role, message)) {
    reason_ = "a message whose role is none of system, user, assistant and tool";
    return false;
  }
  message.name = members.name;
  message.call_id = members.call_id;
  if (message.role != Role::kAssistant) return true;
  message.has_weight = members.weight == 0 || members.weight == 1;
  message.trained = members.weight != 0;
  take_calls(members, message);
  if (message.text.empty() && message.calls.empty()) message.text = members.refusal;
  return true;
}

Result<bool> Reader::read_list(std::string_view text, Messages& out) {
  TRY_ASSIGN(auto document, walker_.begin(text));
  json::ondemand::array array;
  if (const auto error = document.get_array().get(array)) return syntax_error(error);
  bool fine = true;
  for (auto item : array) {
    json::ondemand::value value;
    if (const auto error = item.get(value)) return syntax_error(error);
    TRY_ASSIGN(const json_type type, json_type_of(value));
    if (!fine) {
      TRY(skip(value));
      continue;
    }
    if (type != json_type::object) return fail(Code::kDataLoss, "messages: expected objects");
    Message message;
    TRY_ASSIGN(fine, read_message(value, message));
    const bool says = !message.text.empty() || !message.parts.is_null() || !message.calls.empty();
    if (fine && (says || message.role == Role::kTool)) out.push_back(std::move(message));
  }
  if (!json::at_end(document)) return syntax_error(simdjson::TRAILING_CONTENT);
  return fine;
}

Result<bool> Reader::read(std::string_view text, Messages& out) {
  auto fine = read_list(text, out);
  if (!fine && fine.error().code != Code::kDataLoss) return fail(Code::kDataLoss, "messages: expected an array");
  return fine;
}

}  // namespace gleaner::dataset::chat
