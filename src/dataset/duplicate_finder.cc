// Nothing here depends on an order but that of the texts: bands are sorted arrays instead of hash tables, and threads
// only prepare them. Whether two texts are alike is a property of the pair, and what pairs connect does not depend on
// which of them is met first; so a pair that is connected already need not be looked at.
//
// In a bucket, the texts that agree in a band, each is compared with all before it. What would make that quadratic is
// bounded: of one cluster kProbesOfCluster are enough, so that a hundred thousand copies with another date each are
// linked to the first few; and of texts that are not alike, say those which share a long prompt, the last kProbes. A
// bucket of more than those is sorted by the hash of the next band first, so that the likeliest stand together.
#include "dataset/duplicate_finder.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <thread>
#include <utility>

namespace gleaner::dataset {
namespace {

constexpr double kFound = 0.995;
constexpr double kDeviations = 3;
constexpr size_t kProbesOfCluster = 16;
constexpr size_t kBandsAtOnce = 7;
constexpr size_t kSortingThreads = 4;
constexpr size_t kRememberedPairs = size_t{1} << 16;
constexpr size_t kRememberedTexts = size_t{1} << 12;
constexpr size_t kRememberedShingles = size_t{1} << 19;  // of all texts together: at most 20 MB

constexpr uint64_t key_of(uint32_t hash, uint32_t text) {
  return uint64_t{hash} << 32 | text;
}
constexpr uint32_t hash_of(uint64_t key) {
  return static_cast<uint32_t>(key >> 32);
}
constexpr uint32_t index_of(uint64_t key) {
  return static_cast<uint32_t>(key);
}

// By the hashes in the keys; keys with the same hash keep their order.
void sort_by_hash(std::vector<uint64_t>& keys, std::vector<uint64_t>& spare) {
  constexpr int kBits = 11;
  constexpr size_t kDigits = size_t{1} << kBits;
  spare.resize(keys.size());
  for (int shift = 32; shift < 64; shift += kBits) {
    const auto digit = [shift](uint64_t key) { return (key >> shift) & (kDigits - 1); };
    std::array<uint32_t, kDigits> begins{};
    for (const uint64_t key : keys) ++begins[digit(key)];
    std::exclusive_scan(begins.begin(), begins.end(), begins.begin(), uint32_t{0});
    for (const uint64_t key : keys) spare[begins[digit(key)]++] = key;
    keys.swap(spare);
  }
}

}  // namespace

Banding choose_banding(double threshold, size_t permutations) {
  Banding banding{permutations, 1};
  for (size_t rows = 2; rows <= permutations; ++rows) {
    const size_t bands = permutations / rows;
    const double agree = std::pow(threshold, static_cast<double>(rows));
    if (1 - std::pow(1 - agree, static_cast<double>(bands)) >= kFound) banding = {bands, rows};
  }
  return banding;
}

DuplicateFinder::DuplicateFinder(const SignedTexts& texts, const NearDuplicateOptions& options,
                                 const NearDuplicates::TextOf& text_of)
    : texts_(texts), options_(options), text_of_(text_of), words_(options.seed) {
  const auto permutations = static_cast<double>(options.permutations);
  const double threshold = options.threshold;
  const double doubt = kDeviations * std::sqrt(threshold * (1 - threshold) / permutations);
  const auto values = [&](double similarity) {
    return static_cast<size_t>(std::ceil(std::clamp(similarity, 0.0, 1.0) * permutations - 1e-9));
  };
  banding_ = choose_banding(threshold, options.permutations);
  alike_ = values(threshold);
  doubtful_ = values(threshold - doubt);
  certain_ = values(threshold + doubt);
}

Result<DuplicateClusters> DuplicateFinder::find() {
  parents_.resize(texts_.size());
  std::iota(parents_.begin(), parents_.end(), uint32_t{0});
  group_equal();
  if (text_of_) {
    unlike_.resize(kRememberedPairs);
    remembered_.resize(kRememberedTexts);
  }
  if (!distinct_.empty()) TRY(link_bands());
  collect_clusters();
  return std::move(out_);
}

void DuplicateFinder::group_equal() {
  std::vector<std::pair<Hash128, uint32_t>> hashes;
  hashes.reserve(parents_.size());
  for (const uint32_t text : parents_) hashes.emplace_back(texts_.text(text).hash, text);
  std::ranges::sort(hashes);
  for (size_t i = 1; i < hashes.size(); ++i) {
    if (hashes[i].first != hashes[i - 1].first) continue;
    parents_[hashes[i].second] = parents_[hashes[i - 1].second];
    ++out_.equal;
  }
  hashes = {};
  for (uint32_t text = 0; text < parents_.size(); ++text) {
    if (parents_[text] == text && texts_.text(text).has_shingles) distinct_.push_back(text);
  }
}

Status DuplicateFinder::link_bands() {
  std::vector<Band> bands(std::min(kBandsAtOnce, banding_.bands));
  for (size_t first = 0; first < banding_.bands; first += bands.size()) {
    bands.resize(std::min(bands.size(), banding_.bands - first));
    read_bands(first, bands);
    sort_bands(bands);
    for (size_t i = 0; i < bands.size(); ++i) TRY(link_band(first + i, bands[i]));
  }
  return {};
}

// Several at once, for a signature is seldom in a cache.
void DuplicateFinder::read_bands(size_t first, std::span<Band> bands) const {
  for (Band& band : bands) band.resize(distinct_.size());
  for (size_t at = 0; at < distinct_.size(); ++at) {
    const uint32_t text = distinct_[at];
    for (size_t i = 0; i < bands.size(); ++i) bands[i][at] = key_of(hash_of_band(first + i, text), text);
  }
}

void DuplicateFinder::sort_bands(std::span<Band> bands) const {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    Band spare;
    for (size_t i = next++; i < bands.size(); i = next++) sort_by_hash(bands[i], spare);
  };
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < std::min(options_.threads, kSortingThreads); ++i) threads.emplace_back(work);
  work();
}

