// Spans that are told in versions. OpenTelemetry tells a span once, when it has ended; Langfuse's ingestion API tells
// one when it begins, again when it ends, and again whenever something is added, each time with what is new. Such a
// version has the attribute gleaner.version, which gateway/langfuse gives it: when it was made. It counts only where
// the sender cannot have written it: TraceAssembler::add_versions(). While its trace is held, all versions of a span
// are one span, on which the later ones have the last word, in whichever order they come.
//
// Pure functions, safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gateway/otlp/trace.h"

namespace gleaner::gateway::otlp {

// A whole number above 0: nanoseconds since 1970.
inline constexpr std::string_view kVersionAttribute = "gleaner.version";

// On a version that did not say what its parent is, and was given the root of its trace. It moves no span whose parent
// another version states.
inline constexpr std::string_view kAssumedParentAttribute = "gleaner.assumed_parent";

// Members of the metadata that one span has at most, of all its versions together.
inline constexpr size_t kMaxVersionMetadata = 256;

// When the version was made; 0 for a span that is told once.
uint64_t version_of(const Span& span);

// Whether more is to be expected: it has neither an end nor an output. For observations, not for a trace itself.
bool is_unfinished(const Span& span);

// Adds what `version` says to `known`; what both say is the version's if it was made at the same time or later.
void merge_version(Span& known, const Span& version);

}  // namespace gleaner::gateway::otlp
