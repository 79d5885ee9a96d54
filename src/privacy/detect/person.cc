#include "privacy/detect/person.h"

#include <algorithm>
#include <array>

#include "privacy/detect/name_list.h"
#include "privacy/detect/person_words.h"

namespace gleaner::privacy {
namespace {

constexpr size_t kLongestWord = 40;
constexpr size_t kMostWords = 5;

constexpr unsigned char byte(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

// Letters beyond ASCII, whatever their script; punctuation and signs of the Latin-1, general and CJK blocks are none.
size_t letter_size(std::string_view text, size_t at) {
  const unsigned char lead = byte(text, at);
  if (lead < 0x80) return is_letter(static_cast<char>(lead)) ? 1 : 0;
  if (lead >= 0xc3 && lead < 0xe0) return byte(text, at + 1) >= 0x80 ? 2 : 0;
  // Vietnamese and the like.
  if (lead == 0xe1) return byte(text, at + 1) >= 0x80 && byte(text, at + 2) >= 0x80 ? 3 : 0;
  return 0;
}

bool is_capital(std::string_view text, size_t at) {
  const unsigned char lead = byte(text, at);
  const unsigned char next = byte(text, at + 1);
  if (lead < 0x80) return is_upper(static_cast<char>(lead));
  if (lead == 0xc3) return next <= 0x9e;
  if (lead == 0xc4 || lead == 0xc5) {
    // In Latin Extended-A capitals are even, odd from U+0139 to U+0148 and from U+0179 on.
    const unsigned point = (lead & 0x1fU) << 6 | (next & 0x3fU);
    const bool odd = (point >= 0x139 && point <= 0x148) || point >= 0x179;
    return (point % 2 == 1) == odd;
  }
  if (lead == 0xce) return next >= 0x91 && next <= 0xa9;
  if (lead == 0xd0) return next <= 0xaf;
  return false;
}

bool is_arabic(std::string_view text, size_t at) {
  return byte(text, at) >= 0xd8 && byte(text, at) <= 0xdb;
}

// With apostrophes and hyphens within, if a capital follows ("O'Brien", "Jean-Luc") or the hyphen joins ("Ji-hoon").
size_t end_of_word(std::string_view text, size_t at) {
  size_t end = at;
  while (end - at < kLongestWord) {
    const size_t size = letter_size(text, end);
    if (size > 0) {
      end += size;
    } else if (byte(text, end) == '\'' && end - at <= 2 && is_capital(text, end + 1)) {
      ++end;
    } else if (byte(text, end) == '-' && end > at && letter_size(text, end + 1) > 0) {
      ++end;
    } else {
      break;
    }
  }
  return end;
}

struct Word {
  size_t begin = 0;
  size_t end = 0;
  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
  bool initial(std::string_view text) const { return end - begin == 1 && byte(text, end) == '.'; }
};

// The words of a name from `at` on: capitalised, joined by single spaces, with initials and particles.
struct Name {
  std::array<Word, kMostWords> words;
  size_t count = 0;
  bool thing = false;  // "University" follows
  size_t end() const { return words[count - 1].end; }
  std::string_view last(std::string_view text) const { return words[count - 1].in(text); }
};

// "La", "El" behind a name begin the next sentence rather than end the name.
bool has_article(std::string_view last) {
  static constexpr auto kArticles = std::to_array<std::string_view>({"La", "El", "De", "Il", "Lo", "Sa", "En", "Un"});
  return std::ranges::find(kArticles, last) != kArticles.end();
}

Name read_name(std::string_view text, size_t at) {
  Name name;
  size_t next = at;
  size_t particles = 0;
  while (name.count < kMostWords) {
    const Word word{next, end_of_word(text, next)};
    if (word.begin == word.end) break;
    const std::string_view letters = word.in(text);
    const bool capital = is_capital(text, next) || is_arabic(text, next);
    if (capital && names_a_thing(letters) && name.count > 0) {
      name.thing = true;
      break;
    }
    // "Will" and "May" are names where one may begin.
    const bool ordinary =
        is_ordinary_word(letters) && !word.initial(text) && (name.count > 0 || given_name(letters) == Given::kNo);
    if (capital ? ordinary : name.count == 0 || !is_particle(letters)) break;
    if (capital && byte(text, word.end) >= '0' && byte(text, word.end) <= '9') break;
    name.words[name.count++] = word;
    particles = capital ? 0 : particles + 1;
    next = word.end + (word.initial(text) ? 1 : 0);
    if (byte(text, next) != ' ') break;
    ++next;
  }
  name.count -= std::min(particles, name.count);
  // Without capitals nothing tells where the name ends.
  if (is_arabic(text, at)) name.count = std::min(name.count, size_t{2});
  // "John F." goes up to its dot elsewhere; a name does not end with an initial.
  while (name.count > 1 && (name.words[name.count - 1].initial(text) || has_article(name.last(text)))) --name.count;
  return name;
}

std::optional<Finding> finding(const Name& name, std::string_view detail) {
  if (name.count == 0) return std::nullopt;
  return Finding{name.words[0].begin, name.end(), Kind::kName, detail};
}

bool known(std::string_view word) {
  return given_name(word) != Given::kNo || is_surname(word);
}

// Whoever stands behind a title or an introduction.
std::optional<Finding> find_introduced(std::string_view text, size_t at, Hint hint) {
  const Name name = read_name(text, at);
  if (name.count == 0 || name.thing) return std::nullopt;
  const std::string_view first = name.words[0].in(text);
  if (name.words[0].initial(text) ? name.count < 2 : first.size() < 2) return std::nullopt;
  if (hint == Hint::kWeak && !known(first) && !(name.count == 2 && is_surname(name.last(text)))) return std::nullopt;
  return finding(name, "introduced");
}

std::optional<Finding> find_titled(std::string_view text, Word word, Hint hint) {
  size_t next = word.end + (byte(text, word.end) == '.' ? 1 : 0);
  if (byte(text, next) != ' ') return std::nullopt;
  ++next;
  // "Prof. Dr. Weber"
  for (int more = 0; more < 2; ++more) {
    const size_t end = end_of_word(text, next);
    const Hint another = title(text.substr(next, end - next));
    if (another == Hint::kNone || another < hint) break;
    hint = another;
    next = end + (byte(text, end) == '.' ? 1 : 0);
    if (byte(text, next) != ' ') return std::nullopt;
    ++next;
  }
  return find_introduced(text, next, hint);
}

// A given name with what follows it.
std::optional<Finding> find_listed(std::string_view text, size_t at, Given given) {
  const Name name = read_name(text, at);
  if (name.count == 0 || name.thing) return std::nullopt;
  const size_t behind = name.words[0].end;
  for (const std::string_view suffix : {" Bey", " Han\u0131m", " Hanim", " Efendi", "-san", "-ji"}) {
    if (text.substr(behind).starts_with(suffix) && letter_size(text, behind + suffix.size()) == 0) {
      return Finding{at, behind, Kind::kName, "given_name"};
    }
  }
  if (name.count < 2) return std::nullopt;
  const std::string_view first = name.words[0].in(text);
  const std::string_view last = name.last(text);
  const bool shouted = first.size() > 2 && std::ranges::all_of(first, is_upper);
  // In capitals everything is capitalised, and so it is in a title.
  if ((given == Given::kDoubtful || shouted) && !is_surname(last) && !(ends_like_surname(last) && !shouted)) {
    return std::nullopt;
  }
  if (last.size() < 2 || (!shouted && last.size() > 3 && std::ranges::all_of(last, is_upper))) return std::nullopt;
  return finding(name, "given_name");
}

// "Niranjan Mehta" by the second word, "Иванов Иван" by the order of the two.
std::optional<Finding> find_by_surname(std::string_view text, Word word) {
  if (byte(text, word.end) != ' ' || !is_capital(text, word.end + 1) || word.end - word.begin < 3) return std::nullopt;
  const Name name = read_name(text, word.begin);
  if (name.count < 2 || name.count > 3 || name.thing) return std::nullopt;
  const std::string_view second = name.words[1].in(text);
  const bool cyrillic = byte(text, word.begin) == 0xd0;
  if (cyrillic && given_name(second) != Given::kNo && ends_like_surname(word.in(text))) return finding(name, "surname");
  if (!is_surname(name.last(text)) || std::ranges::all_of(name.last(text), is_upper) || name.count > 2)
    return std::nullopt;
  // At a sentence's start any word has its capital.
  const bool starts = word.begin < 2 ||
                      (text[word.begin - 1] == ' ' && std::string_view(".!?:\n").contains(text[word.begin - 2])) ||
                      text[word.begin - 1] == '\n';
  return starts && word.end - word.begin < 5 ? std::nullopt : finding(name, "surname");
}

}  // namespace

std::optional<Finding> find_person(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  const bool arabic = is_arabic(text, at);
  if ((!arabic && !is_capital(text, at)) || at < passage.from) return std::nullopt;
  // "St. Louis", and what stands within an address, a path or a name that code gives.
  if (text.substr(0, at).ends_with("St. ")) return std::nullopt;
  if (at > 0 && std::string_view("@/\\_.#$").contains(text[at - 1])) return std::nullopt;
  const Word word{at, end_of_word(text, at)};
  const unsigned char behind = byte(text, word.end);
  if (behind == '_' || behind == '@' || behind == '(' || behind == '[' || is_digit(static_cast<char>(behind))) {
    return std::nullopt;
  }
  const std::string_view letters = word.in(text);
  if (const Hint hint = title(letters); hint != Hint::kNone) {
    if (auto found = find_titled(text, word, hint)) return found;
  }
  const Given given = given_name(letters);
  if (given == Given::kNo && is_ordinary_word(letters)) return std::nullopt;
  if (given != Given::kNo && !arabic) {
    if (auto found = find_listed(text, at, given)) return found;
  }
  if (const Hint hint = introduction(text.substr(0, at)); hint != Hint::kNone) {
    if (auto found = find_introduced(text, at, arabic ? Hint::kWeak : hint)) return found;
  }
  return arabic ? std::nullopt : find_by_surname(text, word);
}

}  // namespace gleaner::privacy
