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

}  // namespace gleaner::store
