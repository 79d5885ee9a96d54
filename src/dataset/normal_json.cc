// Most strings are in normal form as they stand, and copying what is written costs a fraction of writing it anew.
// Whether they are is told by their backslashes.
#include "dataset/normal_json.h"

#include "base/json.h"

namespace gleaner::dataset {
namespace {

using json::syntax_error;
using json::ondemand::json_type;

// Whether json::append_string would write these escapes for control characters: \u00 and two small hexadecimal digits,
// and those of line ends and tabs by their letters.
bool is_normal_code(std::string_view digits) {
  if (digits.size() < 4 || !digits.starts_with("00")) return false;
  const char high = digits[2];
  const char low = digits[3];
  const bool hexadecimal = (low >= '0' && low <= '9') || (low >= 'a' && low <= 'f');
  if ((high != '0' && high != '1') || !hexadecimal) return false;
  return high == '1' || (low != '9' && low != 'a' && low != 'd');
}

// Makes the string that `out` ends with, from `start` on, normal. `text` is what it says.
void make_normal(std::string& out, size_t start, std::string_view text) {
  const std::string_view written = std::string_view(out).substr(start);
  constexpr size_t kQuotes = 2;
  if (written.size() == text.size() + kQuotes || is_normal_string(written)) return;
  out.resize(start);
  json::append_string(out, text);
}

Status append_array(json::Walker& walker, json::ondemand::value value, std::string& out, int depth) {
  json::ondemand::array array;
  if (const auto error = value.get_array().get(array)) return syntax_error(error);
  out += '[';
  bool first = true;
  for (auto item : array) {
    json::ondemand::value element;
    if (const auto error = item.get(element)) return syntax_error(error);
    if (!first) out += ',';
    first = false;
    TRY(append_normal(walker, element, out, depth + 1));
  }
  out += ']';
  return {};
}

Status append_object(json::Walker& walker, json::ondemand::value value, std::string& out, int depth) {
  json::ondemand::object object;
  if (const auto error = value.get_object().get(object)) return syntax_error(error);
  out += '{';
  bool first = true;
  for (auto member : object) {
    json::ondemand::field field;
    TRY_ASSIGN(const std::string_view name, name_of(std::move(member), field));
    if (!first) out += ',';
    first = false;
    json::append_string(out, name);
    out += ':';
    TRY(append_normal(walker, field.value(), out, depth + 1));
  }
  out += '}';
  return {};
}

}  // namespace

bool is_normal_string(std::string_view written) {
  constexpr std::string_view kEscapes = "\"\\nrt";
  for (size_t at = written.find('\\'); at != std::string_view::npos; at = written.find('\\', at)) {
    const char escape = written[at + 1];
    at += 2;
    if (kEscapes.find(escape) != std::string_view::npos) continue;
    if (escape != 'u' || !is_normal_code(written.substr(at))) return false;
  }
  return true;
}

Result<json_type> json_type_of(json::ondemand::value& value) {
  json_type type{};
  if (const auto error = value.type().get(type)) return syntax_error(error);
  return type;
}

Result<std::string_view> name_of(simdjson::simdjson_result<json::ondemand::field>&& member,
                                 json::ondemand::field& field) {
  if (const auto error = std::move(member).get(field)) return syntax_error(error);
  std::string_view name;
  if (const auto error = field.unescaped_key().get(name)) return syntax_error(error);
  return name;
}

Result<std::string_view> append_normal_string(json::Walker& walker, json::ondemand::value value, std::string& out) {
  const size_t start = out.size();
  TRY_ASSIGN(const std::string_view text, walker.copy_string(value, out));
  make_normal(out, start, text);
  return text;
}

Status append_normal(json::Walker& walker, json::ondemand::value value, std::string& out, int depth) {
  if (depth > json::kMaxDepth) return syntax_error(simdjson::DEPTH_ERROR);
  TRY_ASSIGN(const json_type type, json_type_of(value));
  switch (type) {
    case json_type::array:
      return append_array(walker, value, out, depth);
    case json_type::object:
      return append_object(walker, value, out, depth);
    case json_type::string: {
      TRY(append_normal_string(walker, value, out));
      return {};
    }
    default:
      return walker.copy(value, out, depth);
  }
}

bool append_normal_object(json::Walker& walker, std::string_view text, std::string& out) {
  const size_t start = out.size();
  auto document = walker.begin(text);
  if (!document) return false;
  json_type type{};
  json::ondemand::value root;
  if (document->type().get(type) || type != json_type::object || document->get_value().get(root)) return false;
  if (append_normal(walker, root, out, 1) && json::at_end(*document)) return true;
  out.resize(start);
  return false;
}

bool said_by_assistant(std::string_view message) {
  constexpr std::string_view kRole = R"({"role":")";
  constexpr std::string_view kAssistant = R"(assistant")";
  if (message.starts_with(kRole)) return message.substr(kRole.size()).starts_with(kAssistant);
  const auto parsed = json::parse(message);
  return parsed && parsed->find_string("role") == "assistant";
}

}  // namespace gleaner::dataset
