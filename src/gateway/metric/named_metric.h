// What a metric that others call by a name is among our signals. Langfuse's scores and TensorZero's feedback both are a
// name that the application chose and a value; docs/peers.md has the table.
//
// Pure functions, safe from any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/json.h"

namespace gleaner::gateway {

// Sets kind, value, reason (the name), text, author and metadata.label of `signal`, a signal in our own JSON, as far as
// they follow from the metric. `value` is a boolean, a number or a string.
//
// A metric whose name says which way is good is what people say: a thumb or a rating. Of every other one nobody knows
// whether more of it is better, so that it must not decide what is learnt from: a score. Words that say passed or
// failed are a score of true or false, other words a comment.
void say_metric(json::Value& signal, std::string_view name, const json::Value& value);

// Adds to the metadata of `signal`; what is null or empty is left out.
void note(json::Value& signal, std::string_view name, const json::Value& value);
// The same with every member of `object` but one; what is beyond kMaxNotes is counted as "members_not_kept".
void note_members(json::Value& signal, const json::Value& object, std::string_view except = {});
inline constexpr size_t kMaxNotes = 256;

}  // namespace gleaner::gateway
