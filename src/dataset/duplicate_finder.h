// The second half of near_duplicates.h: from signed texts to clusters.
//
// Thread contract: an object belongs to one thread and is used once; it starts threads of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataset/near_duplicates.h"
#include "dataset/shingle_set.h"
#include "dataset/signed_texts.h"
#include "dataset/words.h"

namespace gleaner::dataset {

// How a signature is cut into candidates' bands. As every candidate is verified, all that counts is to miss none: these
// are the most rows with which a pair right at the threshold becomes a candidate in 99.5 % of cases. For 0.8 and 128
// permutations they are 21 bands of 6 rows, which miss 0.2 % of pairs at 0.8 and one in ten million at 0.9; of pairs at
// 0.3, 1.5 % become candidates.
struct Banding {
  size_t bands = 0;
  size_t rows = 0;
};
Banding choose_banding(double threshold, size_t permutations);

class DuplicateFinder {
 public:
  DuplicateFinder(const SignedTexts& texts, const NearDuplicateOptions& options, const NearDuplicates::TextOf& text_of);

  Result<DuplicateClusters> find();

 private:
  // A key for each text: the upper half is the hash of its band, the lower one the text.
  using Band = std::vector<uint64_t>;
  struct RememberedText {
    uint64_t text = ~uint64_t{0};
    ShingleSet shingles;
  };

  void group_equal();
  Status link_bands();
  void read_bands(size_t first, std::span<Band> bands) const;
  void sort_bands(std::span<Band> bands) const;
  uint32_t hash_of_band(size_t number, uint32_t text) const;
  Status link_band(size_t number, std::span<const uint64_t> keys);
  Status link_bucket(std::span<const uint64_t> keys);
  Status link_crowd(size_t number, std::span<const uint64_t> keys);

  Result<bool> are_alike(uint32_t a, uint32_t b);
  Result<bool> have_alike_shingles(uint32_t a, uint32_t b);
  Status read_shingles(uint32_t text, RememberedText& place);
  void forget_shingles();

  uint32_t root_of(uint32_t text);
  void unite(uint32_t a, uint32_t b);
  void collect_clusters();

  const SignedTexts& texts_;
  const NearDuplicateOptions& options_;
  const NearDuplicates::TextOf& text_of_;
  Banding banding_;
  // Equal values of two signatures: from which on they are alike, and between which only their texts can tell.
  size_t alike_ = 0;
  size_t doubtful_ = 0;
  size_t certain_ = 0;

  std::vector<uint32_t> parents_;   // the root of a cluster is its first text
  std::vector<uint32_t> distinct_;  // the first of equal texts, where it has shingles
  std::vector<uint32_t> probes_;
  std::vector<uint64_t> unlike_;            // pairs whose texts were compared in vain, each at a place of its hash
  std::vector<RememberedText> remembered_;  // texts looked at lately, likewise
  RememberedText spare_;                    // for a text whose place is taken by the one it is compared with
  size_t shingle_count_ = 0;                // of all these
  WordReader words_;
  std::string text_;
  DuplicateClusters out_;
};

}  // namespace gleaner::dataset
