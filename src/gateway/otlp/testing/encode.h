// TraceBatch and LogBatch as protobuf, as an OpenTelemetry exporter sends them: for tests and benchmarks.
#pragma once

#include <string>

#include "gateway/otlp/trace.h"

namespace gleaner::gateway::otlp::testing {

std::string to_protobuf(const TraceBatch& batch);
std::string to_protobuf(const LogBatch& batch);

}  // namespace gleaner::gateway::otlp::testing
