// The minimums of a step of permutations stay in registers while the hashes pass by, once for each step. GCC does not
// find this by itself, so it is said with its vector types. The same code is compiled for AVX2 and for the least
// processor we run on, and chosen when the program runs (not by an ifunc: sanitizers do not survive those).
#include "dataset/minhash.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "dataset/words.h"

namespace gleaner::dataset {
namespace {

using FourValues = uint32_t __attribute__((vector_size(16)));
using EightValues = uint32_t __attribute__((vector_size(32)));

constexpr size_t kVectors = 4;  // of each kind, so that three kinds fit into sixteen registers

template <typename Vector>
constexpr size_t kPermutationsOfStep = kVectors * sizeof(Vector) / sizeof(uint32_t);
static_assert(MinHash::kStep % kPermutationsOfStep<EightValues> == 0);

struct Permutations {
  const uint32_t* multipliers;
  const uint32_t* addends;
  size_t count;
};

template <typename Vector>
[[gnu::always_inline]] inline void add_hashes(std::span<const uint32_t> hashes, const Permutations& permutations,
                                              uint32_t* minimums) {
  for (size_t at = 0; at < permutations.count; at += kPermutationsOfStep<Vector>) {
    Vector multiplier[kVectors];
    Vector addend[kVectors];
    Vector minimum[kVectors];
    std::memcpy(multiplier, permutations.multipliers + at, sizeof multiplier);
    std::memcpy(addend, permutations.addends + at, sizeof addend);
    std::memcpy(minimum, minimums + at, sizeof minimum);
    for (const uint32_t hash : hashes) {
#pragma GCC unroll 4
      for (size_t i = 0; i < kVectors; ++i) {
        const Vector value = hash * multiplier[i] + addend[i];
        minimum[i] = value < minimum[i] ? value : minimum[i];
      }
    }
    std::memcpy(minimums + at, minimum, sizeof minimum);
  }
}

void add_portable(std::span<const uint32_t> hashes, const Permutations& permutations, uint32_t* minimums) {
  add_hashes<FourValues>(hashes, permutations, minimums);
}

#ifdef __x86_64__
[[gnu::target("avx2")]] void add_avx2(std::span<const uint32_t> hashes, const Permutations& permutations,
                                      uint32_t* minimums) {
  add_hashes<EightValues>(hashes, permutations, minimums);
}
#endif

using Add = void (*)(std::span<const uint32_t>, const Permutations&, uint32_t*);

Add best_add() {
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx2") != 0) return add_avx2;
#endif
  return add_portable;
}

}  // namespace

MinHash::MinHash(size_t permutations, uint64_t seed) : multipliers_(permutations), addends_(permutations) {
  assert(permutations % kStep == 0);
  uint64_t state = mix64(seed);
  const auto next = [&state] {  // SplitMix64
    state += 0x9E3779B97F4A7C15;
    return mix64(state);
  };
  std::ranges::generate(multipliers_, [&] { return static_cast<uint32_t>(next() >> 32) | 1; });
  std::ranges::generate(addends_, [&] { return static_cast<uint32_t>(next() >> 32); });
}

void MinHash::add(std::span<const uint32_t> hashes, std::span<uint32_t> signature) const {
  assert(signature.size() == permutations());
  static const Add add_hashes_of_text = best_add();
  add_hashes_of_text(hashes, {multipliers_.data(), addends_.data(), permutations()}, signature.data());
}

void MinHash::add_without_avx2(std::span<const uint32_t> hashes, std::span<uint32_t> signature) const {
  assert(signature.size() == permutations());
  add_portable(hashes, {multipliers_.data(), addends_.data(), permutations()}, signature.data());
}

size_t count_equal(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  constexpr size_t kValues = sizeof(FourValues) / sizeof(uint32_t);
  assert(a.size() == b.size() && a.size() % kValues == 0);
  FourValues negative{};  // what is equal is -1
  for (size_t at = 0; at < a.size(); at += kValues) {
    FourValues of_a;
    FourValues of_b;
    std::memcpy(&of_a, &a[at], sizeof of_a);
    std::memcpy(&of_b, &b[at], sizeof of_b);
    negative += static_cast<FourValues>(of_a == of_b);
  }
  uint32_t equal = 0;
  for (size_t i = 0; i < kValues; ++i) equal -= negative[i];
  return equal;
}

}  // namespace gleaner::dataset
