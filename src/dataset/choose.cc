#include "dataset/choose.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/hash.h"
#include "dataset/example_text.h"
#include "dataset/near_duplicates.h"
#include "dataset/words.h"

namespace gleaner::dataset {
namespace {

// With which examples are grouped where none is left out for being a duplicate.
constexpr double kGroupingThreshold = 0.8;
constexpr size_t kShownClusters = 20;

bool groups_duplicates(const Recipe& recipe) {
  return std::ranges::find(recipe.group_by, GroupBy::kDuplicates) != recipe.group_by.end();
}

class Chooser {
 public:
  Chooser(Gathered& gathered, const Recipe& recipe)
      : gathered_(gathered), recipe_(recipe), candidates_(gathered.candidates) {}

  Result<Chosen> run() {
    out_.candidates.resize(candidates_.size());
    std::iota(out_.candidates.begin(), out_.candidates.end(), size_t{0});
    drop_prefixes();
    if (recipe_.near_duplicates > 0 || groups_duplicates(recipe_)) TRY(cluster());
    if (recipe_.balance) balance();
    if (recipe_.sample > 0 && recipe_.sample < out_.candidates.size()) {
      count("not in the sample", out_.candidates.size() - recipe_.sample);
      pick(out_.candidates, recipe_.sample);
    }
    return std::move(out_);
  }

 private:
  void count(const char* reason, size_t number) {
    if (number > 0) out_.report.left_out[reason] += number;
  }

  // The better of two duplicates; of equals the earlier one.
  bool is_better(size_t a, size_t b) const {
    return std::tuple(-candidates_[a].worth, a) < std::tuple(-candidates_[b].worth, b);
  }

  void drop_prefixes() {
    if (recipe_.prompt_prefix == 0) return;
    std::unordered_map<uint64_t, size_t> best;
    for (const size_t i : out_.candidates) {
      const auto [found, is_new] = best.try_emplace(candidates_[i].prefix, i);
      if (!is_new && is_better(i, found->second)) found->second = i;
    }
    const size_t dropped =
        std::erase_if(out_.candidates, [&](size_t i) { return best.at(candidates_[i].prefix) != i; });
    count("a prompt that begins like another", dropped);
  }

  // Unpaired examples of both labels may be as good as the same: that is what is learned from them.
  Status cluster() {
    std::array<std::vector<size_t>, 2> by_label;
    NearDuplicateOptions options;
    options.threshold = recipe_.near_duplicates > 0 ? recipe_.near_duplicates : kGroupingThreshold;
    options.seed = recipe_.seed;
    std::array<std::unique_ptr<NearDuplicates>, 2> finders;
    for (auto& finder : finders) {
      TRY_ASSIGN(finder, NearDuplicates::create(options));
    }
    std::string text;
    for (const size_t i : out_.candidates) {
      TRY(load(i, text));
      const size_t label = recipe_.task == Task::kUnpaired && !example_.label ? 1 : 0;
      finders[label]->add(text);
      by_label[label].push_back(i);
    }
    for (size_t label = 0; label < finders.size(); ++label) {
      const std::vector<size_t>& members = by_label[label];
      TRY_ASSIGN(const DuplicateClusters found,
                 finders[label]->find([&](size_t index, std::string& again) { return load(members[index], again); }));
      for (const std::vector<uint32_t>& one : found.clusters) note(one, members);
    }
    if (recipe_.near_duplicates > 0) drop_duplicates();
    return {};
  }

  Status load(size_t index, std::string& text) {
    TRY(gathered_.file->read(candidates_[index].place, example_));
    TRY(read_text(example_, said_));
    text.assign(said_.dialogue).append(said_.answer);
    return {};
  }

  void note(const std::vector<uint32_t>& cluster, const std::vector<size_t>& members) {
    ++out_.report.clusters;
    out_.report.largest_cluster = std::max<uint64_t>(out_.report.largest_cluster, cluster.size());
    std::vector<size_t> indexes;
    for (const uint32_t member : cluster) {
      indexes.push_back(members[member]);
      candidates_[members[member]].cluster = static_cast<uint32_t>(out_.report.clusters);
    }
    std::ranges::sort(indexes, [this](size_t a, size_t b) { return is_better(a, b); });
    kept_.push_back(indexes.front());
    if (out_.report.examples.size() < kShownClusters) out_.report.examples.push_back(std::move(indexes));
  }

  void drop_duplicates() {
    const size_t dropped = std::erase_if(out_.candidates, [&](size_t i) {
      const uint32_t cluster = candidates_[i].cluster;
      return cluster != 0 && kept_[cluster - 1] != i;
    });
    count("a duplicate of another", dropped);
  }

  void balance() {
    std::vector<double> shares(gathered_.values.size());
    for (const auto& [value, share] : recipe_.balance->shares) {
      const auto found = std::ranges::find(gathered_.values, value);
      if (found != gathered_.values.end()) shares[static_cast<size_t>(found - gathered_.values.begin())] = share;
    }
    std::vector<std::vector<size_t>> by_value(gathered_.values.size());
    for (const size_t i : out_.candidates) by_value[candidates_[i].balance].push_back(i);
    // As many in all as the value that is rarest for its share allows. A value that nothing has leaves its share empty.
    double total = static_cast<double>(out_.candidates.size());
    for (size_t v = 0; v < shares.size(); ++v) {
      if (shares[v] > 0 && !by_value[v].empty())
        total = std::min(total, static_cast<double>(by_value[v].size()) / shares[v]);
    }
    const size_t before = out_.candidates.size();
    out_.candidates.clear();
    for (size_t v = 0; v < shares.size(); ++v) {
      pick(by_value[v], std::min(by_value[v].size(), static_cast<size_t>(std::floor(total * shares[v] + 1e-9))));
      out_.candidates.insert(out_.candidates.end(), by_value[v].begin(), by_value[v].end());
    }
    std::ranges::sort(out_.candidates);
    count("more of its kind than the balance asks for", before - out_.candidates.size());
  }

  // Keeps so many at random, in their order.
  void pick(std::vector<size_t>& from, size_t number) const {
    std::ranges::sort(from, {}, [this](size_t i) {
      return std::tuple(mix64(candidates_[i].prompt ^ mix64(recipe_.seed ^ (uint64_t{i} << 20))), i);
    });
    from.resize(number);
    std::ranges::sort(from);
  }

  Gathered& gathered_;
  const Recipe& recipe_;
  std::vector<Candidate>& candidates_;
  Chosen out_;
  std::vector<size_t> kept_;  // of each cluster
  Example example_;
  ExampleText said_;
};

}  // namespace

Result<Chosen> choose(Gathered& gathered, const Recipe& recipe) {
  return Chooser(gathered, recipe).run();
}

}  // namespace gleaner::dataset
