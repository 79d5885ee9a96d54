// What fits the fields of a record. For the files of this folder only. Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace gleaner::gateway::exchange {

inline constexpr size_t kMaxIdBytes = 256;
inline constexpr size_t kMaxNameBytes = 128;

// UTF-8, not empty, at most `bytes` long, no control characters.
bool fits(std::string_view text, size_t bytes);

// An id of somebody else's as the record takes it. What does not fit is still the same each time: a digest of itself.
std::string id_field(std::string_view id);

// A name, or nothing.
std::string name_field(std::string_view name);

}  // namespace gleaner::gateway::exchange
