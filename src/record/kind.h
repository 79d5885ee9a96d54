// Kinds of interactions that mean something to Gleaner itself. The set is open: applications name their own.
#pragma once

#include <string_view>

namespace gleaner::record {

// What a model would have answered: made in the background, seen by nobody (docs/proxy.md). It has a platform of the
// same name, so that it counts in nobody's readiness.
inline constexpr std::string_view kShadowKind = "shadow";

}  // namespace gleaner::record
