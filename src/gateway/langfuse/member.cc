#include "gateway/langfuse/member.h"

#include <limits>

#include <fmt/format.h>

#include "base/time.h"

namespace gleaner::gateway::langfuse {
namespace {

std::string with_underscores(std::string_view camel_case) {
  constexpr int kToLower = 'a' - 'A';
  std::string out;
  for (const char c : camel_case) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if (is_upper) out += '_';
    out += static_cast<char>(is_upper ? c + kToLower : c);
  }
  return out;
}

}  // namespace

const json::Value* member(const json::Value& object, std::string_view camel_case) {
  const json::Value* found = object.find(camel_case);
  if (found == nullptr) found = object.find(with_underscores(camel_case));
  return found == nullptr || found->is_null() ? nullptr : found;
}

Result<std::string> text_member(const json::Value& object, std::string_view camel_case) {
  const json::Value* const found = member(object, camel_case);
  if (found == nullptr) return std::string();
  if (found->is_string() || found->is_number()) return found->text();
  return fail(Code::kInvalidArgument, fmt::format("{}: expected a string, got {}", camel_case, found->kind_name()));
}

std::string text_or_nothing(const json::Value& object, std::string_view camel_case) {
  return text_member(object, camel_case).value_or("");
}

Result<uint64_t> time_member(const json::Value& object, std::string_view camel_case) {
  constexpr int64_t kNsPerMs = 1'000'000;
  TRY_ASSIGN(const std::string text, text_member(object, camel_case));
  if (text.empty()) return uint64_t{0};
  const auto time = parse_time(text);
  if (!time) return fail_in(camel_case, time.error());
  const int64_t ms = to_ms(*time);
  if (ms < 0 || ms > std::numeric_limits<int64_t>::max() / kNsPerMs) {
    return fail(Code::kInvalidArgument, fmt::format("{}: expected a time from 1970 to 2262, got {}", camel_case, text));
  }
  return static_cast<uint64_t>(ms * kNsPerMs);
}

}  // namespace gleaner::gateway::langfuse
