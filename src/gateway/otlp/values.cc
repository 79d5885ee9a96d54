#include "gateway/otlp/values.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/otlp/decode.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

constexpr size_t kMaxIndex = 9'999;
constexpr int kMaxSegments = 12;  // of a flattened name; what is deeper stays one name

// JSON whose strings have line breaks as they are: not valid, but what some frameworks write.
std::string with_escaped_controls(std::string_view text) {
  std::string out;
  bool in_string = false;
  bool escaped = false;
  for (const char c : text) {
    if (in_string && static_cast<unsigned char>(c) < 0x20) {
      std::string quoted;
      json::append_string(quoted, {&c, 1});
      out.append(quoted, 1, quoted.size() - 2);
      continue;
    }
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = in_string && c == '\\' && !escaped;
    out += c;
  }
  return out;
}

bool nests_deeper(const Value& value, int levels) {
  if (levels < 0) return true;
  for (const Value& item : value.items()) {
    if (nests_deeper(item, levels - 1)) return true;
  }
  for (const auto& [key, member] : value.members()) {
    if (nests_deeper(member, levels - 1)) return true;
  }
  return false;
}

// How many bytes of `text` stand in a JSON string as they are, eight at a time.
size_t plain_length(std::string_view text) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kTops = 0x8080808080808080;
  const auto has_zero = [](uint64_t word) { return (word - kOnes) & ~word & kTops; };
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof(word));
    const uint64_t below_space = (word - kOnes * 0x20) & ~word & kTops;
    if ((below_space | has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'))) != 0) break;
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == '"' || byte == '\\') break;
  }
  return at;
}

void append_escaped(std::string& out, char c) {
  if (c == '"' || c == '\\' || c == '\n') {
    out.append({'\\', c == '\n' ? 'n' : c});
    return;
  }
  std::string quoted;
  json::append_string(quoted, {&c, 1});
  out.append(quoted, 1, quoted.size() - 2);
}

void append_text(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const size_t plain = plain_length(text);
    out += text.substr(0, plain);
    if (plain == text.size()) break;
    append_escaped(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

void append_dumped(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Value::Kind::kString:
      append_text(out, value.text());
      return;
    case Value::Kind::kArray:
      out += '[';
      for (const Value& item : value.items()) {
        if (&item != &value.items().front()) out += ',';
        append_dumped(item, out);
      }
      out += ']';
      return;
    case Value::Kind::kObject:
      out += '{';
      for (const auto& member : value.members()) {
        if (&member != &value.members().front()) out += ',';
        append_text(out, member.first);
        out += ':';
        append_dumped(member.second, out);
      }
      out += '}';
      return;
    default:
      value.append_to(out);
  }
}

// A little more than the text of the value takes.
size_t text_bytes(const Value& value) {
  constexpr size_t kAround = 4;
  size_t bytes = kAround + value.text().size() + value.text().size() / 32;
  for (const Value& item : value.items()) bytes += text_bytes(item);
  for (const auto& [name, member] : value.members()) bytes += kAround + name.size() + text_bytes(member);
  return bytes;
}

// A place in the tree that flattened names are put into, before it is known whether it is an array.
struct Branch {
  std::map<size_t, Branch> places;
  std::map<std::string, Branch, std::less<>> names;
  const Value* leaf = nullptr;

  // Null for a place beyond the last one.
  Branch* at(std::string_view segment) {
    if (std::ranges::all_of(segment, [](char c) { return c >= '0' && c <= '9'; })) {
      size_t index = 0;
      const auto parsed = std::from_chars(segment.data(), segment.data() + segment.size(), index);
      return parsed.ec == std::errc() && index <= kMaxIndex ? &places[index] : nullptr;
    }
    const auto known = names.find(segment);
    return known != names.end() ? &known->second : &names[std::string(segment)];
  }

  Value value() const {
    if (leaf != nullptr && places.empty() && names.empty()) return *leaf;
    if (names.empty()) {
      Value array = Value::array();
      for (const auto& [index, branch] : places) array.push(branch.value());
      return array;
    }
    Value object = Value::object();
    for (const auto& [name, branch] : names) object.members().emplace_back(name, branch.value());
    for (const auto& [index, branch] : places) object.members().emplace_back(std::to_string(index), branch.value());
    return object;
  }
};

}  // namespace

Opened::Opened(const Value& value) : value_(value) {
  if (!value.is_string()) return;
  const std::string_view text = trim(value.text());
  if (text.empty() || (text.front() != '{' && text.front() != '[' && text.front() != '"')) return;
  auto parsed = json::parse(text);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
  if (!parsed && std::ranges::any_of(text, is_control)) parsed = json::parse(with_escaped_controls(text));
  if (parsed && !nests_deeper(*parsed, kMaxValueDepth)) inside_ = *std::move(parsed);
}

Value opened(const Value& value) {
  return *Opened(value);
}

std::string dumped(const Value& value) {
  std::string out;
  out.reserve(text_bytes(value));
  append_dumped(value, out);
  return out;
}

uint64_t hash_of(const Value& value) {
  const uint64_t seed = static_cast<uint64_t>(value.kind()) * 2 + (value.as_bool() ? 1 : 0);
  uint64_t hash = keyed_hash64(seed, value.text());
  for (const Value& item : value.items()) hash = keyed_hash64(hash ^ hash_of(item), {});
  for (const auto& [name, member] : value.members()) hash = keyed_hash64(hash ^ hash_of(member), name);
  return hash;
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

std::string text_of(const Value& value) {
  return value.is_string() ? value.text() : dumped(value);
}

std::optional<Value> json_number(const Value& value) {
  if (value.is_number()) return value;
  if (!value.is_string() || value.text().empty()) return {};
  double number = 0;
  const char* const end = value.text().data() + value.text().size();
  const auto parsed = std::from_chars(value.text().data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number - number != 0) return {};
  std::string text;
  json::append_number(text, number);
  return Value::number(std::move(text));
}

std::optional<double> number_of(const Value& value) {
  const auto number = json_number(value);
  if (!number) return {};
  return number->as_double();
}

Value unflatten(std::string_view prefix, std::span<const Attribute* const> attributes) {
  Branch root;
  for (const Attribute* const attribute : attributes) {
    std::string_view rest = std::string_view(attribute->key).substr(prefix.size());
    Branch* branch = &root;
    for (int segments = 1; !rest.empty() && branch != nullptr; ++segments) {
      const size_t dot = segments < kMaxSegments ? rest.find('.') : std::string_view::npos;
      branch = branch->at(rest.substr(0, dot));
      rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    }
    if (branch != nullptr) branch->leaf = &attribute->value;
  }
  return root.value();
}

void set_path(Value& object, std::string_view path, Value value) {
  const size_t dot = path.find('.');
  const std::string name(path.substr(0, dot));
  if (dot == std::string_view::npos) {
    object.set(name, std::move(value));
    return;
  }
  auto& members = object.members();
  auto inner = std::ranges::find(members, name, &Value::Member::first);
  if (inner == members.end()) inner = members.insert(members.end(), {name, Value::object()});
  if (inner->second.is_object()) set_path(inner->second, path.substr(dot + 1), std::move(value));
}

const Value* first_member(const Value& object, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const Value* const value = object.find(name);
    if (value != nullptr && !value->is_null()) return value;
  }
  return nullptr;
}

}  // namespace gleaner::gateway::otlp
