// The calls of a run as steps:
//   model: {"type":"model","id","name","model","thought","reasoning","tool_calls","messages","usage", ...}
//   tool:  {"type":"tool","id","name","action":{"tool","arguments"},"observation", ...}
// with "duration_ms", "ok" and "error" where they are known, and "metadata" where a call says more.
//
// Every message of the run is kept once. A model call is made with all that was said before it: its step has only
// those "messages" that neither the run nor an earlier step has, which are the instructions of another agent or what a
// tool without a span answered. A call of a tool that has a step of its own is not repeated in the model's.
//
// For the files of this folder only. Pure functions, safe from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "gateway/otlp/span_facts.h"

namespace gleaner::gateway::otlp {

// `calls` in the order of time. `answer` is the run's: the step that gave it does not repeat it.
json::Value trajectory(const std::vector<json::Value>& messages, std::string_view answer,
                       const std::vector<SpanFacts>& calls);

}  // namespace gleaner::gateway::otlp
