// Langfuse's ids as ours. Its SDKs of today give traces and observations the ids of OpenTelemetry, and what they send
// is stored under these; the older ones made UUIDs, and anybody may choose ids of their own. All of them become what
// OpenTelemetry would have, so that a score finds what it is about whichever SDK either came from.
//
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace gleaner::gateway::langfuse {

// 32 hexadecimal digits as they are, a UUID without its dashes, of anything else the beginning of its SHA-256.
std::string trace_id(std::string_view id);
// 16 hexadecimal digits as they are, of anything else the beginning of its SHA-256.
std::string span_id(std::string_view id);
// The span that a trace itself is told as: the root of what was sent to the ingestion API.
std::string root_span_id(std::string_view trace);

// What scores of it name: an interaction, or an item of one.
std::string record_id(std::string_view trace);
std::string record_id(std::string_view trace, std::string_view observation);

}  // namespace gleaner::gateway::langfuse
