// Langfuse's scores as signals: bodies of POST /api/public/scores and of score-create events, and rows of an export,
// whose names have underscores. docs/peers.md has the table.
//
// Pure functions, safe from any thread.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"

namespace gleaner::gateway::langfuse {

// The score's id, or empty where it has none.
std::string score_id(const json::Value& score);

// A signal in our own JSON. Its id is made of the score's, or of `otherwise` where it has none, and of what it says:
// Langfuse overwrites a score that comes again with another value, while signals are never changed, so that both are
// kept. Errors: kInvalidArgument, naming the member.
Result<json::Value> signal_of(const json::Value& score, const std::string& otherwise);

}  // namespace gleaner::gateway::langfuse
