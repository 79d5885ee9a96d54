// The tools for walking JSON text once, without building a tree: a thin layer over simdjson's on-demand parser that
// checks what it passes over (on-demand skips unchecked) and copies values compactly. Only base/json.cc and record's
// codec include it; everything else speaks strings and json::Value.
//
// Thread contract: a Walker belongs to one thread.
#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/error.h"

namespace gleaner::json {

namespace ondemand = simdjson::ondemand;

std::unexpected<Error> syntax_error(simdjson::error_code code);

// The key of a member as it was written, with its quotes. Call it before field.unescaped_key().
std::string_view written_key(ondemand::field& field);

// Whether nothing stands behind the value that was walked.
inline bool at_end(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// Bytes that must be readable behind a text given to Walker::begin.
inline constexpr size_t kPadding = simdjson::SIMDJSON_PADDING;

// Parsers and their buffers outlive a Walker: the next one of the thread goes on with them.
class Walker {
 public:
  Walker();
  Walker(Walker&&) noexcept = default;
  Walker& operator=(Walker&&) noexcept = default;
  ~Walker();

  // Starts on one document. `capacity` - `size` >= kPadding bytes behind the text must be readable; their content does
  // not matter. The document must not outlive the next begin().
  Result<ondemand::document> begin(const char* data, size_t size, size_t capacity);
  // The same for text with kPadding readable bytes behind it.
  Result<ondemand::document> begin_padded(std::string_view text) {
    return begin(text.data(), text.size(), text.size() + kPadding);
  }
  // The same for text without padding, which is copied.
  Result<ondemand::document> begin(std::string_view text);

  // Appends `value` to `out` without white space, checking every token. depth counts the levels already open.
  Status copy(ondemand::value value, std::string& out, int depth);

  // The text of a value without looking into it: only brackets are counted.
  static Result<std::string_view> pass_over(ondemand::value value);

  // A string value: checks its escapes, returns its unescaped text, good until the next begin().
  Result<std::string_view> text(ondemand::value value);
  // The same, and appends it as it was written, with its quotes.
  Result<std::string_view> copy_string(ondemand::value value, std::string& out);

 private:
  Status copy_array(ondemand::value value, std::string& out, int depth);
  Status copy_object(ondemand::value value, std::string& out, int depth);

  std::unique_ptr<ondemand::parser> parser_;  // null once moved from
  std::string padded_;
};

}  // namespace gleaner::json
