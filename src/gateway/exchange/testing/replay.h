// An exchange written down as one JSON object, through the recorder: host, path, method, request_headers, request_body
// (a string, or an object), status, response_headers, response_body (the same) or response_b64; `end` and `reason`
// where it does not end well.
#pragma once

#include <random>
#include <string>

#include "base/json.h"
#include "gateway/exchange/recorder.h"

namespace gleaner::gateway::exchange::testing {

enum class Pieces { kWhole, kBytes, kRandom };

struct Replayed {
  bool is_operation = false;
  Recorded recorded;
  std::string record;  // JSON; empty if nothing was recorded
  std::string broken;  // the promise that the record does not keep; empty if all is well
};
// The request goes out at 2026-11-22T08:00:00Z.
Replayed replay(const json::Value& row, Pieces pieces, std::mt19937& random);

}  // namespace gleaner::gateway::exchange::testing
