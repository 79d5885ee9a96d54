#include "store/api_keys.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/hash.h"

namespace gleaner::store {
namespace {

constexpr std::array<std::string_view, 3> kScopes = {"ingest", "read", "admin"};
constexpr size_t kMaxNameBytes = 64;

Status check_name(std::string_view what, std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ' ';
  };
  if (name.empty() || name.size() > kMaxNameBytes || !std::ranges::all_of(name, allowed)) {
    return fail(Code::kInvalidArgument,
                fmt::format("{}: expected 1 to {} letters, digits, spaces, '.', '-' or '_'", what, kMaxNameBytes));
  }
  return {};
}

}  // namespace

std::string hash_key(std::string_view key) {
  return to_hex(sha256(key));
}

Result<IssuedKey> issue_key(Registry& registry, IdSource& ids, Time now, std::string_view project,
                            std::string_view name, std::vector<std::string> scopes) {
  TRY(check_name("project", project));
  TRY(check_name("name", name));
  if (scopes.empty())
    return fail(Code::kInvalidArgument, fmt::format("scopes: expected some of {}", fmt::join(kScopes, ", ")));
  for (const std::string& scope : scopes) {
    if (std::ranges::find(kScopes, scope) == kScopes.end()) {
      return fail(Code::kInvalidArgument,
                  fmt::format("scopes: expected some of {}; got \"{}\"", fmt::join(kScopes, ", "), scope));
    }
  }
  TRY(registry.project(project));
  IssuedKey issued;
  issued.key = "glk_" + to_hex(random_bytes(32));
  issued.record = {
      ids.mint(now), std::string(project), std::string(name), std::move(scopes), hash_key(issued.key), now, {}};
  TRY(registry.add_key(issued.record));
  return issued;
}

}  // namespace gleaner::store
