#include "privacy/detect/identifier_label.h"

#include <algorithm>
#include <array>
#include <span>

#include "privacy/detect/identifier_words.h"

namespace gleaner::privacy {
namespace {

constexpr size_t kLead = 72;       // bytes before the number that are read
constexpr size_t kMostWords = 8;   // of them
constexpr size_t kMostToken = 36;  // bytes
constexpr size_t kManyDigits = 8;  // so many are hardly a count of something

constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}

constexpr bool in_word(char c) {
  return is_alnum(c) || static_cast<unsigned char>(c) >= 0x80;
}

// The words before a number, the nearest first, in lower case and without apostrophes; in the member's name too, if
// nothing but quotes stands between. Read as far as is asked for: most often the nearest word settles it.
class Lead {
 public:
  Lead(const Passage& passage, size_t begin) {
    const size_t first = begin > kLead ? begin - kLead : 0;
    const std::string_view before = passage.text.substr(first, begin - first);
    if (before.find_first_not_of(" \t\r\n\"'`*#([") == std::string_view::npos) {
      add_key(passage.key);
      mark_ = true;
    } else {
      add_text(before);
    }
    rest_ = size_;
  }
  Lead(const Lead&) = delete;
  Lead& operator=(const Lead&) = delete;

  // Empty if there is no such word.
  std::string_view operator[](size_t at) {
    while (count_ <= at && count_ < kMostWords && read()) {
    }
    return at < count_ ? words_[at] : std::string_view{};
  }
  // Whether ":", "=" or "#" stands between, or it is the member's value.
  bool mark() {
    (*this)[0];
    return mark_;
  }

 private:
  void put(char c) {
    if (size_ < buffer_.size()) buffer_[size_++] = c;
  }

  void add_key(std::string_view key) {
    key = key.substr(key.size() > kLead ? key.size() - kLead : 0);
    for (size_t at = 0; at < key.size(); ++at) {
      if (at > 0 && is_upper(key[at]) && !is_upper(key[at - 1])) put(' ');
      put(lower(key[at]));
    }
  }

  void add_text(std::string_view before) {
    constexpr std::string_view kQuote = "\u2019";
    for (size_t at = 0; at < before.size(); ++at) {
      if (before[at] == '\'') continue;
      if (before[at] == kQuote[0] && before.substr(at).starts_with(kQuote)) {
        at += kQuote.size() - 1;
        continue;
      }
      put(lower(before[at]));
    }
  }

  // One word more, backwards; a sentence that ended is no longer heard, unless the full stop is an abbreviation's
  // ("no.", "acct.").
  bool read() {
    size_t end = rest_;
    bool stopped = false;
    for (; end > 0 && !in_word(buffer_[end - 1]); --end) {
      const char c = buffer_[end - 1];
      if (c == '!' || c == '?' || c == ';' || c == '}' || c == '{') end = 1;
      if (c == '.') stopped = true;
      if (count_ == 0 && (c == ':' || c == '=' || c == '#')) mark_ = true;
    }
    size_t begin = end;
    while (begin > 0 && in_word(buffer_[begin - 1])) --begin;
    rest_ = stopped && end - begin > 4 ? 0 : begin;
    if (end == 0 || (stopped && rest_ == 0 && end - begin > 4)) return false;
    words_[count_++] = {buffer_.data() + begin, end - begin};
    return true;
  }

  std::array<char, kLead + kLead / 2> buffer_;
  std::array<std::string_view, kMostWords> words_;
  size_t size_ = 0;
  size_t rest_ = 0;  // of the buffer, not read yet
  size_t count_ = 0;
  bool mark_ = false;
};

template <size_t N>
bool among(std::string_view word, const std::string_view (&words)[N]) {
  return std::ranges::find(words, word) != std::end(words);
}

// A set of the first three bytes of words, to pass over most others at once.
class Beginnings {
 public:
  constexpr void add(std::string_view word) { known_[slot(word)] = true; }
  constexpr bool may_have(std::string_view word) const { return known_[slot(word)]; }

  static constexpr size_t kSlots = 4096;
  static constexpr size_t slot(std::string_view word) {
    const auto byte = [&](size_t at) { return at < word.size() ? static_cast<unsigned char>(word[at]) : 0U; };
    return ((byte(0) * 31 + byte(1)) * 31 + byte(2)) % kSlots;
  }

