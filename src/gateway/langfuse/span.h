// Langfuse's traces and observations as the spans that its SDKs of today send, with attributes called langfuse.*, so
// that gateway/otlp makes interactions of both in the same way. Reads the bodies of ingestion events and the rows of
// exports. docs/peers.md has the table.
//
// A trace is the root of its observations: a span of the type "trace", of which gateway/otlp takes what it was asked
// and what it answered only where nothing inside tells that.
//
// Pure functions, safe from any thread. Errors: kInvalidArgument, naming the member.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "gateway/otlp/trace.h"

namespace gleaner::gateway::langfuse {

Result<otlp::Span> trace_span(const json::Value& trace);
// `type`: span, generation, event, agent, tool, chain, retriever, evaluator, embedding, guardrail, in any case.
Result<otlp::Span> observation_span(const json::Value& observation, std::string_view type);

// The root of a trace of which no more is known.
otlp::Span bare_trace_span(std::string_view trace);

bool is_observation_type(std::string_view lower_case);

}  // namespace gleaner::gateway::langfuse
