// Reading what stands in attributes: numbers that are texts, JSON inside strings, lists flattened into numbered names.
// For the files of this folder only. Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "gateway/otlp/trace.h"

namespace gleaner::gateway::otlp {

// The same value; of a string that is a JSON object, array or string, what it says, even with bare line breaks in its
// strings. Text that is not JSON (an SDK cuts long attributes), or nests deeper than kMaxValueDepth, stays the string
// it is.
json::Value opened(const json::Value& value);

// The same without a copy of what needs no opening; `value` must outlive it.
class Opened {
 public:
  explicit Opened(const json::Value& value);
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  const json::Value& operator*() const { return inside_ ? *inside_ : value_; }
  const json::Value* operator->() const { return &**this; }

 private:
  const json::Value& value_;
  std::optional<json::Value> inside_;
};

// What value.dump() gives, at twice the speed where the texts are long, as those of messages are.
std::string dumped(const json::Value& value);

// The same for values that are equal, members in the same order.
uint64_t hash_of(const json::Value& value);

// Null, and texts, arrays and objects without anything in them.
bool is_empty(const json::Value& value);

// A string's text, any other value's JSON.
std::string text_of(const json::Value& value);

// A number, or a text that is one.
std::optional<double> number_of(const json::Value& value);
// The same as a JSON number with the digits it had.
std::optional<json::Value> json_number(const json::Value& value);

// The array that a family of attributes was flattened from: of `prefix`, "prefix.0.message.role" and its like. Names
// that are numbers are places in an array: a gap closes, and what is beyond 9,999 is left out.
json::Value unflatten(std::string_view prefix, std::span<const Attribute* const> attributes);

// Sets a member by its path, "prompt_tokens_details.cached_tokens".
void set_path(json::Value& object, std::string_view path, json::Value value);

// The first of these members that is there and not null, or null.
const json::Value* first_member(const json::Value& object, std::initializer_list<std::string_view> names);

}  // namespace gleaner::gateway::otlp
