// A whole session as an item. A signal is about one interaction; what is said of a session names this as its item_id,
// and interactions that such a signal may go to list it among their items. What stands behind the prefix tells the
// session as the application knows it, so the intake replaces the whole by a pseudonym (privacy::safe_id).
//
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/hash.h"

namespace gleaner::record {

inline constexpr std::string_view kSessionItem = "session:";

// Fits into an id whatever the length of `session_id`.
inline std::string session_item(std::string_view session_id) {
  constexpr size_t kLongest = 200;
  std::string item(kSessionItem);
  if (session_id.size() > kLongest) return item += to_hex(sha256(session_id));
  return item.append(session_id);
}

}  // namespace gleaner::record
