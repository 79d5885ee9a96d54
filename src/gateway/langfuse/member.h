// Members of Langfuse's objects, which its API writes in camelCase and its exports with underscores. For the files of
// this folder and the importer. Pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"

namespace gleaner::gateway::langfuse {

// "traceId" is "trace_id" as well. Null if it is not there, or null.
const json::Value* member(const json::Value& object, std::string_view camel_case);

// Empty if it is not there. Errors: it is neither a string nor a number.
Result<std::string> text_member(const json::Value& object, std::string_view camel_case);
// The same; empty if it is something else.
std::string text_or_nothing(const json::Value& object, std::string_view camel_case);

// Nanoseconds since 1970; 0 if it is not there. Errors: it is no time, or after April 2262, which no signed 64-bit
// count of nanoseconds reaches.
Result<uint64_t> time_member(const json::Value& object, std::string_view camel_case);

}  // namespace gleaner::gateway::langfuse
