#include "words.h"

#include <algorithm>
#include <bit>
#include <fstream>
#include <stdexcept>

namespace gleaner::maker {
namespace {

constexpr size_t kContext = 4;
constexpr size_t kLongestWord = 24;

uint64_t hash_of(std::u32string_view letters) {
  uint64_t hash = letters.size();
  for (const char32_t c : letters) {
    hash = (hash ^ c) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  return hash;
}

}  // namespace

uint64_t Random::next() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double Random::uniform() {
  return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

size_t Random::below(size_t limit) {
  return static_cast<size_t>(uniform() * static_cast<double>(limit));
}

Words::Words(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  std::vector<Counts> counts(kContext + 1);
  for (std::string line; std::getline(in, line);) {
    const size_t space = line.find(' ');
    const Word gram = from_utf8(std::string_view(line).substr(0, space));
    if (gram.empty() || gram.size() > counts.size()) continue;
    counts[gram.size() - 1][gram] = std::stoll(line.substr(space + 1));
  }
  Nexts nexts;
  add_beginnings(counts, nexts);
  add_insides(counts, nexts);
  fill(nexts);
}

void Words::add_beginnings(const std::vector<Counts>& counts, Nexts& nexts) {
  for (size_t letters = 1; letters <= kContext; ++letters) {
    Counts begins = counts[letters - 1];
    for (const auto& [gram, count] : counts[letters]) begins[gram.substr(1)] -= count;
    for (const auto& [gram, count] : begins) {
      const Word before = gram.substr(0, letters - 1);
      Next& next = nexts[before];
      next.letters.emplace_back(gram.back(), count);
      if (letters > 1) next.end -= count;
      if (letters < kContext) nexts[gram].end += count;
    }
  }
}

void Words::add_insides(const std::vector<Counts>& counts, Nexts& nexts) {
  for (const auto& [gram, count] : counts[kContext - 1]) nexts[gram].end += count;
  for (const auto& [gram, count] : counts[kContext]) {
    Next& next = nexts[gram.substr(0, kContext)];
    next.letters.emplace_back(gram.back(), count);
    next.end -= count;
  }
}

void Words::fill(Nexts nexts) {
  contexts_.resize(std::bit_ceil(nexts.size() * 2 + 1));
  for (auto& [context, next] : nexts) {
    Context filled{hash_of(context), static_cast<uint32_t>(choices_.size()), 0};
    uint32_t total = 0;
    next.letters.emplace_back(0, next.end);
    std::ranges::sort(next.letters);
    for (const auto& [letter, count] : next.letters) {
      if (count <= 0) continue;
      choices_.push_back({letter, total += static_cast<uint32_t>(count)});
      ++filled.count;
    }
    if (filled.count == 0) continue;
    size_t at = filled.hash & (contexts_.size() - 1);
    while (contexts_[at].count != 0) at = (at + 1) & (contexts_.size() - 1);
    contexts_[at] = filled;
  }
}

char32_t Words::next(std::u32string_view context, Random& random) const {
  const uint64_t hash = hash_of(context);
  size_t at = hash & (contexts_.size() - 1);
  while (contexts_[at].count != 0 && contexts_[at].hash != hash) at = (at + 1) & (contexts_.size() - 1);
  if (contexts_[at].count == 0) return 0;
  const auto first = choices_.begin() + contexts_[at].first;
  const auto last = first + contexts_[at].count;
  return std::upper_bound(first, last, random.below((last - 1)->total),
                          [](size_t drawn, const Choice& choice) { return drawn < choice.total; })
      ->letter;
}

Word Words::draw(Random& random) const {
  Word word;
  while (word.size() < kLongestWord) {
    const char32_t letter =
        next(std::u32string_view(word).substr(word.size() - std::min(word.size(), kContext)), random);
    if (letter == 0) break;
    word.push_back(letter);
  }
  return word;
}

std::string to_utf8(const Word& word) {
  std::string out;
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  for (const char32_t c : word) {
    if (c < 0x80) {
      put(c);
      continue;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    put((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | (c >> (6 * more)));
    for (int i = more - 1; i >= 0; --i) put(0x80 | ((c >> (6 * i)) & 0x3f));
  }
  return out;
}

Word from_utf8(std::string_view text) {
  Word out;
  for (size_t pos = 0; pos < text.size();) {
    const auto lead = static_cast<unsigned char>(text[pos++]);
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
    char32_t c = more == 0 ? lead : lead & (0x3fU >> more);
    for (int i = 0; i < more && pos < text.size(); ++i)
      c = (c << 6) | (static_cast<unsigned char>(text[pos++]) & 0x3fU);
    out.push_back(c);
  }
  return out;
}

}  // namespace gleaner::maker
