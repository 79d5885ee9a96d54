// JSON: a writer that appends to a string, and a small tree for the places where speed does not matter (settings,
// importers, request bodies of a few fields). Hot paths walk the text itself: see base/json_walk.h.
//
// Thread contract: free functions are safe from any thread; a Value or Writer belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"

namespace gleaner::json {

// How deep arrays and objects may nest in anything that comes from outside.
inline constexpr int kMaxDepth = 64;

// Appends `text` as a JSON string with its quotes. `text` must be UTF-8.
void append_string(std::string& out, std::string_view text);
void append_number(std::string& out, double value);

// Writes one JSON document into `out`. Commas are its business; balance and the order key, value are the caller's.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);
  Writer& string(std::string_view value);
  Writer& number(double value);
  Writer& integer(int64_t value);
  Writer& boolean(bool value);
  Writer& null();
  // Text that is JSON already.
  Writer& raw(std::string_view json);

  Writer& field(std::string_view name, std::string_view value) { return key(name).string(value); }
  Writer& field(std::string_view name, const char* value) { return key(name).string(value); }
  Writer& field(std::string_view name, bool value) { return key(name).boolean(value); }
  Writer& field(std::string_view name, double value) { return key(name).number(value); }
  template <typename Integer>
    requires std::is_integral_v<Integer>
  Writer& field(std::string_view name, Integer value) {
    return key(name).integer(static_cast<int64_t>(value));
  }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void separate();

  std::string& out_;
  bool first_ = true;
};

// One JSON value. Numbers keep the text they were written with, so that nothing is rounded on the way through. A value
// is never assigned a part of itself: the old content goes first.
class Value {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };
  using Member = std::pair<std::string, Value>;

  Value() = default;
  static Value boolean(bool value);
  static Value number(std::string text);
  static Value string(std::string text);
  static Value array(std::vector<Value> items = {});
  static Value object(std::vector<Member> members = {});

  Kind kind() const { return static_cast<Kind>(content_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBool; }
  bool is_number() const { return kind() == Kind::kNumber; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }
  // "an object", "a string" ... for messages.
  std::string_view kind_name() const;

  bool as_bool() const { return is_bool() && std::get<bool>(content_); }
  // The text of a string or the digits of a number; empty for others.
  const std::string& text() const;
  double as_double() const;
  std::optional<int64_t> as_integer() const;
  // Of an array and of an object. Others have none, and what is added to theirs is lost.
  const std::vector<Value>& items() const;
  std::vector<Value>& items();
  const std::vector<Member>& members() const;
  std::vector<Member>& members();

  // The member of that name, or null if this is not an object or has none.
  const Value* find(std::string_view name) const;
  // The text of the string member of that name, or nothing.
  std::optional<std::string_view> find_string(std::string_view name) const;
  // What is no object, or no array, becomes one.
  void set(std::string name, Value value);
  void push(Value value);

  std::string dump() const;
  void append_to(std::string& out) const;

 private:
  struct Digits {
    std::string text;
  };
  // In the order of Kind.
  std::variant<std::monostate, bool, Digits, std::string, std::vector<Value>, std::vector<Member>> content_;
};

// Errors: kInvalidArgument, with the reason and the byte where it stands.
Result<Value> parse(std::string_view text);

// The elements of a JSON array as they stand in `text`, which must have 64 readable bytes behind it. The array itself
// is checked, its elements are only passed over: parse each before you trust it.
Result<std::vector<std::string_view>> split_array(std::string_view text);

// The same JSON without white space; checks every token on the way.
Result<std::string> compact(std::string_view text);

}  // namespace gleaner::json
