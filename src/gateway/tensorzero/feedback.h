// TensorZero's feedback as signals: bodies of POST /feedback, and rows of its four tables. docs/peers.md has the table.
//
// Pure functions, safe from any thread.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"

namespace gleaner::gateway::tensorzero {

// The body of a request, as a signal in our own JSON whose id is `id`. Feedback on an episode names it as an item.
// Errors: kInvalidArgument, in the words of its API.
Result<json::Value> signal_of(const json::Value& feedback, const std::string& id);

// A row of BooleanMetricFeedback, FloatMetricFeedback, CommentFeedback or DemonstrationFeedback. The first two do not
// say whether their target is an inference or an episode; as an item it is found either way.
bool is_feedback_row(const json::Value& row);
Result<json::Value> signal_of_row(const json::Value& row);

// 8-4-4-4-12 hexadecimal digits.
bool is_uuid(std::string_view text);

}  // namespace gleaner::gateway::tensorzero
