// Langfuse's ingestion API, POST /api/public/ingestion: a batch of events, each of which creates or updates a trace or
// an observation, or creates a score. What the older SDKs send, and the scores of the JavaScript one of today.
//
// Traces and observations become one OTLP/JSON request, each a version of a span (gateway/otlp/version.h); scores
// become signals. Both are the same when the batch comes again.
//
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace gleaner::gateway::langfuse {

struct Ingested {
  // What became of one event, in the order of the batch.
  struct Event {
    std::string id;    // of the envelope
    Error error;       // with a message where it was refused
    std::string text;  // the event as it was, then
    int signal = -1;   // its place in `signals`, if it is a score
    std::string span;  // what its span is called as a record, if it is none
    bool refused() const { return !error.message.empty(); }
  };

  std::vector<Event> events;
  std::string spans;                 // an ExportTraceServiceRequest; empty if there are none
  std::vector<json::Value> signals;  // in our own JSON
};

// Errors: kInvalidArgument for a body that is no batch, kTooLarge for one of more than 10,000 events; an event that is
// wrong is refused alone.
Result<Ingested> read_ingestion(std::string_view body);

}  // namespace gleaner::gateway::langfuse