 private:
  std::array<bool, kSlots> known_{};
};

// The last word of each label, which is compared first.
constexpr auto kLastWords = [] {
  std::array<std::string_view, std::size(kLabels)> words;
  for (size_t i = 0; i < words.size(); ++i) words[i] = kLabels[i].phrase.substr(kLabels[i].phrase.rfind(' ') + 1);
  return words;
}();

// The labels by the first three bytes of their last word: the first of each beginning, and the next of the same.
struct LabelChains {
  static constexpr int16_t kEnd = -1;
  std::array<int16_t, Beginnings::kSlots> first{};
  std::array<int16_t, kLastWords.size()> next{};
};
constexpr auto kChains = [] {
  LabelChains chains;
  chains.first.fill(LabelChains::kEnd);
  for (size_t i = kLastWords.size(); i-- > 0;) {
    int16_t& first = chains.first[Beginnings::slot(kLastWords[i])];
    chains.next[i] = first;
    first = static_cast<int16_t>(i);
  }
  return chains;
}();

// Of the words that may stand between a label and its number.
constexpr auto kBetween = [] {
  Beginnings known;
  for (const std::string_view word : kNumbering) known.add(word);
  for (const std::string_view word : kFilling) known.add(word);
  known.add("g");
  return known;
}();

constexpr size_t kGoesOn = 6;

bool same_last(std::string_view word, std::string_view wanted) {
  if (word == wanted) return true;
  if (static_cast<unsigned char>(wanted.front()) >= 0x80) return word.find(wanted) != std::string_view::npos;
  return wanted.size() >= kGoesOn && word.starts_with(wanted);
}

// Whether the words from `at` on (backwards) are the phrase.
bool says(Lead& lead, size_t at, std::string_view phrase) {
  for (bool last = true; !phrase.empty(); last = false, ++at) {
    const size_t space = phrase.rfind(' ');
    const std::string_view wanted = space == std::string_view::npos ? phrase : phrase.substr(space + 1);
    phrase = space == std::string_view::npos ? std::string_view{} : phrase.substr(0, space);
    if (last ? !same_last(lead[at], wanted) : lead[at] != wanted) return false;
  }
  return true;
}

struct Meant {
  const Label* label = nullptr;
  bool numbered = false;
  bool by_id = false;
  bool ending = false;
};

// "Accounts" and "employees" are counted rather than numbered, and an account's "id" is that of a user.
bool means(const Label& label, std::string_view word, const Meant& so_far, size_t digits) {
  if (!label.weak) return true;
  const std::string_view last = label.phrase.substr(label.phrase.rfind(' ') + 1);
  if (last == "account" && so_far.by_id) return false;
  return digits >= kManyDigits ||
         ((so_far.numbered || so_far.ending) && (word == last || static_cast<unsigned char>(last[0]) >= 0x80));
}

// The label that leads up to the number, the longest phrase of those at the nearest word that is one.
Meant meant_by(Lead& lead, size_t digits) {
  Meant meant;
  meant.numbered = lead.mark();
  for (size_t at = 0; at < 6 && !lead[at].empty(); ++at) {
    const std::string_view word = lead[at];
    const auto consider = [&](size_t i) {
      const Label& label = kLabels[i];
      if (!same_last(word, kLastWords[i]) || !says(lead, at, label.phrase) || !means(label, word, meant, digits))
        return;
      if (meant.label == nullptr || label.phrase.size() > meant.label->phrase.size()) meant.label = &label;
    };
    if (static_cast<unsigned char>(word.front()) < 0x80) {
      for (int16_t i = kChains.first[Beginnings::slot(word)]; i != LabelChains::kEnd; i = kChains.next[i]) consider(i);
    } else {
      // A word that is not ASCII may have its label inside.
      for (size_t i = 0; i < kLastWords.size(); ++i) consider(i);
    }
    if (meant.label != nullptr) return meant.label->weak && among(lead[at + 1], kOthers) ? Meant{} : meant;
    if (!kBetween.may_have(word)) return {};
    if (word == "g" && lead[at + 1] == "e") {
      ++at;
    } else if (among(word, kNumbering)) {
      meant.numbered = true;
      meant.by_id |= word.starts_with("id");
    } else if (!among(word, kFilling)) {
      return {};
    }
    if (word == "ending") meant.ending = true;
  }
  return {};
}

struct Span {
  size_t begin;
  size_t end;
};

// Letters and digits joined by "-", "_" or "/", to both sides; groups of digits joined by spaces behind.
Span token_around(std::string_view text, size_t at, size_t from) {
  const auto joins = [&](size_t here) {
    return (text[here] == '-' || text[here] == '_' || text[here] == '/') && here > 0 && here + 1 < text.size() &&
           is_alnum(text[here - 1]) && is_alnum(text[here + 1]);
  };
  Span token{at, at};
  while (token.begin > from && at - token.begin < kMostToken &&
         (is_alnum(text[token.begin - 1]) || joins(token.begin - 1))) {
    --token.begin;
  }
  while (token.end < text.size() && token.end - token.begin <= kMostToken &&
         (is_alnum(text[token.end]) || joins(token.end))) {
    ++token.end;
  }
  const auto run = [&](size_t here) {
    size_t end = here;
    while (end < text.size() && is_digit(text[end])) ++end;
    return end - here;
  };
  if (token.begin != at || run(at) != token.end - at) return token;
  size_t group = token.end - at;
  while (group >= 2 && group <= 6 && token.end - token.begin < 20 && token.end < text.size() &&
         text[token.end] == ' ') {
    group = run(token.end + 1);
    const size_t end = token.end + 1 + group;
    if (group < 2 || group > 6 || (end < text.size() && in_word(text[end]))) break;
    token.end = end;
  }
  return token;
}

bool like_a_date(std::string_view token) {
  if (token.size() < 8 || token.size() > 10) return false;
  const auto digits = std::ranges::count_if(token, is_digit);
  const auto joins = std::ranges::count_if(token, [](char c) { return c == '-' || c == '/'; });
  if (joins != 2 || digits + joins != static_cast<std::ptrdiff_t>(token.size())) return false;
  const auto is_join = [](char c) { return c == '-' || c == '/'; };
  return token.size() >= 5 && ((token.size() > 4 && is_join(token[4])) || is_join(token[token.size() - 5])) &&
         digits <= 8;
}

// "2020-2021"
bool like_years(std::string_view token) {
  if (token.size() != 9 || (token[4] != '-' && token[4] != '/')) return false;
  const auto year = [](std::string_view four) {
    return (four.starts_with("19") || four.starts_with("20")) && std::ranges::all_of(four, is_digit);
  };
  return year(token.substr(0, 4)) && year(token.substr(5));
}

// "act_1234567890": a program's name for an account of its own.
bool like_a_handle(std::string_view token) {
  const size_t joint = token.find('_');
  return joint != std::string_view::npos && joint >= 2 && std::ranges::all_of(token.substr(0, joint), is_lower);
}

// A UUID or digest, which machines give to everything, or zeros, which stand in for a number.
bool like_a_hash(std::string_view token) {
  return token.size() >= 32 && std::ranges::all_of(token, [](char c) { return is_hex(c) || c == '-'; });
}
bool only_zeros(std::string_view token) {
  return token.find_first_of("123456789") == std::string_view::npos;
}

// What follows or precedes directly may make it a price, an address, part of a decimal or of a placeholder.
bool free_around(std::string_view text, Span token) {
  const char before = token.begin > 0 ? text[token.begin - 1] : ' ';
  const char further = token.begin > 1 ? text[token.begin - 2] : ' ';
  const char behind = token.end < text.size() ? text[token.end] : ' ';
  const char after = token.end + 1 < text.size() ? text[token.end + 1] : ' ';
  if (is_alnum(before) || before == '_' || before == '@' || before == '$' || before == '+' || before == '/' ||
      before == '%') {
    return false;
  }
  if ((before == '.' || before == ',') && is_digit(further)) return false;
  if (is_alnum(behind) || behind == '_' || behind == '@' || behind == '%') return false;
  if ((behind == '.' || behind == ',' || behind == ':') && is_digit(after)) return false;
  if (behind == '.' && is_lower(after)) return false;
  return before != '[' || behind != ']';
}

}  // namespace

