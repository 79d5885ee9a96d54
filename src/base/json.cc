#include "base/json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

#include "base/json_walk.h"

namespace gleaner::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

// What belongs to the arrays and objects that are open waits on two stacks, so that each of them is allocated once.
class TreeBuilder {
 public:
  explicit TreeBuilder(Walker& walker) : walker_(walker) { members_.reserve(kUsual); }

  // Into `out`, which is null.
  Status build(ondemand::value value, int depth, Value& out) {
    if (depth > kMaxDepth) return syntax_error(simdjson::DEPTH_ERROR);
    ondemand::json_type type{};
    if (const auto error = value.type().get(type)) return syntax_error(error);
    switch (type) {
      case ondemand::json_type::object:
        return build_object(value, depth, out);
      case ondemand::json_type::array:
        return build_array(value, depth, out);
      case ondemand::json_type::string: {
        TRY_ASSIGN(const std::string_view text, walker_.text(value));
        out = Value::string(std::string(text));
        return {};
      }
      default: {
        std::string token;
        TRY(walker_.copy(value, token, depth));
        if (type == ondemand::json_type::number) out = Value::number(std::move(token));
        if (type == ondemand::json_type::boolean) out = Value::boolean(token == "true");
        return {};
      }
    }
  }

  Status build_array(ondemand::value value, int depth, Value& out) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array)) return syntax_error(error);
    const size_t before = items_.size();
    for (auto item : array) {
      ondemand::value element;
      if (const auto error = item.get(element)) return syntax_error(error);
      Value child;
      TRY(build(element, depth + 1, child));
      items_.push_back(std::move(child));
    }
    out = Value::array(taken(items_, before));
    return {};
  }

 private:
  Status build_object(ondemand::value value, int depth, Value& out) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object)) return syntax_error(error);
    const size_t before = members_.size();
    for (auto member : object) {
      ondemand::field field;
      if (const auto error = std::move(member).get(field)) return syntax_error(error);
      std::string_view key;
      if (const auto error = field.unescaped_key().get(key)) return syntax_error(error);
      Value::Member read(key, Value());
      TRY(build(field.value(), depth + 1, read.second));
      members_.push_back(std::move(read));
    }
    out = Value::object(taken(members_, before));
    return {};
  }

  template <typename Element>
  static std::vector<Element> taken(std::vector<Element>& stack, size_t before) {
    const auto first = stack.begin() + static_cast<ptrdiff_t>(before);
    std::vector<Element> out(std::make_move_iterator(first), std::make_move_iterator(stack.end()));
    stack.erase(first, stack.end());
    return out;
  }

  static constexpr size_t kUsual = 16;

  Walker& walker_;
  std::vector<Value> items_;
  std::vector<Value::Member> members_;
};

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
  v.content_ = value;
  return v;
}

Value Value::number(std::string text) {
  Value v;
  v.content_.emplace<Digits>(std::move(text));
  return v;
}

Value Value::string(std::string text) {
  Value v;
  v.content_.emplace<std::string>(std::move(text));
  return v;
}

Value Value::array(std::vector<Value> items) {
  Value v;
  v.content_.emplace<std::vector<Value>>(std::move(items));
  return v;
}

Value Value::object(std::vector<Member> members) {
  Value v;
  v.content_.emplace<std::vector<Member>>(std::move(members));
  return v;
}

const std::string& Value::text() const {
  static const std::string kNone;
  if (const auto* const text = std::get_if<std::string>(&content_)) return *text;
  const auto* const digits = std::get_if<Digits>(&content_);
  return digits == nullptr ? kNone : digits->text;
}

const std::vector<Value>& Value::items() const {
  static const std::vector<Value> kNone;
  const auto* const items = std::get_if<std::vector<Value>>(&content_);
  return items == nullptr ? kNone : *items;
}

std::vector<Value>& Value::items() {
  if (auto* const items = std::get_if<std::vector<Value>>(&content_)) return *items;
  thread_local std::vector<Value> lost;
  lost.clear();
  return lost;
}

const std::vector<Value::Member>& Value::members() const {
  static const std::vector<Member> kNone;
  const auto* const members = std::get_if<std::vector<Member>>(&content_);
  return members == nullptr ? kNone : *members;
}

std::vector<Value::Member>& Value::members() {
  if (auto* const members = std::get_if<std::vector<Member>>(&content_)) return *members;
  thread_local std::vector<Member> lost;
  lost.clear();
  return lost;
}

std::string_view Value::kind_name() const {
  switch (kind()) {
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
  const std::string& digits = text();
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::optional<int64_t> Value::as_integer() const {
  int64_t value = 0;
  const std::string& digits = text();
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, value);
  if (!is_number() || parsed.ec != std::errc() || parsed.ptr != end) return {};
  return value;
}

const Value* Value::find(std::string_view name) const {
  for (const auto& [key, value] : members()) {
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
  if (!is_object()) content_ = std::vector<Member>();
  auto& members = std::get<std::vector<Member>>(content_);
  for (auto& [key, old] : members) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  members.emplace_back(std::move(name), std::move(value));
}

void Value::push(Value value) {
  if (!is_array()) content_ = std::vector<Value>();
  std::get<std::vector<Value>>(content_).push_back(std::move(value));
}

void Value::append_to(std::string& out) const {
  switch (kind()) {
    case Kind::kNull:
      out += "null";
      return;
    case Kind::kBool:
      out += as_bool() ? "true" : "false";
      return;
    case Kind::kNumber:
      out += text();
      return;
    case Kind::kString:
      append_string(out, text());
      return;
    case Kind::kArray: {
      char before = '[';
      for (const Value& item : items()) {
        out += std::exchange(before, ',');
        item.append_to(out);
      }
      out += items().empty() ? "[]" : "]";
      return;
    }
    case Kind::kObject: {
      char before = '{';
      for (const auto& [name, member] : members()) {
        out += std::exchange(before, ',');
        append_string(out, name);
        out += ':';
        member.append_to(out);
      }
      out += members().empty() ? "{}" : "}";
      return;
    }
  }
}

// Written where there is room already, so that what it returns is allocated once, at its size.
std::string Value::dump() const {
  constexpr size_t kKept = size_t{256} << 10;
  thread_local std::string room;
  room.clear();
  append_to(room);
  if (room.capacity() > kKept) return std::exchange(room, {});
  return room;
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
  Value array;
  TRY(TreeBuilder(walker).build_array(root, 0, array));
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
