#include "dataset/split.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "dataset/words.h"

namespace gleaner::dataset {
namespace {

uint64_t key_of(const Candidate& candidate, GroupBy group) {
  switch (group) {
    case GroupBy::kSession:
      return candidate.session;
    case GroupBy::kUser:
      return candidate.user;
    case GroupBy::kPrompt:
      return candidate.prompt;
    case GroupBy::kDuplicates:
      return candidate.cluster;
  }
  return 0;
}

// Union by index: the smallest index of a group stands for it.
class Groups {
 public:
  explicit Groups(size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), uint32_t{0}); }
  uint32_t find(uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(uint32_t a, uint32_t b) {
    a = find(a);
    b = find(b);
    if (a != b) parent_[std::max(a, b)] = std::min(a, b);
  }

 private:
  std::vector<uint32_t> parent_;
};

struct Group {
  uint32_t stratum = 0;
  uint32_t size = 0;
  uint64_t order = 0;  // by the seed
  uint32_t first = 0;  // stands for it
};

std::vector<Group> groups_of(const Gathered& gathered, std::span<const size_t> chosen, const Recipe& recipe,
                             Groups& groups) {
  for (const GroupBy by : recipe.group_by) {
    std::unordered_map<uint64_t, uint32_t> first;
    for (uint32_t i = 0; i < chosen.size(); ++i) {
      const uint64_t key = key_of(gathered.candidates[chosen[i]], by);
      if (key == 0) continue;
      const auto [found, is_new] = first.try_emplace(key, i);
      if (!is_new) groups.join(found->second, i);
    }
  }
  std::map<uint32_t, Group> found;
  for (uint32_t i = 0; i < chosen.size(); ++i) {
    const Candidate& candidate = gathered.candidates[chosen[i]];
    const uint32_t first = groups.find(i);
    auto [group, is_new] = found.try_emplace(first, Group{candidate.stratum, 0, 0, first});
    ++group->second.size;
    if (is_new) group->second.order = mix64(candidate.prompt ^ mix64(recipe.seed + candidate.session));
  }
  std::vector<Group> out;
  for (const auto& [first, group] : found) out.push_back(group);
  std::ranges::sort(out, {},
                    [](const Group& g) { return std::tuple(g.stratum, UINT32_MAX - g.size, g.order, g.first); });
  return out;
}

uint64_t torn(std::span<const size_t> chosen, std::span<const uint32_t> split_of, const Gathered& gathered,
              GroupBy by) {
  std::unordered_map<uint64_t, uint32_t> where;
  std::unordered_map<uint64_t, bool> torn;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const uint64_t key = key_of(gathered.candidates[chosen[i]], by);
    if (key == 0) continue;
    const auto [found, is_new] = where.try_emplace(key, split_of[i]);
    if (!is_new && found->second != split_of[i]) torn[key] = true;
  }
  return torn.size();
}

}  // namespace

Splits split(const Gathered& gathered, std::span<const size_t> chosen, const Recipe& recipe) {
  Groups groups(chosen.size());
  const std::vector<Group> order = groups_of(gathered, chosen, recipe, groups);
  Splits out;
  out.groups = order.size();
  std::unordered_map<uint32_t, uint32_t> split_of_group;
  std::vector<double> lack(recipe.splits.size());
  for (auto group = order.begin(); group != order.end();) {
    const auto end = std::find_if(group, order.end(), [&](const Group& g) { return g.stratum != group->stratum; });
    const auto all = std::accumulate(group, end, 0.0, [](double sum, const Group& g) { return sum + g.size; });
    // What a stratum could not give to a split is owed to it by the next.
    for (size_t s = 0; s < lack.size(); ++s) lack[s] += all * recipe.splits[s].share;
    for (; group != end; ++group) {
      const size_t most = static_cast<size_t>(std::ranges::max_element(lack) - lack.begin());
      lack[most] -= group->size;
      split_of_group[group->first] = static_cast<uint32_t>(most);
      out.largest_group = std::max<uint64_t>(out.largest_group, group->size);
    }
  }
  for (uint32_t i = 0; i < chosen.size(); ++i) out.of.push_back(split_of_group[groups.find(i)]);
  return out;
}

Leakage leakage(const Gathered& gathered, std::span<const size_t> chosen, std::span<const uint32_t> split_of) {
  return {torn(chosen, split_of, gathered, GroupBy::kSession), torn(chosen, split_of, gathered, GroupBy::kUser),
          torn(chosen, split_of, gathered, GroupBy::kPrompt), torn(chosen, split_of, gathered, GroupBy::kDuplicates)};
}

}  // namespace gleaner::dataset
