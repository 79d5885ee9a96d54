#include "base/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/json_walk.h"

namespace gleaner::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

Result<Value> build(Walker& walker, ondemand::value value, int depth);

Result<Value> build_object(Walker& walker, ondemand::value value, int depth) {
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return syntax_error(error);
  std::vector<Value::Member> members;
  for (auto member : object) {
    ondemand::field field;
    if (const auto error = std::move(member).get(field)) return syntax_error(error);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return syntax_error(error);
    std::string name(key);
    TRY_ASSIGN(Value child, build(walker, field.value(), depth + 1));
    members.emplace_back(std::move(name), std::move(child));
  }
  return Value::object(std::move(members));
}

Result<Value> build_array(Walker& walker, ondemand::value value, int depth) {
  ondemand::array array;
  if (const auto error = value.get_array().get(array)) return syntax_error(error);
  std::vector<Value> items;
  for (auto item : array) {
    ondemand::value element;
    if (const auto error = item.get(element)) return syntax_error(error);
    TRY_ASSIGN(Value child, build(walker, element, depth + 1));
    items.push_back(std::move(child));
  }
  return Value::array(std::move(items));
}

Result<Value> build(Walker& walker, ondemand::value value, int depth) {
  if (depth > kMaxDepth) return syntax_error(simdjson::DEPTH_ERROR);
  ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return syntax_error(error);
  switch (type) {
    case ondemand::json_type::object:
      return build_object(walker, value, depth);
    case ondemand::json_type::array:
      return build_array(walker, value, depth);
    case ondemand::json_type::string: {
      TRY_ASSIGN(const std::string_view text, walker.text(value));
      return Value::string(std::string(text));
    }
    default: {
      std::string token;
      TRY(walker.copy(value, token, depth));
      if (type == ondemand::json_type::number) return Value::number(std::move(token));
      if (type == ondemand::json_type::boolean) return Value::boolean(token == "true");
      return Value();
    }
  }
}

// Whether eight characters stand in a string as they are. May say no where it is so, never the other way round.
bool none_escaped(const char* text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kTops = 0x8080808080808080;
  uint64_t eight = 0;
  std::memcpy(&eight, text, sizeof eight);
  const uint64_t quotes = eight ^ kOnes * '"';
  const uint64_t slashes = eight ^ kOnes * '\\';
  const uint64_t below =
      ((eight - kOnes * 0x20) & ~eight) | ((quotes - kOnes) & ~quotes) | ((slashes - kOnes) & ~slashes);
  return (below & kTops) == 0;
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    while (i + sizeof(uint64_t) < text.size() && none_escaped(text.data() + i)) i += sizeof(uint64_t);
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(text, start, text.size() - start);
  out += '"';
}

void append_number(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  out.append(text.data(), end.ptr);
}

void Writer::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

Writer& Writer::open(char bracket) {
  separate();
  out_ += bracket;
  first_ = true;
  return *this;
}

Writer& Writer::close(char bracket) {
  out_ += bracket;
  first_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_string(out_, name);
  out_ += ':';
  first_ = true;
  return *this;
}

Writer& Writer::string(std::string_view value) {
  separate();
  append_string(out_, value);
  return *this;
}

Writer& Writer::number(double value) {
  separate();
  append_number(out_, value);
  return *this;
}

Writer& Writer::integer(int64_t value) {
  separate();
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  out_.append(text.data(), end.ptr);
  return *this;
}

Writer& Writer::boolean(bool value) {
  return raw(value ? "true" : "false");
}

