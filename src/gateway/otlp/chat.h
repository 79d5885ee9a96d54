// Messages from the ways in which tracers write them, as OpenAI chat messages: parts of the GenAI conventions, OpenAI's
// own, the Vercel AI SDK's, Anthropic's blocks, Gemini's parts, OpenInference's unflattened lists, whole requests and
// responses of a provider, and plain text. Nothing a message says is dropped: what has no place in a chat message stays
// a part or member of the name it had.
//
// For the files of this folder only. Pure functions, safe from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"

namespace gleaner::gateway::otlp {

// The messages that `value` is, has or says. Texts without a role are said by `role`. Empty if it says nothing.
std::vector<json::Value> read_messages(const json::Value& value, std::string_view role);

// Tool definitions as an array of {"type":"function","function":{...}}; empty if there are none.
json::Value read_tools(const json::Value& value);

// tool_calls of a message: [{"id","type":"function","function":{"name","arguments"}}]; empty if there are none.
json::Value read_tool_calls(const json::Value& value);

// The message of one event of the older GenAI conventions, gen_ai.user.message and its like: the role is the event's
// unless the body has one.
std::vector<json::Value> read_event_message(const json::Value& body, std::string_view role);

bool has_role(const json::Value& message, std::string_view role);

// What a message says, its texts joined.
std::string said(const json::Value& message);

}  // namespace gleaner::gateway::otlp
