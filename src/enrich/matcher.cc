// How it works. Most words of a text begin no pattern, so the work is to pass over them. The text is sorted 64 bytes at
// a time into bit masks (matcher_block.h); from those comes a mask of the places where a pattern may begin. A filter
// over the first bytes of each (matcher_filter.h) leaves about one word in a hundred, which is walked through a trie of
// folded characters.
//
// bench/enrich compares this with an Aho-Corasick automaton, which waits for memory once per byte whatever the text.
#include "enrich/matcher.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "enrich/matcher_text.h"

namespace gleaner::enrich {
namespace {

// The last bytes of a block only say what follows the ones before them, for their keys.
constexpr size_t kStep = kBlock - kKeyBytes;
constexpr uint64_t kOwn = (uint64_t{1} << kStep) - 1;

// A cut-off text keeps this many bytes beyond what is looked at: there is a whole character in them, which is what
// decides on a boundary, even where another one did not fit.
constexpr size_t kContext = 8;
constexpr size_t kLongestSpelling = 3;  // of a character that has one byte in a pattern: k, as the Kelvin sign
constexpr size_t kMaxReach = kLongestSpelling * kMaxPatternBytes;

consteval ByteClass make_class(const std::array<bool, 128>& members) {
  ByteClass made;
  for (unsigned char c = 0; c < 128; ++c) {
    if (members[c]) made.add(c);
  }
  return made;
}

consteval ByteClass make_white_leads() {
  ByteClass made;
  for (const char lead : {'\xC2', '\xE1', '\xE2', '\xE3'}) made.add(static_cast<unsigned char>(lead));
  return made;
}

constexpr ByteClass kLetters = make_class(text_internal::kAscii.alphanumeric);
constexpr ByteClass kWhite = make_class(text_internal::kAscii.white);
constexpr ByteClass kWhiteLeads = make_white_leads();

// White space that is not ASCII and begins in this block, as far as it lies in it.
uint64_t wide_white(const BlockReader& block, const char* at, const char* end) {
  uint64_t mask = 0;
  for (uint64_t leads = block.multibyte(kWhiteLeads); leads != 0; leads &= leads - 1) {
    const int bit = std::countr_zero(leads);
    const Character c = read_character(at + bit, end);
    if (is_white(c.folded)) mask |= ((uint64_t{1} << c.size) - 1) << bit;
  }
  return mask;
}

const char* skip_white(const char* at, const char* end) {
  while (at < end) {
    const Character c = read_character(at, end);
    if (!is_white(c.folded)) break;
    at += c.size;
  }
  return at;
}

}  // namespace

// ------------------------------------------------------------------------------------------------------- patterns

struct Matcher::Parsed {
  std::u32string characters;  // folded; a run of white space is one space in Mode::kWord
  bool free_start = true;     // need not begin where a word begins
  bool free_end = true;
  bool has_white = false;
  bool any_white = false;  // a space stands for all white space
};

Matcher::Parsed Matcher::parse(std::string_view pattern, Mode mode) {
  Parsed parsed;
  parsed.any_white = mode == Mode::kWord;
  if (parsed.any_white) pattern = trim(pattern);
  const bool open_start = pattern.starts_with('*');
  if (open_start) pattern.remove_prefix(1);
  const bool open_end = pattern.ends_with('*');
  if (open_end) pattern.remove_suffix(1);
  for (const char *at = pattern.data(), *const end = at + pattern.size(); at < end;) {
    const Character c = read_character(at, end);
    at += c.size;
    const bool white = is_white(c.folded);
    parsed.has_white |= white;
    if (!white || !parsed.any_white) {
      parsed.characters += c.folded;
    } else if (!parsed.characters.ends_with(U' ')) {
      parsed.characters += U' ';
    }
  }
  if (mode == Mode::kWord && !parsed.characters.empty()) {
    parsed.free_start = open_start || !is_word(parsed.characters.front());
    parsed.free_end = open_end || !is_word(parsed.characters.back());
  }
  return parsed;
}

Status Matcher::check(std::string_view pattern, Mode mode) {
  const auto wrong = [](std::string what) { return fail(Code::kInvalidArgument, std::move(what)); };
  if (pattern.size() > kMaxPatternBytes)
    return wrong(fmt::format("a pattern has {} bytes at most, this one has {}", kMaxPatternBytes, pattern.size()));
  const Parsed parsed = parse(pattern, mode);
  if (parsed.characters.empty()) return wrong("a pattern that is empty would be found everywhere");
  if (parsed.characters.find(U'*') != std::u32string::npos)
    return wrong("\"*\" can stand only once at the start and once at the end of a pattern");
  if (mode == Mode::kWord && (parsed.characters.front() == U' ' || parsed.characters.back() == U' '))
    return wrong("between \"*\" and a word there can be no space: boundaries of words are found without");
  for (const char32_t c : parsed.characters) {
    if ((c < 32 && !is_white(c)) || c == 127) return wrong("a pattern has no control characters");
    if (is_raw_byte(c)) return wrong("a pattern is UTF-8 text");
  }
  return {};
}

std::string Matcher::canonical(std::string_view pattern, Mode mode) {
  const Parsed parsed = parse(pattern, mode);
  std::string text;
  if (parsed.free_start && is_word(parsed.characters.front()) && mode == Mode::kWord) text += '*';
  for (const char32_t c : parsed.characters) text += spellings(c).back();
  if (parsed.free_end && is_word(parsed.characters.back()) && mode == Mode::kWord) text += '*';
  return text;
}

// ------------------------------------------------------------------------------------------------------- compiling

Matcher::Matcher(std::span<const std::string> patterns, Mode mode) : Matcher(parse_all(patterns, mode), mode) {}

Matcher::Matcher(const std::vector<Parsed>& patterns, Mode mode)
    : mode_(mode), nodes_(3), edges_(64), filter_(starts_of(patterns)) {
  for (size_t i = 0; i < patterns.size(); ++i) {
    add(patterns[i], static_cast<int32_t>(i));
    add_starts(patterns[i]);
  }
}

std::vector<Matcher::Parsed> Matcher::parse_all(std::span<const std::string> patterns, Mode mode) {
  std::vector<Parsed> parsed;
  for (const std::string& pattern : patterns) {
    assert(check(pattern, mode));
    parsed.push_back(parse(pattern, mode));
  }
  return parsed;
}

std::vector<PatternStart> Matcher::starts_of(const std::vector<Parsed>& patterns) {
  std::vector<PatternStart> starts;
  for (const Parsed& pattern : patterns) starts.push_back({pattern.characters, pattern.free_end, pattern.any_white});
  return starts;
}

void Matcher::add(const Parsed& pattern, int32_t index) {
  uint32_t node = pattern.free_start ? kFree : kBound;
  size_t bytes = 0;
  for (const char32_t c : pattern.characters) {
    node = make_child(node, c);
    size_t longest = 0;
    for (const std::string& spelling : spellings(c)) longest = std::max(longest, spelling.size());
    bytes += longest;
  }
  (pattern.free_end ? nodes_[node].free : nodes_[node].bound) = index;
  has_free_ |= pattern.free_start;
  has_white_start_ |= is_white(pattern.characters.front());
  if (pattern.has_white) reach_ = std::max(reach_, bytes);
}

void Matcher::add_starts(const Parsed& pattern) {
  for (const std::string& spelling : spellings(pattern.characters.front())) {
    const auto first = static_cast<unsigned char>(spelling[0]);
    (pattern.free_start ? free_starts_ : bound_starts_).add(first);
  }
}

size_t Matcher::slot_of(uint32_t node, char32_t character) const {
  const uint64_t hash = (uint64_t{node} << 32 | character) * 0x9E3779B97F4A7C15U;
  size_t slot = (hash >> 32) & (edges_.size() - 1);
  while (edges_[slot].from != 0 && (edges_[slot].from != node || edges_[slot].character != character))
    slot = (slot + 1) & (edges_.size() - 1);
  return slot;
}

inline uint32_t Matcher::child(uint32_t node, char32_t character) const {
  return edges_[slot_of(node, character)].to;
}

uint32_t Matcher::make_child(uint32_t node, char32_t character) {
  if (const uint32_t known = child(node, character); known != 0) return known;
  if (nodes_.size() * 2 > edges_.size()) grow_edges();
  const auto made = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back();
  edges_[slot_of(node, character)] = {node, made, character};
  return made;
}

void Matcher::grow_edges() {
  const std::vector<Edge> old = std::exchange(edges_, std::vector<Edge>(edges_.size() * 2));
  for (const Edge& edge : old) {
    if (edge.from != 0) edges_[slot_of(edge.from, edge.character)] = edge;
  }
}

// ------------------------------------------------------------------------------------------------------- finding

Matcher::Scan Matcher::find(std::string_view text, PatternSet& found) const {
  const char* const end = text.data() + text.size();
  return scan({text.data(), end}, text.data(), end, found);
}

// Words, and the patterns that begin from `first` to before `last`.
Matcher::Scan Matcher::scan(Text text, const char* first, const char* last, PatternSet& found) const {
  Scan result{.words = 0, .is_open = has_white_start_};
  uint64_t letter_before = 0;
  uint64_t white_before = 1;
  uint64_t spilled = 0;  // white space that began in the block before
  std::array<char, kBlock> padded;
  for (const char* at = text.begin; at < text.end; at += kStep) {
    const char* bytes = at;
    if (text.end - at < static_cast<ptrdiff_t>(kBlock)) {
      padded.fill(' ');
      std::copy(at, text.end, padded.data());
      bytes = padded.data();
    }
    const BlockReader block(bytes);
    const uint64_t multibyte = block.multibyte();
    const uint64_t letters = block.ascii(kLetters);
    uint64_t white = block.ascii(kWhite) | spilled;
    const uint64_t in_word = letters << 1 | letter_before;  // not all: what follows a multibyte letter is seen later
    uint64_t starts = (block.ascii(bound_starts_) & ~in_word) | block.ascii(free_starts_);
    if (multibyte != 0) {
      white |= wide_white(block, at, text.end);
      starts |= (block.multibyte(bound_starts_) & ~in_word) | block.multibyte(free_starts_);
    }
    result.words += static_cast<size_t>(std::popcount(~white & (white << 1 | white_before) & kOwn));
    spilled = white >> kStep;
    white_before = white >> (kStep - 1) & 1;
    letter_before = letters >> (kStep - 1) & 1;
    starts &= kOwn;
    if (at < first) starts &= first - at < static_cast<ptrdiff_t>(kBlock) ? ~uint64_t{0} << (first - at) : 0;
    if (last - at < static_cast<ptrdiff_t>(kBlock)) starts &= last <= at ? 0 : (uint64_t{1} << (last - at)) - 1;
    result.is_open |= try_places({bytes, starts, letters, multibyte}, text, at, found);
  }
  return result;
}

// First puts down every place and keeps it by counting on: which of them pass is not to be foreseen, and a branch on it
// would cost more than all the rest.
bool Matcher::try_places(const Places& places, Text text, const char* block, PatternSet& found) const {
  const auto key_at = [&](int bit) {
    const bool is_multibyte = (places.multibyte >> bit & 1) != 0;
    return key_of(places.bytes + bit, (is_multibyte ? places.multibyte : places.letters) >> bit);
  };
  std::array<int, kBlock> passed;
  size_t count = 0;
  for (uint64_t starts = places.starts; starts != 0; starts &= starts - 1) {
    passed[count] = std::countr_zero(starts);
    count += filter_.may_pass(key_at(passed[count]));
  }
  bool is_open = false;
  for (size_t i = 0; i < count; ++i) {
    if (filter_.passes(key_at(passed[i]))) is_open |= try_at(text, block + passed[i], found);
  }
  return is_open;
}

// Whether a pattern may have begun here that goes on behind the text.
bool Matcher::try_at(Text text, const char* at, PatternSet& found) const {
  bool is_open = false;
  const bool starts_word =
      at == text.begin || !is_word(read_character(at - size_before(text.begin, at), text.end).folded);
  if (starts_word) is_open |= walk(kBound, text, at, found);
  if (has_free_) is_open |= walk(kFree, text, at, found);
  return is_open;
}

bool Matcher::walk(uint32_t node, Text text, const char* at, PatternSet& found) const {
  bool white = false;
  while (at < text.end) {
    Character c = read_character(at, text.end);
    at += c.size;
    white = mode_ == Mode::kWord && is_white(c.folded);
    if (white) {
      c.folded = U' ';
      at = skip_white(at, text.end);
    }
    node = child(node, c.folded);
    if (node == 0) return false;
    const Node& here = nodes_[node];
    if (here.free >= 0) found.add(static_cast<size_t>(here.free));
    if (here.bound >= 0 && (at == text.end || !is_word(read_character(at, text.end).folded)))
      found.add(static_cast<size_t>(here.bound));
  }
  return white || child(node, U' ') != 0;
}

// The end of one text, a space and the start of the other are put into one small buffer, in Mode::kWord with white
// space already collapsed, since a run of it has no bound.
void Matcher::find_across(std::string_view before, std::string_view after, PatternSet& found) const {
  if (reach_ == 0) return;
  const size_t side = reach_ + kContext;
  std::array<char, 2 * (kMaxReach + kContext) + 1> buffer;
  const bool collapse = mode_ == Mode::kWord;
  char* const seam = buffer.data() + side;
  *seam = ' ';

  char* begin = seam;
  const char* const before_begin = before.data();
  const char* from = before_begin + before.size();
  while (from > before_begin && begin > buffer.data()) {
    const uint32_t size = size_before(before_begin, from);
    const bool white = collapse && is_white(read_character(from - size, from).folded);
    if (!white && static_cast<size_t>(begin - buffer.data()) < size) break;
    from -= size;
    if (!white) {
      begin -= size;
      std::copy_n(from, size, begin);
    } else if (*begin != ' ') {
      *--begin = ' ';
    }
  }

  char* end = seam + 1;
  const char* const buffer_end = end + side;
  const char* at = after.data();
  const char* const after_end = at + after.size();
  while (at < after_end) {
    const Character c = read_character(at, after_end);
    const bool white = collapse && is_white(c.folded);
    if (buffer_end - end < (white ? 1 : static_cast<ptrdiff_t>(c.size))) break;
    if (!white) {
      end = std::copy_n(at, c.size, end);
    } else if (end[-1] != ' ') {
      *end++ = ' ';
    }
    at += c.size;
  }
  scan({begin, end}, std::max(begin, seam - reach_), seam + 1, found);
}

}  // namespace gleaner::enrich
