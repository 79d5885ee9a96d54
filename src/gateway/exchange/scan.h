// Looks at the events that make up most of a stream without building a tree: what is written as usual is read in one
// walk, anything else is left to a slower reader.
//
// For the assemblers only. One thread.
#pragma once

#include <string_view>

#include "base/json_walk.h"

namespace gleaner::gateway::exchange {

namespace ondemand = json::ondemand;

// The name of a member. Few are written with escapes: what is not, is read where it stands.
inline bool scan_key(ondemand::field& field, std::string_view& key) {
  const char* const start = field.key().raw();
  const char* end = start;
  while (*end != '"' && *end != '\\') ++end;  // the parser has found that the string ends
  if (*end == '\\') return field.unescaped_key().get(key) == simdjson::SUCCESS;
  key = {start, static_cast<size_t>(end - start)};
  return true;
}

// visit(key, value) for each member until one returns false. False as well if this is no object, or no JSON.
template <typename Visit>
bool scan_object(ondemand::value value, Visit visit) {
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto member : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    if (!scan_key(field, key)) return false;
    if (!visit(key, field.value())) return false;
  }
  return true;
}

// The same of a whole text, with json::kPadding readable bytes behind it.
template <typename Visit>
bool scan_text(json::Walker& walker, std::string_view text, Visit visit) {
  auto document = walker.begin_padded(text);
  ondemand::value root;
  if (!document || document->get_value().get(root) != simdjson::SUCCESS) return false;
  return scan_object(root, visit) && json::at_end(*document);
}

// visit(value) for each element.
template <typename Visit>
bool scan_array(ondemand::value value, Visit visit) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto item : array) {
    ondemand::value element;
    if (item.get(element) != simdjson::SUCCESS || !visit(element)) return false;
  }
  return true;
}

// Good until the next text is begun.
inline bool scan_string(ondemand::value value, std::string_view& out) {
  return value.get_string().get(out) == simdjson::SUCCESS;
}

inline bool scan_null(ondemand::value value) {
  bool is_null = false;
  return value.is_null().get(is_null) == simdjson::SUCCESS && is_null;
}

// Null leaves `out` empty.
inline bool scan_string_or_null(ondemand::value value, std::string_view& out) {
  ondemand::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  return type == ondemand::json_type::null ? scan_null(value) : scan_string(value, out);
}

inline bool scan_index(ondemand::value value, size_t& out) {
  uint64_t number = 0;
  if (value.get_uint64().get(number) != simdjson::SUCCESS) return false;
  out = number;
  return true;
}

}  // namespace gleaner::gateway::exchange
