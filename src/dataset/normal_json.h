// JSON text in its normal form: what json::Value::dump() makes of a value (no white space, the shortest escapes,
// members as they come, numbers as they are written), but without a tree: one walk, every token checked.
//
// Thread contract: append_normal is as its Walker; the others are pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/json_walk.h"

namespace gleaner::dataset {

// Appends `value`, whose level of nesting is `depth`: 1 for the outermost. Errors: kInvalidArgument.
Status append_normal(json::Walker& walker, json::ondemand::value value, std::string& out, int depth);
// The same for a string; returns its unescaped text, good until the walker's next begin().
Result<std::string_view> append_normal_string(json::Walker& walker, json::ondemand::value value, std::string& out);

// Appends the normal form of a whole text. False, and nothing is appended, if it is no JSON object.
bool append_normal_object(json::Walker& walker, std::string_view text, std::string& out);

// Whether a string, with its quotes, is written in normal form. It must be a valid one.
bool is_normal_string(std::string_view written);

// The type of a value. Errors: kInvalidArgument.
Result<json::ondemand::json_type> json_type_of(json::ondemand::value& value);
// The next member of an object as a field, and its unescaped name, which is good as long as the texts of its walker.
Result<std::string_view> name_of(simdjson::simdjson_result<json::ondemand::field>&& member,
                                 json::ondemand::field& field);

// Whether the first member "role" of a message in normal form is "assistant".
bool said_by_assistant(std::string_view message);

}  // namespace gleaner::dataset
