// The steps of an agent, from the ways in which they are written down, as Gleaner has them:
//   {"thought", "action": {"tool", "arguments"}, "observation", "duration_ms", "ok"}
// each where it is known; what else a step has it keeps. For the files of this folder only. Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "gateway/import/draft.h"

namespace gleaner::gateway {

// Text of lines that begin with "Thought:", "Action:", "Action Input:", "Observation:" or "Final Answer:", perhaps with
// a number before the colon.
struct ReActText {
  std::string before;  // what stands before the first such line
  json::Value steps;   // an array
};
ReActText read_react(std::string_view text);

// `trajectory`: an array of objects with the names of one of several tools; one object {"thought_0", "tool_name_0",
// "tool_args_0", "observation_0", "thought_1" ...} as DSPy makes it; or a text for read_react().
// Errors: kInvalidArgument, naming the place below `path`.
Result<json::Value> read_steps(std::string_view path, const json::Value& trajectory);

// What the last step that finished said, or empty: the argument of an action "finish".
std::string_view final_answer(const json::Value& steps);

}  // namespace gleaner::gateway
