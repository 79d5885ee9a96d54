// Words of a language, drawn from its n-gram counts: what the table is trained on in place of text, of which none is
// needed or kept.
//
// The counts are of letters inside words (extract.py) and say nothing of where words begin and end, but nothing is cut
// off, so differences do: a run g begins a word count(g) - sum over x of count(xg) times, ends one count(g) - sum of
// count(gx) times, and is a whole word, while it has three letters or fewer, as often as it begins one less the runs gx
// that do. A word is drawn letter by letter: the first four by how words begin, later ones by the four before them.
//
// One thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gleaner::maker {

using Word = std::u32string;

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  double uniform();  // [0, 1)
  size_t below(size_t limit);
  bool chance(double probability) { return uniform() < probability; }

 private:
  uint64_t state_;
};

class Words {
 public:
  // Reads a file of extract.py. Throws std::runtime_error if it cannot.
  explicit Words(const std::string& path);

  // One word, frequent ones more often.
  Word draw(Random& random) const;

 private:
  // What may follow a context, which is the first 0 to 3 letters of a word, or any 4: letters, or 0 for the end of the
  // word, with running totals of how often. All in flat arrays: most of the maker's time goes into this.
  struct Choice {
    char32_t letter;
    uint32_t total;
  };
  struct Context {
    uint64_t hash = 0;
    uint32_t first = 0;
    uint32_t count = 0;  // 0: an empty slot
  };
  using Counts = std::unordered_map<Word, int64_t>;
  struct Next {
    std::vector<std::pair<char32_t, int64_t>> letters;
    int64_t end = 0;
  };
  using Nexts = std::unordered_map<Word, Next>;

  static void add_beginnings(const std::vector<Counts>& counts, Nexts& nexts);
  static void add_insides(const std::vector<Counts>& counts, Nexts& nexts);
  void fill(Nexts nexts);
  char32_t next(std::u32string_view context, Random& random) const;

  std::vector<Context> contexts_;
  std::vector<Choice> choices_;
};

std::string to_utf8(const Word& word);
Word from_utf8(std::string_view text);

}  // namespace gleaner::maker
