// TensorZero's content blocks as OpenAI chat messages: what its gateway stores of an inference, and demonstrations.
//
// Pure functions, safe from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"

namespace gleaner::gateway::tensorzero {

// What is JSON in a string, as the columns of its tables are, opened; anything else as it is.
json::Value opened(const json::Value& value);

// One message of an input: several, if it has results of tools. `content` is a text or an array of blocks. What has no
// place in a chat message stays a content part of its own type.
std::vector<json::Value> messages_of(std::string_view role, const json::Value& content);

// {"system","messages"} of an inference.
std::vector<json::Value> input_messages(const json::Value& input);

// An output: blocks of a chat function, {"raw","parsed"} of a JSON function, any other JSON value of one (a
// demonstration), or a text.
json::Value output_message(const json::Value& output);

}  // namespace gleaner::gateway::tensorzero
