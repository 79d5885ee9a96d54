#include "enrich/language_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <utility>

#include "embedded/language_latin_1.h"
#include "embedded/language_latin_2.h"
#include "embedded/language_latin_3.h"
#include "embedded/language_other.h"

namespace gleaner::enrich {
namespace {

// Languages are taken in blocks, one vector instruction each: GCC's and Clang's vector types, as neither finds the loop
// over bytes by itself (measured: four times as fast).
constexpr size_t kBlock = 16;
using Weights [[gnu::vector_size(kBlock)]] = int8_t;
using Sums [[gnu::vector_size(kBlock * sizeof(int16_t))]] = int16_t;

constexpr std::array kNames = std::to_array<std::pair<std::string_view, Writing>>({
    {"latin", Writing::kLatin},
    {"cyrillic", Writing::kCyrillic},
    {"arabic", Writing::kArabic},
    {"devanagari", Writing::kDevanagari},
    {"han", Writing::kHan},
});

// Rolling, so that the hashes of all n-grams that begin at a letter cost one round each.
uint64_t roll(uint64_t hash, char32_t letter) {
  hash = (hash ^ letter) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

uint32_t tag_of(uint64_t hash) {
  return static_cast<uint32_t>(hash >> 32) | 1;
}

int8_t weight_of(char letter) {
  if (letter == '.') return 0;
  const int step = letter >= 'a' ? letter - 'a' + 1 : letter - 'A' + 1;
  const int size = (step * (step + 16) + 5) / 10;
  return static_cast<int8_t>(letter >= 'a' ? -size : size);
}

Writing writing_named(std::string_view name) {
  const auto* const found = std::ranges::find(kNames, name, &std::pair<std::string_view, Writing>::first);
  return found == kNames.end() ? Writing::kNone : found->second;
}

template <size_t kBlocks>
void add_up(std::span<const int8_t* const> rows, LanguageGroup::Scores& scores) {
  std::array<Sums, kBlocks> sums{};
  for (const int8_t* row : rows) {
    for (size_t block = 0; block < kBlocks; ++block) {
      Weights weights;
      std::memcpy(&weights, row + block * kBlock, sizeof weights);
      sums[block] += __builtin_convertvector(weights, Sums);
    }
  }
  std::memcpy(scores.data(), sums.data(), sizeof sums);
}

struct GroupLines {
  std::string_view legend;
  std::vector<LanguageGroup::Line> lines;
};

void read(std::string_view text, std::map<Writing, GroupLines>& groups) {
  GroupLines* group = nullptr;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("@ ")) {
      const size_t space = line.find(' ', 2);
      group = &groups[writing_named(line.substr(2, space - 2))];
      group->legend = line.substr(space);
    } else if (group != nullptr && !line.empty() && line[0] != '#') {
      const size_t space = line.find(' ');
      group->lines.push_back({line.substr(0, space), line.substr(space + 1)});
    }
  }
}

}  // namespace

LanguageGroup::LanguageGroup(std::string_view legend, std::span<const Line> lines) {
  for (size_t at = legend.find('='); at != std::string_view::npos; at = legend.find('=', at + 1)) {
    place_[static_cast<unsigned char>(legend[at - 1])] = languages_.size();
    languages_.emplace_back(legend.substr(at + 1, legend.find(' ', at) - at - 1));
  }
  width_ = languages_.size() <= kBlock ? kBlock : kMostLanguages;
  rows_.reserve((lines.size() + 1) * width_);
  rows_.resize(width_);
  slots_.resize(std::bit_ceil(lines.size() * 2 + 2));
  for (const Line& line : lines) insert(line);
}

LanguageGroup::Slot& LanguageGroup::slot_for(uint64_t hash) {
  size_t at = hash & (slots_.size() - 1);
  while (slots_[at].tag != 0 && slots_[at].tag != tag_of(hash)) at = (at + 1) & (slots_.size() - 1);
  slots_[at].tag = tag_of(hash);
  return slots_[at];
}

const LanguageGroup::Slot* LanguageGroup::find(uint64_t hash) const {
  size_t at = hash & (slots_.size() - 1);
  while (slots_[at].tag != 0) {
    if (slots_[at].tag == tag_of(hash)) return &slots_[at];
    at = (at + 1) & (slots_.size() - 1);
  }
  return nullptr;
}

// Every beginning of an n-gram gets a slot too, so that a search may stop at the first one that has none.
void LanguageGroup::insert(const Line& line) {
  uint64_t hash = 0;
  for (size_t pos = 0; pos < line.gram.size();) {
    if (pos > 0) slot_for(hash).longer = 1;
    hash = roll(hash, next_character(line.gram, pos));
  }
  slot_for(hash).row = static_cast<uint32_t>(rows_.size() / width_) & 0x7fffffff;
  const size_t row = rows_.size();
  rows_.resize(row + width_);
  if (line.weights.starts_with('=')) {
    for (size_t i = 1; i < line.weights.size(); ++i) rows_[row + i - 1] = weight_of(line.weights[i]);
    return;
  }
  for (size_t i = 0; i + 1 < line.weights.size(); i += 2) {
    rows_[row + place_[static_cast<unsigned char>(line.weights[i])]] = weight_of(line.weights[i + 1]);
  }
}

// The slots and the rows lie anywhere in a few megabytes, and waiting for them is most of the work: so all are asked
// for before the first is looked at.
size_t LanguageGroup::known_rows(std::span<const char32_t> padded, Rows& rows) const {
  std::array<uint64_t, kMostCharacters * kLongestGram> hashes;
  for (size_t start = 0; start < padded.size(); ++start) {
    uint64_t hash = 0;
    const size_t grams = std::min(kLongestGram, padded.size() - start);
    for (size_t i = 0; i < grams; ++i) {
      hash = roll(hash, padded[start + i]);
      hashes[start * kLongestGram + i] = hash;
      if (i > 0) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
    }
  }
  size_t known = 0;
  for (size_t start = 0; start < padded.size(); ++start) {
    const size_t grams = std::min(kLongestGram, padded.size() - start);
    for (size_t i = 0; i < grams; ++i) {
      const Slot* slot = find(hashes[start * kLongestGram + i]);
      if (slot == nullptr) break;
      if (slot->row != 0) {
        rows[known] = &rows_[slot->row * width_];
        __builtin_prefetch(rows[known++]);
      }
      if (slot->longer == 0) break;
    }
  }
  return known;
}

size_t LanguageGroup::score(std::span<const char32_t> padded, Scores& scores) const {
  static_assert(kMostLanguages == 3 * kBlock);
  Rows rows;
  const size_t known = known_rows(padded.first(std::min(padded.size(), kMostCharacters)), rows);
  scores.fill(0);
  width_ == kBlock ? add_up<1>(std::span(rows).first(known), scores) : add_up<3>(std::span(rows).first(known), scores);
  return known;
}

const LanguageTable& LanguageTable::standard() {
  static const LanguageTable table(std::array{embedded::language_latin_1(), embedded::language_latin_2(),
                                              embedded::language_latin_3(), embedded::language_other()});
  return table;
}

LanguageTable::LanguageTable(std::span<const std::string_view> texts) {
  std::map<Writing, GroupLines> groups;
  for (const std::string_view text : texts) read(text, groups);
  for (const auto& [writing, lines] : groups) {
    groups_[static_cast<size_t>(writing)] = std::make_unique<LanguageGroup>(lines.legend, lines.lines);
  }
}

}  // namespace gleaner::enrich