Writer& Writer::null() {
  return raw("null");
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

Value Value::boolean(bool value) {
  Value v;
  v.kind_ = Kind::kBool;
  v.bool_ = value;
  return v;
}

Value Value::number(std::string text) {
  Value v;
  v.kind_ = Kind::kNumber;
  v.text_ = std::move(text);
  return v;
}

Value Value::string(std::string text) {
  Value v;
  v.kind_ = Kind::kString;
  v.text_ = std::move(text);
  return v;
}

Value Value::array(std::vector<Value> items) {
  Value v;
  v.kind_ = Kind::kArray;
  v.items_ = std::move(items);
  return v;
}

Value Value::object(std::vector<Member> members) {
  Value v;
  v.kind_ = Kind::kObject;
  v.members_ = std::move(members);
  return v;
}

std::string_view Value::kind_name() const {
  switch (kind_) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "null";
}

double Value::as_double() const {
  double value = 0;
  std::from_chars(text_.data(), text_.data() + text_.size(), value);
  return value;
}

std::optional<int64_t> Value::as_integer() const {
  int64_t value = 0;
  const char* const end = text_.data() + text_.size();
  const auto parsed = std::from_chars(text_.data(), end, value);
  if (kind_ != Kind::kNumber || parsed.ec != std::errc() || parsed.ptr != end) return {};
  return value;
}

const Value* Value::find(std::string_view name) const {
  for (const auto& [key, value] : members_) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<std::string_view> Value::find_string(std::string_view name) const {
  const Value* const value = find(name);
  if (value == nullptr || !value->is_string()) return {};
  return value->text();
}

void Value::set(std::string name, Value value) {
  for (auto& [key, old] : members_) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  kind_ = Kind::kObject;
  members_.emplace_back(std::move(name), std::move(value));
}

void Value::append_to(std::string& out) const {
  switch (kind_) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += bool_ ? "true" : "false";
      return;
    case Kind::kNumber:
      out += text_;
      return;
    case Kind::kString:
      append_string(out, text_);
      return;
    case Kind::kArray:
      out += '[';
      for (size_t i = 0; i < items_.size(); ++i) {
        if (i > 0) out += ',';
        items_[i].append_to(out);
      }
      out += ']';
      return;
    case Kind::kObject:
      out += '{';
      for (size_t i = 0; i < members_.size(); ++i) {
        if (i > 0) out += ',';
        append_string(out, members_[i].first);
        out += ':';
        members_[i].second.append_to(out);
      }
      out += '}';
      return;
  }
}

std::string Value::dump() const {
  std::string out;
  append_to(out);
  return out;
}

// A document that is one scalar cannot be walked as a value, so every text is parsed as the only element of an array;
// a text that closes that array early leaves more than one element, or text behind it, and is refused.
Result<Value> parse(std::string_view text) {
  Walker walker;
  std::string wrapped;
  wrapped.reserve(text.size() + 3 + kPadding);
  wrapped.append("[").append(text).append("\n]");
  TRY_ASSIGN(auto document, walker.begin(wrapped.data(), wrapped.size(), wrapped.capacity()));
  ondemand::value root;
  if (const auto error = document.get_value().get(root)) return syntax_error(error);
  TRY_ASSIGN(Value array, build_array(walker, root, 0));
  if (!at_end(document)) return syntax_error(simdjson::TRAILING_CONTENT);
  if (array.items().empty()) return syntax_error(simdjson::EMPTY);
  if (array.items().size() > 1) return syntax_error(simdjson::TRAILING_CONTENT);
  return std::move(array.items().front());
}

Result<std::vector<std::string_view>> split_array(std::string_view text) {
  Walker walker;
  TRY_ASSIGN(auto document, walker.begin(text.data(), text.size(), text.size() + kPadding));
  ondemand::array array;
  if (const auto error = document.get_array().get(array)) return syntax_error(error);
  std::vector<std::string_view> elements;
  for (auto item : array) {
    ondemand::value element;
    if (const auto error = item.get(element)) return syntax_error(error);
    ondemand::json_type type{};
    if (const auto error = element.type().get(type)) return syntax_error(error);
    std::string_view raw;
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      if (const auto error = element.get_object().get(object)) return syntax_error(error);
      if (const auto error = object.raw_json().get(raw)) return syntax_error(error);
    } else if (type == ondemand::json_type::array) {
      ondemand::array inner;
      if (const auto error = element.get_array().get(inner)) return syntax_error(error);
      if (const auto error = inner.raw_json().get(raw)) return syntax_error(error);
    } else {
      raw = element.raw_json_token();
    }
    elements.push_back(raw);
  }
  if (!at_end(document)) return syntax_error(simdjson::TRAILING_CONTENT);
  return elements;
}

Result<std::string> compact(std::string_view text) {
  TRY_ASSIGN(const Value value, parse(text));
  return value.dump();
}

}  // namespace gleaner::json
