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
  return secret.reveal() == other.secret.reveal() &&
         std::ranges::equal(rotations, other.rotations, [](const Rotation& a, const Rotation& b) {
           return a.from == b.from && a.secret.reveal() == b.secret.reveal();
         });
}

}  // namespace gleaner::store