std::optional<Finding> find_labelled(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  const Span span = token_around(text, at, passage.from);
  const std::string_view token = text.substr(span.begin, span.end - span.begin);
  if (token.size() < 3 || token.size() > kMostToken || !free_around(text, span)) return std::nullopt;
  const auto digits = static_cast<size_t>(std::ranges::count_if(token, is_digit));
  const bool letters = std::ranges::any_of(token, is_letter);
  if (digits < 3 || like_a_date(token) || like_years(token) || like_a_hash(token) || only_zeros(token))
    return std::nullopt;
  if (digits < 5 && !letters && !ends_account(text, at)) return std::nullopt;
  Lead lead(passage, span.begin);
  // A number with strokes in it may be that of a law.
  const Meant meant = meant_by(lead, token.find('/') == std::string_view::npos ? digits : 0);
  if (meant.label == nullptr) return std::nullopt;
  if (meant.label->kind == Kind::kBankAccount && like_a_handle(token)) return std::nullopt;
  const bool enough = digits >= 5 || (letters && (digits >= 4 || (meant.numbered && token.size() >= 8))) ||
                      (meant.ending && meant.label->kind == Kind::kBankAccount);
  if (!enough || (meant.label->detail == "IN_PAN" && !letters)) return std::nullopt;
  return Finding{span.begin, span.end, meant.label->kind, meant.label->detail};
}

bool named_otherwise(const Passage& passage, size_t begin) {
  Lead lead(passage, begin);
  for (size_t at = 0; at < 5 && !lead[at].empty(); ++at) {
    if (among(lead[at], kOthers)) return true;
    if (!among(lead[at], kNumbering) && !among(lead[at], kFilling)) return false;
  }
  return false;
}

bool says_nothing(std::string_view key) {
  static constexpr std::string_view kOpen[] = {"content", "text",   "message",  "messages",   "input", "output",
                                               "answer",  "prompt", "response", "completion", "query", "question"};
  return key.empty() || among(key, kOpen);
}

bool ends_account(std::string_view text, size_t at) {
  if (at < 7) return false;
  std::string_view before = text.substr(at > 16 ? at - 16 : 0, std::min<size_t>(at, 16));
  while (!before.empty() && (before.back() == ' ' || before.back() == '*' || before.back() == ':')) {
    before.remove_suffix(1);
  }
  return before.ends_with("ending in") || before.ends_with("ending with") || before.ends_with("ending");
}

}  // namespace gleaner::privacy
