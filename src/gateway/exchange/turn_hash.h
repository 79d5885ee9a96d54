// What a message says, as a hash: the same for an answer as the provider gave it and as clients write it back, with
// members left out, null content, parts for a text, other white space around texts or in a tool's arguments.
//
// A pure function, safe from any thread.
#pragma once

#include "base/hash.h"
#include "base/json.h"

namespace gleaner::gateway::exchange {

Hash128 turn_hash(const json::Value& message);

}  // namespace gleaner::gateway::exchange
