// Which of many patterns occur in a text, found in one pass. Case does not matter (see matcher_text.h for letters
// beyond ASCII).
//
// Mode::kWord: a pattern that begins with a word character is found only where a word begins, one that ends with a word
// character only where a word ends. A "*" at its start or end lifts that: "roof*" finds "roofing", "*proof*" finds
// "waterproofed". A space stands for any run of white space.
// Mode::kAnywhere: a pattern is found wherever it stands, as by Python's `in`; white space stands for itself, and a "*"
// at either end says nothing new.
//
// Time is linear in the text, at worst times the longest pattern; nothing is allocated for it. Any bytes are accepted.
// Thread contract: immutable once made, safe from any thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "enrich/matcher_block.h"
#include "enrich/matcher_filter.h"

namespace gleaner::enrich {

inline constexpr size_t kMaxPatternBytes = 200;

// A set of small numbers, made for the indices of patterns. Up to 512 allocate nothing.
class PatternSet {
 public:
  explicit PatternSet(size_t count) : words_((count + 63) / 64), more_(words_ > kInline ? words_ : 0) {}
  void add(size_t index) { words()[index / 64] |= uint64_t{1} << (index % 64); }
  bool contains(size_t index) const { return (words()[index / 64] >> (index % 64) & 1) != 0; }
  int64_t size() const {
    int64_t count = 0;
    for (size_t i = 0; i < words_; ++i) count += std::popcount(words()[i]);
    return count;
  }
  // Calls `use(index)` for each, smallest first.
  template <typename Use>
  void for_each(Use use) const {
    for (size_t i = 0; i < words_; ++i) {
      for (uint64_t left = words()[i]; left != 0; left &= left - 1)
        use(i * 64 + static_cast<size_t>(std::countr_zero(left)));
    }
  }

 private:
  static constexpr size_t kInline = 8;
  uint64_t* words() { return more_.empty() ? inline_.data() : more_.data(); }
  const uint64_t* words() const { return more_.empty() ? inline_.data() : more_.data(); }

  size_t words_;
  std::array<uint64_t, kInline> inline_{};
  std::vector<uint64_t> more_;
};

class Matcher {
 public:
  enum class Mode { kWord, kAnywhere };

  // Whether a pattern can be used, with what is wrong with it.
  static Status check(std::string_view pattern, Mode mode);

  // What the pattern looks for, in one spelling: two patterns with the same find the same. For one that passed check().
  static std::string canonical(std::string_view pattern, Mode mode);

  // Patterns must have passed check() and differ in their canonical spelling.
  Matcher(std::span<const std::string> patterns, Mode mode);

  struct Scan {
    size_t words = 0;      // as len(text.split()) in Python
    bool is_open = false;  // a pattern may have begun that goes on behind the text: see find_across
  };
  // Adds the patterns that occur in `text`.
  Scan find(std::string_view text, PatternSet& found) const;

  // Adds the patterns that begin in `before` and end in `after` when one space is put between the two. Together with
  // find() on each this is find() on `before + " " + after`. Needed only if the scan of `before` is open.
  void find_across(std::string_view before, std::string_view after, PatternSet& found) const;

 private:
  // The patterns that end at a node of a trie: the one that needs the end of a word there, and the one that does not;
  // -1 for none.
  struct Node {
    int32_t bound = -1;
    int32_t free = -1;
  };
  struct Edge {
    uint32_t from = 0;  // 0 for a free slot: node 0 is nothing, and nothing leaves it
    uint32_t to = 0;
    char32_t character = 0;
  };
  struct Parsed;
  struct Text {
    const char* begin;
    const char* end;
  };
  static constexpr uint32_t kBound = 1;  // root of the patterns that begin where a word begins
  static constexpr uint32_t kFree = 2;   // root of the others

  Matcher(const std::vector<Parsed>& patterns, Mode mode);
  static Parsed parse(std::string_view pattern, Mode mode);
  static std::vector<Parsed> parse_all(std::span<const std::string> patterns, Mode mode);
  static std::vector<PatternStart> starts_of(const std::vector<Parsed>& patterns);
  void add(const Parsed& pattern, int32_t index);
  void add_starts(const Parsed& pattern);
  uint32_t child(uint32_t node, char32_t character) const;
  uint32_t make_child(uint32_t node, char32_t character);
  size_t slot_of(uint32_t node, char32_t character) const;
  void grow_edges();

  Scan scan(Text text, const char* first, const char* last, PatternSet& found) const;
  // Places in a block where a pattern may begin, and what is needed to look at them closer.
  struct Places {
    const char* bytes;
    uint64_t starts;
    uint64_t letters;
    uint64_t multibyte;
  };
  bool try_places(const Places& places, Text text, const char* block, PatternSet& found) const;
  bool try_at(Text text, const char* at, PatternSet& found) const;
  bool walk(uint32_t node, Text text, const char* at, PatternSet& found) const;
  Mode mode_;
  bool has_free_ = false;
  bool has_white_start_ = false;
  size_t reach_ = 0;  // most bytes that a pattern with a space in it takes of a text; 0 if there is none
  ByteClass bound_starts_;
  ByteClass free_starts_;
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;  // open addressing; a power of two, at most half full
  StartFilter filter_;
};

}  // namespace gleaner::enrich
