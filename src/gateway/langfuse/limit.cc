#include "gateway/langfuse/limit.h"

#include <fmt/format.h>

namespace gleaner::gateway::langfuse {
namespace {

// Where the string ends that begins at `i`.
size_t end_of_string(std::string_view json, size_t i) {
  for (++i; i < json.size() && json[i] != '"'; ++i) {
    if (json[i] == '\\') ++i;
  }
  return i;
}

}  // namespace

Status check_count(std::string_view json, size_t level) {
  size_t open = 0;
  bool in_array = false;  // the innermost that is open is an array of that level
  size_t count = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      i = end_of_string(json, i);
    } else if (c == '[' || c == '{') {
      if (++open == level) {
        in_array = c == '[';
        count = 1;
      }
    } else if (c == ']' || c == '}') {
      if (open > 0) --open;
    } else if (c == ',' && open == level && in_array && ++count > kMaxElements) {
      return fail(Code::kTooLarge,
                  fmt::format("more than {} elements in one request; send them in several", kMaxElements));
    }
  }
  return {};
}

}  // namespace gleaner::gateway::langfuse
