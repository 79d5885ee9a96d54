#include "dataset/contamination.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace gleaner::dataset {
namespace {

constexpr size_t kMostWords = 1000;
constexpr size_t kFilterBits = 8;  // for each run, at least

void keep_different(std::vector<uint64_t>& runs) {
  std::ranges::sort(runs);
  const auto repeated = std::ranges::unique(runs);
  runs.erase(repeated.begin(), repeated.end());
}

}  // namespace

Result<HeldOut::Builder> HeldOut::Builder::create(const ContaminationOptions& options) {
  if (options.words == 0 || options.words > kMostWords)
    return fail(Code::kInvalidArgument, fmt::format("words must be from 1 to {}, not {}", kMostWords, options.words));
  if (options.least_words == 0 || options.least_words > options.words)
    return fail(Code::kInvalidArgument,
                fmt::format("least_words must be from 1 to {}, not {}", options.words, options.least_words));
  return Builder(options);
}

HeldOut::Builder::Builder(const ContaminationOptions& options)
    : options_(options), reader_(make_reader()), has_length_(options.words + 1) {}

bool HeldOut::Builder::add(std::string_view text) {
  reader_.read(text);
  const size_t length = std::min(reader_.hashes().size(), options_.words);
  if (length < options_.least_words) return false;
  has_length_[length] = true;
  NGrams runs(reader_.hashes(), length);
  // Sets that repeat themselves are many, so room is made by leaving out repetitions first.
  if (runs_.size() + runs.count() > runs_.capacity()) {
    keep_different(runs_);
    runs_.reserve(2 * (runs_.size() + runs.count()));
  }
  for (size_t left = runs.count(); left > 0; --left) runs_.push_back(runs.next());
  return true;
}

HeldOut HeldOut::Builder::build() {
  keep_different(runs_);
  runs_.shrink_to_fit();
  std::vector<size_t> lengths;
  for (size_t length = 1; length < has_length_.size(); ++length) {
    if (has_length_[length]) lengths.push_back(length);
  }
  has_length_.assign(has_length_.size(), false);
  return {std::exchange(runs_, {}), std::move(lengths)};
}

HeldOut::HeldOut(std::vector<uint64_t> runs, std::vector<size_t> lengths)
    : runs_(std::move(runs)), lengths_(std::move(lengths)) {
  const size_t bits = std::bit_ceil(std::max<size_t>(runs_.size() * kFilterBits, 64));
  filter_.resize(bits / 64);
  filter_shift_ = 64 - std::countr_zero(bits);
  for (const uint64_t run : runs_) filter_[run >> filter_shift_ >> 6] |= uint64_t{1} << ((run >> filter_shift_) & 63);
}

bool HeldOut::contains(uint64_t run) const {
  const uint64_t bit = run >> filter_shift_;
  if ((filter_[bit >> 6] >> (bit & 63) & 1) == 0) return false;
  return std::ranges::binary_search(runs_, run);
}

Overlap HeldOut::overlap(std::string_view text, WordReader& reader) const {
  reader.read(text);
  Overlap out;
  out.words = reader.hashes().size();
  std::vector<bool> covered;
  size_t first = std::numeric_limits<size_t>::max();
  for (const size_t length : lengths_) {
    NGrams runs(reader.hashes(), length);
    for (size_t at = 0; at < runs.count(); ++at) {
      if (!contains(runs.next())) continue;
      ++out.hits;
      covered.resize(out.words);
      std::fill_n(covered.begin() + static_cast<ptrdiff_t>(at), length, true);
      if (at > first || (at == first && !out.first.empty())) continue;
      first = at;
      out.first = reader.words(at, length);
    }
  }
  out.covered = static_cast<size_t>(std::ranges::count(covered, true));
  return out;
}

}  // namespace gleaner::dataset
