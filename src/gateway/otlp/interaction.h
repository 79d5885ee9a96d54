// Facts of spans as interactions: one model call as it is, and a run of an agent with its calls as steps.
//
// What comes out can be stored: it keeps the rules that record/codec.h checks. Pure functions, safe from any thread.
#pragma once

#include <vector>

#include "gateway/otlp/span_facts.h"
#include "record/interaction.h"

namespace gleaner::gateway::otlp {

// One call of a model. `facts` must have content.
record::Interaction model_interaction(SpanFacts&& facts);

// A run: `run` is the span around all, `calls` are the model, tool and retriever spans inside, in any order. The
// trajectory has one step for each call, in the order in which they began. What the run does not say of itself it has
// of its calls: messages of the first model call, output of the last, the sum of their tokens. Null if there is neither
// content nor a call.
std::optional<record::Interaction> agent_interaction(SpanFacts run, std::vector<SpanFacts> calls);

}  // namespace gleaner::gateway::otlp