uint32_t DuplicateFinder::hash_of_band(size_t number, uint32_t text) const {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C17;
  uint64_t hash = number;
  for (const uint32_t value : texts_.signature(text).subspan(number * banding_.rows, banding_.rows))
    hash = (hash ^ value) * kMultiplier;
  return static_cast<uint32_t>(mix64(hash) >> 32);
}

Status DuplicateFinder::link_band(size_t number, std::span<const uint64_t> keys) {
  for (size_t begin = 0, end = 1; begin < keys.size(); begin = end++) {
    while (end < keys.size() && hash_of(keys[end]) == hash_of(keys[begin])) ++end;
    if (end - begin == 1) continue;
    const auto bucket = keys.subspan(begin, end - begin);
    TRY(bucket.size() > NearDuplicates::kProbes ? link_crowd(number, bucket) : link_bucket(bucket));
  }
  return {};
}

Status DuplicateFinder::link_crowd(size_t number, std::span<const uint64_t> keys) {
  const size_t next = (number + 1) % banding_.bands;
  std::vector<uint64_t> sorted(keys.begin(), keys.end());
  for (uint64_t& key : sorted) key = key_of(hash_of_band(next, index_of(key)), index_of(key));
  std::ranges::sort(sorted);
  return link_bucket(sorted);
}

Status DuplicateFinder::link_bucket(std::span<const uint64_t> keys) {
  probes_.clear();
  size_t oldest = 0;
  for (const uint64_t key : keys) {
    const uint32_t text = index_of(key);
    size_t of_cluster = 0;
    for (const uint32_t probe : probes_) {
      if (root_of(probe) != root_of(text)) {
        TRY_ASSIGN(const bool alike, are_alike(probe, text));
        if (!alike) continue;
        unite(probe, text);
      }
      ++of_cluster;
    }
    if (of_cluster >= kProbesOfCluster) continue;
    if (probes_.size() < NearDuplicates::kProbes) {
      probes_.push_back(text);
    } else {
      probes_[oldest++ % probes_.size()] = text;
    }
  }
  return {};
}

Result<bool> DuplicateFinder::are_alike(uint32_t a, uint32_t b) {
  ++out_.compared;
  const size_t equal = count_equal(texts_.signature(a), texts_.signature(b));
  if (!text_of_) return equal >= alike_;
  if (equal < doubtful_ || equal >= certain_) return equal >= certain_;
  const uint64_t pair = key_of(std::min(a, b), std::max(a, b));
  uint64_t& remembered = unlike_[mix64(pair) % kRememberedPairs];
  if (remembered == pair) return false;
  TRY_ASSIGN(const bool alike, have_alike_shingles(a, b));
  if (!alike) remembered = pair;
  return alike;
}

Result<bool> DuplicateFinder::have_alike_shingles(uint32_t a, uint32_t b) {
  ++out_.verified;
  if (shingle_count_ > kRememberedShingles) forget_shingles();
  const bool is_taken = a % kRememberedTexts == b % kRememberedTexts;
  RememberedText& place_of_a = remembered_[a % kRememberedTexts];
  RememberedText& place_of_b = is_taken ? spare_ : remembered_[b % kRememberedTexts];
  TRY(read_shingles(a, place_of_a));
  TRY(read_shingles(b, place_of_b));
  return place_of_a.shingles.similarity(place_of_b.shingles) >= options_.threshold;
}

Status DuplicateFinder::read_shingles(uint32_t text, RememberedText& place) {
  if (place.text == text) return {};
  TRY(text_of_(text, text_));
  words_.read(text_);
  NGrams shingles(words_.hashes(), options_.shingle_words);
  shingle_count_ -= place.shingles.size();
  place.shingles.assign(shingles);
  shingle_count_ += place.shingles.size();
  place.text = text;
  return {};
}

void DuplicateFinder::forget_shingles() {
  std::ranges::fill(remembered_, RememberedText{});
  spare_ = {};
  shingle_count_ = 0;
}

uint32_t DuplicateFinder::root_of(uint32_t text) {
  while (parents_[text] != text) {
    parents_[text] = parents_[parents_[text]];
    text = parents_[text];
  }
  return text;
}

void DuplicateFinder::unite(uint32_t a, uint32_t b) {
  const uint32_t root_a = root_of(a);
  const uint32_t root_b = root_of(b);
  parents_[std::max(root_a, root_b)] = std::min(root_a, root_b);
}

void DuplicateFinder::collect_clusters() {
  distinct_ = {};
  std::vector<uint32_t> sizes(parents_.size());
  for (uint32_t text = 0; text < parents_.size(); ++text) ++sizes[root_of(text)];
  // From here on the entry of a root says which cluster is its own.
  for (uint32_t text = 0; text < parents_.size(); ++text) {
    const uint32_t root = root_of(text);
    if (root == text) {
      if (sizes[text] == 1) continue;
      out_.clusters.emplace_back().reserve(sizes[text]);
      sizes[text] = static_cast<uint32_t>(out_.clusters.size());
    }
    out_.clusters[sizes[root] - 1].push_back(text);
  }
}

}  // namespace gleaner::dataset
