// Finds the texts of a set that are the same or nearly so, and groups them into clusters.
//
// Two texts are exact duplicates when they are equal once normalised (dataset/words.h). They are near duplicates when
// the Jaccard similarity of their shingles, the runs of `shingle_words` words, reaches the threshold; a text with fewer
// words has no near duplicates, only exact ones. A cluster is what such pairs connect, so its ends may be less alike.
//
//   add()    A text becomes the hash of what it is normalised and its MinHash signature; the text itself is not kept.
//   find()   Equal texts are grouped, and one of each group goes on. Signatures are cut into bands; texts that agree in
//            a whole band are candidates, to be verified by their signatures: the share of equal values estimates their
//            similarity, with a standard deviation of 0.035 at 0.8 and 128 permutations. Where the caller can give
//            texts again, a candidate whose estimate is within three of those of the threshold is verified by its
//            shingles.
//
// The clusters depend on the texts, their order and the options, never on the number of threads. The order counts for
// nothing but crowds: of more than kProbes texts that agree in a band and are not alike, each is compared with so many.
//
// Memory for each text: its signature (4 bytes a permutation) and 24 bytes; while find() runs up to 80 more, 8 for each
// of at most three further threads, and its answer. So below 200 in all beside the signature. Besides that, 20 MB for
// shingles of texts given again.
//
// Thread contract: an object belongs to one thread at a time. With more than one thread in its options it starts them
// for the time of a call, and up to 4 MiB of text wait until that is worth it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dataset/minhash.h"
#include "dataset/signed_texts.h"
#include "dataset/words.h"

namespace gleaner::dataset {

struct NearDuplicateOptions {
  double threshold = 0.8;     // 0.3 to 1; at 1 only exact duplicates are found, and there are no signatures
  size_t permutations = 128;  // a multiple of 32, 32 to 1,024
  size_t shingle_words = 5;   // 1 to 64
  uint64_t seed = 1;
  size_t threads = 1;  // 1 to 64
};

struct DuplicateClusters {
  // Indexes of texts in ascending order, two or more in each; clusters in the order of their first.
  std::vector<std::vector<uint32_t>> clusters;
  uint64_t equal = 0;     // texts that are equal to an earlier one
  uint64_t compared = 0;  // pairs of signatures
  uint64_t verified = 0;  // pairs of which both texts were looked at again
};

class NearDuplicates {
 public:
  static constexpr size_t kProbes = 256;

  // Puts the text with that index, as it was added, into `text`.
  using TextOf = std::function<Status(size_t index, std::string& text)>;

  // Errors: kInvalidArgument for an option out of its range.
  static Result<std::unique_ptr<NearDuplicates>> create(const NearDuplicateOptions& options);

  // The index of the text: 0 for the first, then one more each time.
  size_t add(std::string_view text);
  size_t size() const { return texts_.size(); }

  // More texts may be added afterwards. Errors: those of `text_of`; kTooLarge for more than 2^32 - 1 texts.
  Result<DuplicateClusters> find(const TextOf& text_of = nullptr);

 private:
  // What a thread needs to sign texts.
  struct Signer {
    explicit Signer(uint64_t seed) : words(seed) {}
    WordReader words;
    std::vector<uint32_t> hashes;
  };

  explicit NearDuplicates(const NearDuplicateOptions& options);
  void sign(size_t index, std::string_view text, Signer& signer);
  void sign_waiting();

  NearDuplicateOptions options_;
  MinHash minhash_;
  std::vector<Signer> signers_;  // one for each thread
  SignedTexts texts_;
  std::string waiting_;                 // texts not signed yet, one behind the other
  std::vector<size_t> waiting_begins_;  // of the last texts
};

}  // namespace gleaner::dataset
