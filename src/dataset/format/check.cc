#include "dataset/format/check.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::dataset::check {
namespace {

using json::Value;
using Kind = Value::Kind;

std::string_view words(Kind kind) {
  constexpr std::string_view kWords[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
  return kWords[static_cast<size_t>(kind)];
}

std::string got(const Value& value) {
  return value.is_string() ? fmt::format("\"{}\"", excerpt(value.text())) : std::string(value.kind_name());
}

bool is_call(const Value& message) {
  const Value* const calls = message.find("tool_calls");
  return calls != nullptr && calls->is_array() && !calls->items().empty();
}

bool is_old_call(const Value& message) {
  const Value* const call = message.find("function_call");
  return call != nullptr && call->is_object();
}

void part(const Value& one, const std::string& where, std::string_view role, Problems& problems) {
  constexpr std::array<std::string_view, 4> kOfUser = {"text", "image_url", "input_audio", "file"};
  constexpr std::array<std::string_view, 1> kOfOthers = {"text"};
  if (!one.is_object()) return add(problems, where, fmt::format("expected an object; got {}", got(one)));
  const Value* const type = need(one, where, "type", Kind::kString, problems);
  if (type == nullptr) return;
  const Names kinds = role == "user" ? Names(kOfUser) : Names(kOfOthers);
  one_of(*type, join(where, "type"), kinds, problems);
  if (type->text() == "text") need_text(one, where, "text", problems);
  if (type->text() == "image_url") {
    const Value* const image = need(one, where, "image_url", Kind::kObject, problems);
    if (image != nullptr) need_text(*image, join(where, "image_url"), "url", problems);
  }
}

void content(const Value& message, const std::string& where, const MessageRules& rules, Problems& problems) {
  const std::string_view role = message.find_string("role").value_or("");
  const Value* const value = message.find("content");
  const bool may_lack = role == "assistant" && (is_call(message) || is_old_call(message));
  if (value == nullptr || value->is_null()) {
    if (!may_lack) add(problems, join(where, "content"), value == nullptr ? "missing" : "expected a text; got null");
  } else if (value->is_string()) {
    const bool may_be_empty = rules.empty_content || may_lack || role == "tool" || role == "function";
    if (value->text().empty() && !may_be_empty) add(problems, join(where, "content"), "is empty");
  } else if (value->is_array() && rules.parts) {
    if (value->items().empty()) add(problems, join(where, "content"), "is empty");
    for (size_t i = 0; i < value->items().size(); ++i)
      part(value->items()[i], at(join(where, "content"), i), role, problems);
  } else {
    add(problems, join(where, "content"), fmt::format("expected a string; got {}", value->kind_name()));
  }
}

void weight(const Value& message, const std::string& where, Problems& problems) {
  const Value* const value = message.find("weight");
  if (value == nullptr) return;
  const std::optional<int64_t> number = value->as_integer();
  if (number != 0 && number != 1)
    add(problems, join(where, "weight"), fmt::format("expected 0 or 1; got {}", got(*value)));
  if (message.find_string("role") != "assistant")
    add(problems, join(where, "weight"), "is for the assistant's messages");
}

void arguments(const Value& function, const std::string& where, MessageRules::Arguments kind, Problems& problems) {
  using Arguments = MessageRules::Arguments;
  const Value* const value = function.find("arguments");
  const std::string path = join(where, "arguments");
  if (value == nullptr) return add(problems, path, "missing");
  const bool object_fits = kind == Arguments::kObject || kind == Arguments::kEither;
  if (value->is_object() && object_fits) return;
  if (!value->is_string() || kind == Arguments::kObject) {
    const std::string_view wanted = kind == Arguments::kObject   ? "an object"
                                    : kind == Arguments::kEither ? "an object or its JSON"
                                                                 : "a string";
    return add(problems, path, fmt::format("expected {}; got {}", wanted, value->kind_name()));
  }
  if (kind == Arguments::kText) return;
  const auto parsed = json::parse(value->text());
  if (!parsed || !parsed->is_object()) add(problems, path, "expected the JSON of an object");
}

void call_id(const Value& object, const std::string& where, std::string_view name, size_t chars, Problems& problems) {
  const Value* const id = need_text(object, where, name, problems);
  if (id == nullptr || chars == 0) return;
  const bool fine = id->text().size() == chars && std::ranges::all_of(id->text(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
                    });
  if (!fine) add(problems, join(where, name), fmt::format("expected {} letters and digits; got {}", chars, got(*id)));
}

void calls(const Value& message, const std::string& where, const MessageRules& rules, Problems& problems) {
  const Value* const list = may_have(message, where, "tool_calls", Kind::kArray, problems);
  if (list == nullptr) return;
  const std::string path = join(where, "tool_calls");
  if (!rules.tools) return add(problems, path, "the format has no tool calls");
  if (list->items().empty()) return add(problems, path, "is empty");
  if (message.find_string("role") != "assistant") add(problems, path, "is for the assistant's messages");
  for (size_t i = 0; i < list->items().size(); ++i) {
    const Value& call = list->items()[i];
    const std::string one = at(path, i);
    if (!call.is_object()) {
      add(problems, one, fmt::format("expected an object; got {}", got(call)));
      continue;
    }
    if (rules.ids) call_id(call, one, "id", rules.id_chars, problems);
    const Value* const function = need(call, one, "function", Kind::kObject, problems);
    if (function == nullptr) continue;
    need_text(*function, join(one, "function"), "name", problems);
    arguments(*function, join(one, "function"), rules.arguments, problems);
  }
}

}  // namespace

void add(Problems& problems, std::string_view where, std::string_view what) {
  if (problems.size() < kMaxProblems)
    problems.push_back(where.empty() ? std::string(what) : fmt::format("{}: {}", where, what));
}

std::string join(std::string_view where, std::string_view name) {
  return where.empty() ? std::string(name) : fmt::format("{}.{}", where, name);
}

std::string at(std::string_view where, size_t index) {
  return fmt::format("{}[{}]", where, index);
}

bool is_object(const Value& line, Problems& problems) {
  if (line.is_object()) return true;
  add(problems, "", fmt::format("expected an object; got {}", line.kind_name()));
  return false;
}

const Value* need(const Value& parent, std::string_view where, std::string_view name, Kind kind, Problems& problems) {
  const Value* const value = parent.find(name);
  if (value == nullptr) {
    add(problems, join(where, name), "missing");
  } else if (value->kind() != kind) {
    add(problems, join(where, name), fmt::format("expected {}; got {}", words(kind), value->kind_name()));
  } else {
    return value;
  }
  return nullptr;
}

const Value* need_text(const Value& parent, std::string_view where, std::string_view name, Problems& problems) {
  const Value* const value = need(parent, where, name, Kind::kString, problems);
  if (value == nullptr || !value->text().empty()) return value;
  add(problems, join(where, name), "is empty");
  return nullptr;
}

const Value* may_have(const Value& parent, std::string_view where, std::string_view name, Kind kind,
                      Problems& problems) {
  const Value* const value = parent.find(name);
  if (value == nullptr || value->is_null()) return nullptr;
  return need(parent, where, name, kind, problems);
}

void only(const Value& object, std::string_view where, Names names, Problems& problems) {
  for (const auto& [key, value] : object.members()) {
    if (std::ranges::find(names, key) == names.end())
      add(problems, join(where, excerpt(key)), fmt::format("expected only {}", fmt::join(names, ", ")));
  }
}

void one_of(const Value& value, std::string_view where, Names names, Problems& problems) {
  if (value.is_string() && std::ranges::find(names, value.text()) != names.end()) return;
  add(problems, where, fmt::format("expected one of {}; got {}", fmt::join(names, ", "), got(value)));
}

void messages(const Value& list, std::string_view where, const MessageRules& rules, Problems& problems) {
  if (list.items().empty()) add(problems, where, "is empty");
  for (size_t i = 0; i < list.items().size() && problems.size() < kMaxProblems; ++i) {
    const Value& message = list.items()[i];
    const std::string path = at(where, i);
    if (!message.is_object()) {
      add(problems, path, fmt::format("expected an object; got {}", got(message)));
      continue;
    }
    if (!rules.members.empty()) only(message, path, rules.members, problems);
    const Value* const role = need(message, path, "role", Kind::kString, problems);
    if (role != nullptr) one_of(*role, join(path, "role"), rules.roles, problems);
    content(message, path, rules, problems);
    calls(message, path, rules, problems);
    if (rules.weights) weight(message, path, problems);
    if (rules.ids && role != nullptr && role->text() == "tool")
      call_id(message, path, "tool_call_id", rules.id_chars, problems);
  }
}

void ends_on_assistant(const Value& list, std::string_view where, Problems& problems) {
  if (list.items().empty()) return;
  const std::string path = at(where, list.items().size() - 1);
  const Value& last = list.items().back();
  if (last.find_string("role") != "assistant") {
    add(problems, join(path, "role"), "the last message must be the assistant's: it is what is learned");
  } else if (const Value* const weight = last.find("weight"); weight != nullptr && weight->as_integer() == 0) {
    add(problems, join(path, "weight"), "the last message must have a weight other than 0");
  }
}

void ends_on(const Value& list, std::string_view where, Names roles, Problems& problems) {
  if (list.items().empty()) return;
  const Value* const role = list.items().back().find("role");
  if (role != nullptr) one_of(*role, join(at(where, list.items().size() - 1), "role"), roles, problems);
}

void results(const Value& list, std::string_view where, Problems& problems) {
  std::vector<std::string_view> open;
  for (size_t i = 0; i < list.items().size(); ++i) {
    const Value& message = list.items()[i];
    if (message.find_string("role") == "tool") {
      const auto asked = std::ranges::find(open, message.find_string("tool_call_id").value_or(""));
      if (asked == open.end()) {
        add(problems, join(at(where, i), "tool_call_id"), "no call of the message before has this id");
      } else {
        open.erase(asked);
      }
      continue;
    }
    if (!open.empty())
      add(problems, at(where, i),
          fmt::format("expected the result of the tool call \"{}\" first", excerpt(open.front())));
    open.clear();
    const Value* const calls = message.find("tool_calls");
    if (calls == nullptr) continue;
    for (const Value& call : calls->items()) open.push_back(call.find_string("id").value_or(""));
  }
}

void alternates(const Value& list, std::string_view where, std::string_view role, Problems& problems) {
  for (size_t i = 1; i < list.items().size(); ++i) {
    const auto before = list.items()[i - 1].find_string(role);
    if (before && before == list.items()[i].find_string(role))
      add(problems, join(at(where, i), role),
          fmt::format("the same as that of the message before: \"{}\"", excerpt(*before)));
  }
}

void starts_with(const Value& list, std::string_view where, std::string_view role, Problems& problems) {
  if (!list.items().empty() && list.items().front().find_string("role") != role)
    add(problems, join(at(where, 0), "role"), fmt::format("expected {} in the first message", role));
}

void starts_and_alternates(const Value& list, std::string_view where, std::string_view role, std::string_view first,
                           Problems& problems) {
  starts_with(list, where, first, problems);
  alternates(list, where, role, problems);
}

void tools(const Value& list, std::string_view where, bool complete, Problems& problems) {
  if (!list.is_array()) return add(problems, where, fmt::format("expected an array; got {}", got(list)));
  for (size_t i = 0; i < list.items().size(); ++i) {
    const Value& tool = list.items()[i];
    const std::string path = at(where, i);
    const Value* const function = need(tool, path, "function", Kind::kObject, problems);
    if (const Value* const type = tool.find("type");
        type == nullptr || !type->is_string() || type->text() != "function")
      add(problems, join(path, "type"), "expected \"function\"");
    if (function == nullptr) continue;
    const std::string inner = join(path, "function");
    need_text(*function, inner, "name", problems);
    if (complete) {
      need(*function, inner, "description", Kind::kString, problems);
      need(*function, inner, "parameters", Kind::kObject, problems);
    } else {
      may_have(*function, inner, "description", Kind::kString, problems);
      may_have(*function, inner, "parameters", Kind::kObject, problems);
    }
  }
}

}  // namespace gleaner::dataset::check
