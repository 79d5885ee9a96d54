// How the routes of front ends say a signal: their names for its fields, and what they expect as an answer. Pure
// functions, safe from any thread.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"

namespace gleaner::api {

struct SignalShape {
  // The request body as a signal in our own JSON. Errors: kInvalidArgument, in the route's names.
  Result<json::Value> (*to_signal)(const json::Value& body);
  // An error that names one of our fields, naming theirs instead.
  Error (*in_their_names)(Error error);
  std::string (*answer)(const std::string& id);
};

const SignalShape& feedback_shape();    // POST /api/feedback/submit
const SignalShape& engagement_shape();  // POST /api/feed/engage

}  // namespace gleaner::api
