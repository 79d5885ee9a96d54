// The numbers of a span: parameters, tokens, cost, time to the first token. Each function says whether the value said
// anything. For the files of this folder only. Pure functions, safe from any thread.
#pragma once

#include "gateway/otlp/span_facts.h"

namespace gleaner::gateway::otlp {

// For rules with the targets kParameter to kFirstToken.
bool take_figure(const Rule& rule, const json::Value& value, SpanFacts& facts);

// Adds the tags of a list, or of a text with commas; 64 at most.
void take_tags(const json::Value& value, std::vector<std::string>& tags);

}  // namespace gleaner::gateway::otlp
