// How many events or scores one request may have. Counted before anything is made of them: a request of a few megabytes
// could otherwise name a million.
//
// A pure function, safe from any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace gleaner::gateway::langfuse {

inline constexpr size_t kMaxElements = 10'000;

// Of the longest array that opens at this level of the JSON: 1 is the whole text, 2 a member of its object. Does not
// check the JSON otherwise. Errors: kTooLarge.
Status check_count(std::string_view json, size_t level);

}  // namespace gleaner::gateway::langfuse
