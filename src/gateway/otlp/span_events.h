// The content that the older GenAI conventions put into events instead of attributes: gen_ai.user.message and its like
// with gen_ai.choice, and before them gen_ai.content.prompt and gen_ai.content.completion.
//
// For the files of this folder only. Pure functions, safe from any thread.
#pragma once

#include <string_view>
#include <vector>

#include "gateway/otlp/trace.h"

namespace gleaner::gateway::otlp {

struct EventContent {
  std::vector<json::Value> messages;
  std::vector<json::Value> output;
  json::Value finish_reason;         // null if none is told
  const Event* exception = nullptr;  // the last one
};

EventContent read_events(const std::vector<Event>& events);

// gen_ai.client.inference.operation.details: its attributes are those of the span that it belongs to.
bool is_details_event(std::string_view name);

}  // namespace gleaner::gateway::otlp
