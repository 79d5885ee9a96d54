#include "enrich/matcher_filter.h"

#include <algorithm>
#include <string>

#include "enrich/matcher_text.h"

namespace gleaner::enrich {
namespace {

constexpr size_t kHalfBytes = 4;
constexpr size_t kPairBytes = 2;

// 64 bits for each, but no more than stays in the processor's nearer caches.
int bits_for(size_t expected) {
  return std::clamp(static_cast<int>(std::bit_width(expected * 64)), 12, 20);
}

}  // namespace

BitTable::BitTable(size_t expected) : shift_(64 - bits_for(expected)), bits_((size_t{1} << bits_for(expected)) / 64) {}

// Tries out all spellings of a pattern.
class StartFilter::KeyFinder {
 public:
  KeyFinder(const PatternStart& pattern, std::vector<Key>& keys) : pattern_(pattern), keys_(keys), first_(keys.size()) {
    extend({}, 0);
  }

 private:
  enum class Kind { kAlphanumeric, kMultibyte, kOther };
  // A pattern with more keys than this has no need of long ones.
  static constexpr size_t kEnough = 64;

  static Kind kind_of(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return Kind::kMultibyte;
    return text_internal::kAscii.alphanumeric[byte] ? Kind::kAlphanumeric : Kind::kOther;
  }

  // How many bytes of `raw` are part of its key.
  static size_t run_of(std::string_view raw) {
    if (kind_of(raw[0]) == Kind::kOther) return std::min<size_t>(2, raw.size());
    const auto other = std::ranges::find_if(raw, [&](char c) { return kind_of(c) != kind_of(raw[0]); });
    return std::min<size_t>(kKeyBytes, static_cast<size_t>(other - raw.begin()));
  }

  // Whether bytes behind `raw` can still change its key.
  static bool is_complete(std::string_view raw) {
    if (raw.empty()) return false;
    return kind_of(raw[0]) == Kind::kOther ? raw.size() >= 2 : raw.size() >= kKeyBytes || run_of(raw) < raw.size();
  }

  void extend(const std::string& raw, size_t next) {
    const bool at_end = next == pattern_.characters.size();
    if (is_complete(raw)) {
      put(raw, kKeyBytes);
    } else if (at_end && !pattern_.is_free_end && kind_of(raw[0]) == Kind::kAlphanumeric) {
      end_run(raw, next);
    } else if (raw.size() >= kHalfBytes && (at_end || keys_.size() - first_ > kEnough)) {
      put(raw, raw.size());
    } else if (at_end && raw.size() == kPairBytes) {
      put(raw, kPairBytes);
    } else if (at_end) {
      follow(raw);
    } else if (pattern_.any_white && pattern_.characters[next] == U' ') {
      if (!raw.empty() && kind_of(raw[0]) == Kind::kAlphanumeric) return end_run(raw, next + 1);
      for (const std::string& white : white_spellings()) extend(raw + white, next + 1);
    } else {
      for (const std::string& spelling : spellings(pattern_.characters[next])) {
        const bool only_upper = spelling[0] >= 'A' && spelling[0] <= 'Z';
        if (!only_upper) extend(raw + spelling, next + 1);
      }
    }
  }

  // What is no letter or digit of ASCII comes next, be it ASCII or not.
  void end_run(const std::string& raw, size_t next) {
    extend(raw + ' ', next);
    extend(raw + '\x80', next);
  }

  void put(std::string raw, size_t known) {
    const uint64_t alike = kind_of(raw[0]) == Kind::kOther ? 0 : (uint64_t{1} << run_of(raw)) - 1;
    raw.resize(std::max(raw.size(), kKeyBytes));
    keys_.push_back({key_of(raw.data(), alike), first_bytes(known)});
  }

  // The pattern is at its end: what may come then?
  void follow(const std::string& raw) {
    const Kind kind = kind_of(raw[0]);
    for (unsigned byte = 0x20; byte < 0x100; byte = (byte + 1) | 0x20) {
      const char c = static_cast<char>(byte);
      const bool ends_run = kind != Kind::kOther && kind_of(c) != kind;
      const bool ends_word = kind_of(c) != Kind::kAlphanumeric;
      if (!ends_run && (pattern_.is_free_end || ends_word)) extend(raw + c, pattern_.characters.size());
    }
    if (kind == Kind::kAlphanumeric) end_run(raw, pattern_.characters.size());
    if (kind == Kind::kMultibyte) extend(raw + ' ', pattern_.characters.size());
  }

  static const std::vector<std::string>& white_spellings() {
    static const std::vector<std::string> all = [] {
      std::vector<std::string> made;
      for (char32_t c = 1; c <= 0x3000; ++c) {
        if (is_white(c)) made.push_back(spellings(c).back());
      }
      return made;
    }();
    return all;
  }

  const PatternStart& pattern_;
  std::vector<Key>& keys_;
  size_t first_;  // of this pattern
};

std::vector<StartFilter::Key> StartFilter::find_keys(const std::vector<PatternStart>& patterns) {
  std::vector<Key> keys;
  for (const PatternStart& pattern : patterns) KeyFinder(pattern, keys);
  return keys;
}

StartFilter::StartFilter(const std::vector<PatternStart>& patterns) : StartFilter(find_keys(patterns)) {}

StartFilter::StartFilter(const std::vector<Key>& keys)
    : pairs_(keys.size()), halves_(keys.size()), keys_(keys.size()), known_(std::bit_ceil(2 * keys.size() + 1)) {
  for (const Key& key : keys) {
    if (key.known == first_bytes(kPairBytes)) {
      has_pairs_ = true;
      pairs_.add(static_cast<uint16_t>(key.bytes));
      continue;
    }
    Half& slot = known_[slot_of(static_cast<uint32_t>(key.bytes))];
    slot = {static_cast<uint32_t>(key.bytes), slot.known == 0 ? key.known : slot.known & key.known};
    halves_.add(slot.half);
  }
  for (const Key& key : keys) keys_.add(key.bytes & known_[slot_of(static_cast<uint32_t>(key.bytes))].known);
}

size_t StartFilter::slot_of(uint32_t half) const {
  size_t slot = (half * 0x9E3779B97F4A7C15U >> 32) & (known_.size() - 1);
  while (known_[slot].known != 0 && known_[slot].half != half) slot = (slot + 1) & (known_.size() - 1);
  return slot;
}

}  // namespace gleaner::enrich
