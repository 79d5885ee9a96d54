#include "dataset/preference_pairs.h"

#include <algorithm>
#include <numeric>
#include <ranges>
#include <tuple>

#include "base/json.h"

namespace gleaner::dataset {
namespace {

// Whose the rejected answer is: a version that holds it must be found when they are erased.
Status name_rejected_user(const std::string& of, std::string& metadata) {
  TRY_ASSIGN(const json::Value rejected, json::parse(of));
  const auto user = rejected.find_string("user_id");
  if (!user) return {};
  TRY_ASSIGN(json::Value with, json::parse(metadata));
  with.set("rejected_user", json::Value::string(std::string(*user)));
  metadata = with.dump();
  return {};
}

}  // namespace

std::optional<PreferencePairs::Pair> PreferencePairs::judged(std::span<const size_t> same_prompt) const {
  std::optional<size_t> best;
  std::optional<size_t> worst;
  for (const size_t i : same_prompt) {
    const Half& half = halves_[i];
    if (half.thumbs > 0 && (!best || half.worth > halves_[*best].worth)) best = i;
    if (half.thumbs < 0 && (!worst || half.worth < halves_[*worst].worth)) worst = i;
  }
  if (!best || !worst) return std::nullopt;
  return Pair{*best, *worst};
}

// The widest lead between two variants has the best answer of all on one side, or the worst of all on the other.
std::optional<PreferencePairs::Pair> PreferencePairs::siblings(std::span<const size_t> same_prompt) const {
  std::vector<size_t> order;
  for (const size_t i : same_prompt) {
    if (halves_[i].experiment != 0) order.push_back(i);
  }
  std::ranges::sort(order, {}, [this](size_t i) { return std::tuple(halves_[i].experiment, -halves_[i].worth, i); });
  std::optional<Pair> widest;
  const auto offer = [&](size_t chosen, size_t rejected) {
    const auto lead = [this](const Pair& pair) { return halves_[pair.chosen].worth - halves_[pair.rejected].worth; };
    const Pair pair{chosen, rejected};
    if (lead(pair) > 0 && (!widest || lead(pair) > lead(*widest))) widest = pair;
  };
  const auto other_variant = [this](size_t than) {
    return [this, variant = halves_[than].variant](size_t i) { return halves_[i].variant != variant; };
  };
  for (std::span<const size_t> rest = order; !rest.empty();) {
    const uint64_t experiment = halves_[rest.front()].experiment;
    const auto end = std::ranges::find_if(rest, [&](size_t i) { return halves_[i].experiment != experiment; });
    const std::span<const size_t> one(rest.begin(), end);
    const auto back = one | std::views::reverse;
    if (const auto low = std::ranges::find_if(back, other_variant(one.front())); low != back.end())
      offer(one.front(), *low);
    if (const auto high = std::ranges::find_if(one, other_variant(one.back())); high != one.end())
      offer(*high, one.back());
    rest = {end, rest.end()};
  }
  return widest;
}

Status PreferencePairs::make(ExampleFile& file, const Keep& keep) {
  std::vector<size_t> order(halves_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [this](size_t i) { return std::tuple(halves_[i].prompt, i); });
  std::vector<Pair> pairs;
  for (auto begin = order.cbegin(); begin != order.cend();) {
    const uint64_t prompt = halves_[*begin].prompt;
    const auto end = std::find_if(begin, order.cend(), [&](size_t i) { return halves_[i].prompt != prompt; });
    auto pair = judged({begin, end});
    if (!pair) pair = siblings({begin, end});
    alone_ += static_cast<uint64_t>(end - begin) - (pair ? 2 : 0);
    if (pair) pairs.push_back(*pair);
    begin = end;
  }
  std::ranges::sort(pairs, {}, &Pair::chosen);
  Example pair;
  Example worse;
  for (const Pair& one : pairs) {
    TRY(file.read(halves_[one.chosen].place, pair));
    TRY(file.read(halves_[one.rejected].place, worse));
    // Two prompts may share a hash, and two people may judge the same answer differently.
    if (pair.prompt != worse.prompt || pair.answer == worse.answer) {
      alone_ += 2;
      continue;
    }
    TRY(name_rejected_user(worse.metadata, pair.metadata));
    pair.task = Task::kPreference;
    pair.rejected = std::move(worse.answer);
    pair.plain = pair.plain && worse.plain;
    pair.interaction_ids.push_back(worse.interaction_ids.front());
    TRY(keep(pair, halves_[one.chosen]));
  }
  return {};
}

}  // namespace gleaner::dataset
