#include "store/registry.h"

#include <algorithm>
#include <ranges>

namespace gleaner::store {

const Secret& Project::pseudonym_secret(Time created_at) const {
  const auto later_first = rotations | std::views::reverse;
  const auto found =
      std::ranges::find_if(later_first, [created_at](const Rotation& one) { return one.from <= created_at; });
  return found == later_first.end() ? secret : found->secret;
}

bool Project::same_secrets(const Project& other) const {
  return rotations.size() == other.rotations.size() && continues(other);
}

bool Project::continues(const Project& other) const {
  if (secret.reveal() != other.secret.reveal() || rotations.size() < other.rotations.size()) return false;
  return std::ranges::equal(
      rotations | std::views::take(other.rotations.size()), other.rotations,
      [](const Rotation& a, const Rotation& b) { return a.from == b.from && a.secret.reveal() == b.secret.reveal(); });
}

bool ApiKey::same_key(const ApiKey& other) const {
  return id == other.id && project == other.project && name == other.name && scopes == other.scopes &&
         hash == other.hash && created_at == other.created_at;
}

}  // namespace gleaner::store
