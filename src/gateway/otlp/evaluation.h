// Judgements that travel with traces, as signals: the event gen_ai.evaluation.result, on a span or as a log record, and
// OpenInference's annotations.N.annotation.* and evaluations.N.evaluation.* on the span that is judged.
//
// A signal names the response id or the span as its item_id: every interaction made of spans lists both for each of
// its calls, so that the store joins them, whichever comes first and whether the span is an interaction or a step.
//
// Pure functions, safe from any thread.
#pragma once

#include <vector>

#include "gateway/otlp/trace.h"
#include "record/signal.h"

namespace gleaner::gateway::otlp {

// Whether an event or log record of that name is a judgement.
bool is_evaluation_event(std::string_view name);

// What the span's events and attributes judge. Judgements that say neither a score nor a label nor an explanation, and
// those without a name, are left out.
std::vector<record::Signal> read_evaluations(const Span& span);
// The same for one log record: no signal or one.
std::vector<record::Signal> read_evaluations(const LogRecord& log);

}  // namespace gleaner::gateway::otlp
