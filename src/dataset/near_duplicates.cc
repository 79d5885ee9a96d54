#include "dataset/near_duplicates.h"

#include <algorithm>
#include <atomic>
#include <limits>
#include <thread>

#include <fmt/format.h>

#include "dataset/duplicate_finder.h"

namespace gleaner::dataset {
namespace {

constexpr size_t kWaitingBytes = size_t{4} << 20;
constexpr size_t kWaitingTexts = size_t{1} << 16;
constexpr size_t kHashesAtOnce = 1024;

constexpr double kLeastThreshold = 0.3;
constexpr size_t kMostPermutations = 1024;
constexpr size_t kMostShingleWords = 64;
constexpr size_t kMostThreads = 64;

template <typename Number>
Status check(std::string_view name, Number value, Number least, Number most) {
  if (value >= least && value <= most) return {};  // not a NaN either
  return fail(Code::kInvalidArgument, fmt::format("{} must be from {} to {}, not {}", name, least, most, value));
}

Status check(const NearDuplicateOptions& options) {
  TRY(check("threshold", options.threshold, kLeastThreshold, 1.0));
  TRY(check("permutations", options.permutations, MinHash::kStep, kMostPermutations));
  if (options.permutations % MinHash::kStep != 0)
    return fail(Code::kInvalidArgument, fmt::format("permutations must be a multiple of {}", MinHash::kStep));
  TRY(check("shingle_words", options.shingle_words, size_t{1}, kMostShingleWords));
  return check("threads", options.threads, size_t{1}, kMostThreads);
}

bool has_signatures(const NearDuplicateOptions& options) {
  return options.threshold < 1;
}

}  // namespace

Result<std::unique_ptr<NearDuplicates>> NearDuplicates::create(const NearDuplicateOptions& options) {
  TRY(check(options));
  return std::unique_ptr<NearDuplicates>(new NearDuplicates(options));
}

NearDuplicates::NearDuplicates(const NearDuplicateOptions& options)
    : options_(options),
      minhash_(options.permutations, options.seed),
      signers_(options.threads, Signer(options.seed)),
      texts_(has_signatures(options) ? options.permutations : 0) {}

size_t NearDuplicates::add(std::string_view text) {
  const size_t index = texts_.size();
  texts_.append();
  if (signers_.size() == 1) {
    sign(index, text, signers_[0]);
    return index;
  }
  waiting_begins_.push_back(waiting_.size());
  waiting_ += text;
  if (waiting_.size() >= kWaitingBytes || waiting_begins_.size() >= kWaitingTexts) sign_waiting();
  return index;
}

void NearDuplicates::sign(size_t index, std::string_view text, Signer& signer) {
  signer.words.read(text);
  SignedTexts::Text& out = texts_.text(index);
  out.hash = keyed_hash128(options_.seed, signer.words.normalized());
  if (!has_signatures(options_)) return;
  NGrams shingles(signer.words.hashes(), options_.shingle_words);
  size_t left = shingles.count();
  out.has_shingles = left > 0;
  while (left > 0) {
    signer.hashes.resize(std::min(left, kHashesAtOnce));
    left -= signer.hashes.size();
    for (uint32_t& hash : signer.hashes) hash = static_cast<uint32_t>(shingles.next() >> 32);
    minhash_.add(signer.hashes, texts_.signature(index));
  }
}

void NearDuplicates::sign_waiting() {
  const size_t count = waiting_begins_.size();
  const size_t first = texts_.size() - count;
  std::atomic<size_t> next = 0;
  const auto work = [&](Signer& signer) {
    for (size_t i = next++; i < count; i = next++) {
      const size_t end = i + 1 < count ? waiting_begins_[i + 1] : waiting_.size();
      sign(first + i, std::string_view(waiting_).substr(waiting_begins_[i], end - waiting_begins_[i]), signer);
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < signers_.size(); ++i) threads.emplace_back([&, i] { work(signers_[i]); });
    work(signers_[0]);
  }
  waiting_.clear();
  if (waiting_.capacity() > 4 * kWaitingBytes) waiting_.shrink_to_fit();
  waiting_begins_.clear();
}

Result<DuplicateClusters> NearDuplicates::find(const TextOf& text_of) {
  if (texts_.size() > std::numeric_limits<uint32_t>::max())
    return fail(Code::kTooLarge, "more texts than the search for near duplicates can number");
  if (!waiting_begins_.empty()) sign_waiting();
  return DuplicateFinder(texts_, options_, text_of).find();
}

}  // namespace gleaner::dataset
