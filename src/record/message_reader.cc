#include "record/message_reader.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace gleaner::record {
namespace {

using json::syntax_error;
using json::ondemand::json_type;

constexpr std::array<std::string_view, 6> kRoles = {"system", "developer", "user", "assistant", "tool", "function"};

// Levels of nesting above the value of a field: the record itself.
constexpr int kFieldDepth = 1;

Result<json_type> type_of(json::ondemand::value& value) {
  json_type type{};
  if (const auto error = value.type().get(type)) return syntax_error(error);
  return type;
}

std::unexpected<Error> wrong_type(std::string_view path, std::string_view expected, json_type got) {
  return fail(Code::kInvalidArgument, fmt::format("{}: expected {}, got {}", path, expected, type_name(got)));
}

}  // namespace

std::string MessageReader::Path::text(std::string_view member) const {
  return index ? fmt::format("{}[{}]{}", field, *index, member) : fmt::format("{}{}", field, member);
}

std::string_view type_name(json_type type) {
  switch (type) {
    case json_type::array:
      return "an array";
    case json_type::object:
      return "an object";
    case json_type::number:
      return "a number";
    case json_type::string:
      return "a string";
    case json_type::boolean:
      return "a boolean";
    case json_type::null:
      return "null";
  }
  return "nothing";
}

Status MessageReader::read_part(const Path& path, size_t index, json::ondemand::value value, std::string& out) {
  TRY_ASSIGN(const json_type type, type_of(value));
  if (type != json_type::string && type != json_type::object) {
    return wrong_type(path.text(fmt::format(".content[{}]", index)), "a content part (an object)", type);
  }
  return walker_.copy(value, out, kFieldDepth + 3);
}

Status MessageReader::read_content(const Path& path, json::ondemand::value value, std::string& out) {
  TRY_ASSIGN(const json_type type, type_of(value));
  if (type == json_type::string || type == json_type::null) return walker_.copy(value, out, kFieldDepth + 2);
  if (type != json_type::array) return wrong_type(path.text(".content"), "a string, an array of parts or null", type);
  json::ondemand::array parts;
  if (const auto error = value.get_array().get(parts)) return syntax_error(error);
  size_t index = 0;
  out += '[';
  for (auto item : parts) {
    json::ondemand::value part;
    if (const auto error = item.get(part)) return syntax_error(error);
    if (index > 0) out += ',';
    TRY(read_part(path, index, part, out));
    ++index;
  }
  out += ']';
  return {};
}

Result<std::string> MessageReader::read_object(const Path& path, json::ondemand::value value, std::string& out) {
  TRY_ASSIGN(const json_type type, type_of(value));
  if (type != json_type::object) return wrong_type(path.text(), "an object", type);
  json::ondemand::object object;
  if (const auto error = value.get_object().get(object)) return syntax_error(error);
  std::string message_role;
  out += '{';
  bool first = true;
  for (auto member : object) {
    json::ondemand::field field;
    if (const auto error = std::move(member).get(field)) return syntax_error(error);
    if (!first) out += ',';
    first = false;
    out += json::written_key(field);
    out += ':';
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return syntax_error(error);
    TRY_ASSIGN(const json_type member_type, type_of(field.value()));
    if (key == "content") {
      TRY(read_content(path, field.value(), out));
    } else if (key == "role") {
      if (member_type != json_type::string) return wrong_type(path.text(".role"), "a string", member_type);
      TRY_ASSIGN(const std::string_view role, walker_.copy_string(field.value(), out));
      if (std::ranges::find(kRoles, role) == kRoles.end()) {
        return fail(Code::kInvalidArgument, fmt::format("{}: expected one of {}; got \"{}\"", path.text(".role"),
                                                        fmt::join(kRoles, ", "), excerpt(role)));
      }
      message_role = role;
    } else {
      if (key == "tool_calls" && member_type != json_type::array && member_type != json_type::null) {
        return wrong_type(path.text(".tool_calls"), "an array", member_type);
      }
      TRY(walker_.copy(field.value(), out, kFieldDepth + 2));
    }
  }
  out += '}';
  return message_role;
}

Result<MessagesSummary> MessageReader::read_all(std::string_view field, json::ondemand::value value, std::string& out) {
  TRY_ASSIGN(const json_type type, type_of(value));
  if (type != json_type::array) return wrong_type(field, "an array", type);
  json::ondemand::array array;
  if (const auto error = value.get_array().get(array)) return syntax_error(error);
  MessagesSummary summary;
  out = '[';
  for (auto item : array) {
    json::ondemand::value element;
    if (const auto error = item.get(element)) return syntax_error(error);
    if (summary.count > 0) out += ',';
    summary.last_start = out.size();
    const Path path{field, summary.count};
    TRY_ASSIGN(const std::string role, read_object(path, element, out));
    if (role.empty()) {
      return fail(Code::kInvalidArgument,
                  fmt::format("{}: missing; expected one of {}", path.text(".role"), fmt::join(kRoles, ", ")));
    }
    summary.last_is_assistant = role == "assistant";
    ++summary.count;
  }
  out += ']';
  return summary;
}

Status MessageReader::read_output(std::string_view field, json::ondemand::value value, std::string& out) {
  constexpr std::string_view kRole = R"({"role":"assistant")";
  TRY_ASSIGN(const json_type type, type_of(value));
  out.clear();
  if (type == json_type::string) {
    out.append(kRole).append(R"(,"content":)");
    TRY(walker_.copy(value, out, kFieldDepth + 1));
    out += '}';
    return {};
  }
  TRY_ASSIGN(const std::string role, read_object({field, std::nullopt}, value, out));
  if (role.empty()) {
    const std::string_view separator = out == "{}" ? "" : ",";
    out.replace(0, 1, fmt::format("{}{}", kRole, separator));
  } else if (role != "assistant") {
    return fail(Code::kInvalidArgument, fmt::format("{}.role: expected assistant, got \"{}\"", field, role));
  }
  return {};
}

}  // namespace gleaner::record
