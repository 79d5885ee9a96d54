// A number is the anchor, and a street's name stands on one side of it: behind it in English and French, before it
// nearly everywhere else. Either side is cut into words, at most eight of one line, and the words are looked up.

#include "privacy/detect/street.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace gleaner::privacy {
namespace {

constexpr size_t kMostWords = 8;

template <size_t kCount>
constexpr std::array<std::string_view, kCount> sorted(std::array<std::string_view, kCount> words) {
  std::ranges::sort(words);
  return words;
}

// Behind number and name. Those of the second list also mean other things and need a number that is no year.
constexpr auto kEnglish = sorted(std::to_array<std::string_view>(
    {"Street",   "St",      "Avenue", "Ave",   "Road",     "Rd",        "Boulevard", "Blvd",
     "Lane",     "Ln",      "Drive",  "Dr",    "Parkway",  "Pkwy",      "Highway",   "Hwy",
     "Crescent", "Terrace", "Mews",   "Alley", "Turnpike", "Expressway"}));
constexpr auto kEnglishLoose = sorted(
    std::to_array<std::string_view>({"Way", "Court", "Ct", "Place", "Pl", "Square", "Sq", "Circle", "Cir", "Close",
                                     "Row", "Gardens", "Grove", "Trail", "Loop", "Plaza", "Walk", "Hill", "Ter"}));

// Between number and name, in French also before it.
constexpr auto kFrench = sorted(std::to_array<std::string_view>(
    {"rue",    "avenue",    "av.",     "av",         "boulevard", "bd",      "bd.",        "blvd",
     "place",  "chemin",    "impasse", "all\u00e9e", "quai",      "cours",   "square",     "Rue",
     "Avenue", "Boulevard", "Bd",      "Place",      "Chemin",    "Impasse", "All\u00e9e", "Quai"}));

// Before the name: Spanish, Portuguese, Italian, French, Russian.
constexpr auto kFirst = sorted(std::to_array<std::string_view>({"Calle",
                                                                "calle",
                                                                "C/",
                                                                "Avenida",
                                                                "avenida",
                                                                "Avda.",
                                                                "Avda",
                                                                "Av.",
                                                                "Plaza",
                                                                "Paseo",
                                                                "Carrera",
                                                                "Camino",
                                                                "Rua",
                                                                "rua",
                                                                "Travessa",
                                                                "Pra\u00e7a",
                                                                "Via",
                                                                "via",
                                                                "Viale",
                                                                "viale",
                                                                "Piazza",
                                                                "piazza",
                                                                "Corso",
                                                                "corso",
                                                                "Largo",
                                                                "Vicolo",
                                                                "rue",
                                                                "Rue",
                                                                "avenue",
                                                                "Avenue",
                                                                "\u0443\u043b.",
                                                                "\u0443\u043b",
                                                                "\u0443\u043b\u0438\u0446\u0430",
                                                                "\u0423\u043b.",
                                                                "\u0423\u043b\u0438\u0446\u0430",
                                                                "\u043f\u0440\u043e\u0441\u043f\u0435\u043a\u0442",
                                                                "\u041f\u0440\u043e\u0441\u043f\u0435\u043a\u0442",
                                                                "\u043f\u0440-\u0442",
                                                                "\u043f\u0440.",
                                                                "\u043f\u0440\u043e\u0441\u043f.",
                                                                "\u043f\u0435\u0440.",
                                                                "\u043f\u0435\u0440\u0435\u0443\u043b\u043e\u043a",
                                                                "\u0431\u0443\u043b\u044c\u0432\u0430\u0440",
                                                                "\u0431-\u0440",
                                                                "\u043d\u0430\u0431.",
                                                                "\u0448\u043e\u0441\u0441\u0435",
                                                                "\u043f\u043b.",
                                                                "\u043f\u043b\u043e\u0449\u0430\u0434\u044c"}));

// Behind the name, before the number: Turkish, Russian.
constexpr auto kLast = sorted(std::to_array<std::string_view>({"Cad.",
                                                               "Cad",
                                                               "Cd.",
                                                               "Caddesi",
                                                               "Sok.",
                                                               "Sok",
                                                               "Sk.",
                                                               "Sk",
                                                               "Sokak",
                                                               "Soka\u011f\u0131",
                                                               "Bulvar\u0131",
                                                               "Blv.",
                                                               "Bulv.",
                                                               "Mah.",
                                                               "Mah",
                                                               "Mahallesi",
                                                               "\u0443\u043b\u0438\u0446\u0430",
                                                               "\u0443\u043b.",
                                                               "\u043f\u0440\u043e\u0441\u043f\u0435\u043a\u0442",
                                                               "\u043f\u0435\u0440\u0435\u0443\u043b\u043e\u043a"}));

// The last part of one word: German, Dutch, Swedish, Danish.
constexpr auto kEndings = std::to_array<std::string_view>(
    {"stra\u00dfe", "strasse", "str.",   "gasse", "allee", "platz", "weg",        "damm", "ufer", "chaussee",
     "straat",      "laan",    "gracht", "plein", "kade",  "gatan", "v\u00e4gen", "gade", "vej",  "gata"});
constexpr auto kNoStreets =
    sorted(std::to_array<std::string_view>({"Arbeitsplatz", "Parkplatz", "Sitzplatz", "Stellplatz", "Speicherplatz",
                                            "Tabellenplatz", "Ausweg", "Umweg", "R\u00fcckweg", "Hinweg", "Broadway"}));

// "de la", "of": between a word for a street and its name, or within it.
constexpr auto kJoints = sorted(std::to_array<std::string_view>(
    {"de",  "del",   "la",    "las", "los", "el", "y",   "da", "do",  "dos", "das", "di", "della",
     "dei", "delle", "degli", "du",  "des", "le", "les", "of", "the", "und", "e",   "et", "\u0438"}));

// Before a number, after the name: "No: 5", "д. 5", "n.º 5".
constexpr auto kNumberWords = sorted(std::to_array<std::string_view>({"No",
                                                                      "No:",
                                                                      "No.",
                                                                      "no",
                                                                      "no:",
                                                                      "no.",
                                                                      "N:",
                                                                      "Nr.",
                                                                      "Nr",
                                                                      "nr.",
                                                                      "n\u00ba",
                                                                      "n.\u00ba",
                                                                      "n\u00b0",
                                                                      "n.",
                                                                      "n\u00fam.",
                                                                      "\u0434.",
                                                                      "\u0434\u043e\u043c",
                                                                      "\u0434",
                                                                      "numara",
                                                                      "No.:"}));

template <typename Words>
bool has(const Words& words, std::string_view word) {
  return std::ranges::binary_search(words, word);
}

bool is_capital(std::string_view word) {
  if (word.empty()) return false;
  const auto lead = static_cast<unsigned char>(word[0]);
  const unsigned char next = word.size() > 1 ? static_cast<unsigned char>(word[1]) : 0;
  return is_upper(word[0]) || (lead == 0xc3 && next <= 0x9e) || lead == 0xc4 || lead == 0xc5 ||
         (lead == 0xd0 && next <= 0xaf);
}

// "42nd", "5th"
bool is_ordinal(std::string_view word) {
  if (word.size() < 3 || !is_digit(word[0])) return false;
  const std::string_view end = word.substr(word.size() - 2);
  return end == "st" || end == "nd" || end == "rd" || end == "th";
}

bool in_name(std::string_view word) {
  return is_capital(word) || is_ordinal(word) || has(kJoints, word);
}

struct Word {
  size_t begin = 0;
  size_t end = 0;
  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

// The next word of the line from `at` on, without the comma behind it.
Word next_word(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && static_cast<unsigned char>(text[end]) > ' ' && text[end] != ',' && text[end] != ';' &&
         text[end] != ')' && text[end] != '"' && end - at < 48) {
    ++end;
  }
  return {at, end};
}

// The word of the line that ends before `at`, over one comma and spaces.
Word word_before(std::string_view text, size_t at) {
  size_t end = at;
  while (end > 0 && text[end - 1] == ' ' && at - end < 4) --end;
  if (end > 0 && text[end - 1] == ',') --end;
  size_t begin = end;
  while (begin > 0 && static_cast<unsigned char>(text[begin - 1]) > ' ' && text[begin - 1] != ',' &&
         text[begin - 1] != '(' && text[begin - 1] != '"' && end - begin < 48) {
    --begin;
  }
  return {begin, end};
}

// "5", "5a", "5-7", "5/3", "5 bis": from its first digit.
size_t end_of_number(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && is_digit(text[end]) && end - at < 6) ++end;
  if (end - at > 5) return 0;
  if (end + 1 < text.size() && (text[end] == '-' || text[end] == '/') && is_digit(text[end + 1])) {
    ++end;
    while (end < text.size() && is_digit(text[end])) ++end;
  }
  if (end < text.size() && is_letter(text[end])) ++end;
  if (end < text.size() && (is_alnum(text[end]) || text[end] == '%' || static_cast<unsigned char>(text[end]) >= 0x80))
    return 0;
  if (end + 1 < text.size() && (text[end] == '.' || text[end] == ':') && is_digit(text[end + 1])) return 0;
  return end;
}

size_t skip_comma(std::string_view text, size_t at) {
  if (at < text.size() && text[at] == ',') ++at;
  if (at < text.size() && text[at] == ' ') ++at;
  return at;
}

// ", Apt 4B", ", Suite 200", " #12", ", кв. 12", " D:3", " Kat: 2"
size_t over_flat(std::string_view text, size_t end) {
  static constexpr auto kWords = std::to_array<std::string_view>({"Apt. ",
                                                                  "Apt ",
                                                                  "Apartment ",
                                                                  "Suite ",
                                                                  "Ste. ",
                                                                  "Ste ",
                                                                  "Unit ",
                                                                  "Flat ",
                                                                  "Floor ",
                                                                  "#",
                                                                  "\u043a\u0432. ",
                                                                  "\u043a\u0432.",
                                                                  "\u043a\u043e\u0440\u043f. ",
                                                                  "\u043a\u043e\u0440\u043f\u0443\u0441 ",
                                                                  "\u0441\u0442\u0440. ",
                                                                  "D:",
                                                                  "D: ",
                                                                  "Daire: ",
                                                                  "Daire ",
                                                                  "Daire:",
                                                                  "Kat: ",
                                                                  "Kat:",
                                                                  "Kat "});
  const size_t at = skip_comma(text, end);
  for (const std::string_view word : kWords) {
    if (!text.substr(at).starts_with(word)) continue;
    const Word number = next_word(text, at + word.size());
    const std::string_view found = number.in(text);
    if (found.empty() || found.size() > 6 || !std::ranges::any_of(found, [](char c) { return is_alnum(c); })) continue;
    return found.ends_with('.') ? number.end - 1 : number.end;
  }
  return end;
}

// `leads`: it stands before the town, where four digits are enough.
bool is_postal_code(std::string_view word, bool leads) {
  const auto digits = static_cast<size_t>(std::ranges::count_if(word, is_digit));
  if (digits == word.size()) return digits == 5 || digits == 6 || (digits == 4 && leads);
  if (digits == 9 && word.size() == 10 && word[5] == '-') return true;
  return (digits == 5 && word.size() == 6 && word[2] == '-') || (digits == 8 && word.size() == 9 && word[5] == '-');
}

// ", Springfield, IL 62701", ", 10115 Berlin", ", London NW1 6XE": only with a code, which makes it sure.
size_t over_town(std::string_view text, size_t end) {
  size_t at = skip_comma(text, end);
  bool code = false;
  size_t last = end;
  for (size_t words = 0; words < 6 && at < text.size(); ++words) {
    const Word word = next_word(text, at);
    std::string_view found = word.in(text);
    const bool stops = found.ends_with('.');
    if (stops) found.remove_suffix(1);
    if (found.empty()) break;
    const bool british = is_upper(found[0]) && found.size() <= 4 && std::ranges::any_of(found, is_digit);
    const bool inward = code && found.size() == 3 && is_digit(found[0]) && is_upper(found[1]);
    if (is_postal_code(found, words == 0) || british || inward) {
      code = true;
      last = word.begin + found.size();
    } else if (!is_capital(found) || std::ranges::any_of(found, is_digit)) {
      break;
    } else if (code) {
      // The town behind its code; one word is sure, more may be another sentence.
      return is_upper(found[0]) && found.size() == 2 ? last : word.begin + found.size();
    }
    if (stops) break;
    at = skip_comma(text, word.end);
    if (at == word.end) break;
  }
  return code ? last : end;
}

Finding finish(std::string_view text, size_t begin, size_t end, std::string_view detail) {
  for (int more = 0; more < 2; ++more) end = over_flat(text, end);
  end = over_town(text, end);
  return Finding{begin, end, Kind::kAddress, detail};
}

// "221B Baker Street", "350 5th Avenue", "10 N Main St."
std::optional<Finding> find_english(std::string_view text, size_t at, size_t number) {
  if (number >= text.size() || text[number] != ' ') return std::nullopt;
  const std::string_view digits = text.substr(at, number - at);
  const bool year = digits.size() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
  size_t next = number + 1;
  for (size_t words = 0; words < 5; ++words) {
    const Word word = next_word(text, next);
    std::string_view found = word.in(text);
    while (!found.empty() && (found.back() == '.' || found.back() == '?' || found.back() == '!' || found.back() == ':'))
      found.remove_suffix(1);
    const bool loose = has(kEnglishLoose, found);
    // "8026 S Cottage Grove Ave": the last of them ends the name.
    const bool more =
        word.end < text.size() && text[word.end] == ' ' && has(kEnglish, next_word(text, word.end + 1).in(text));
    if (words > 0 && !more && (has(kEnglish, found) || (loose && !year))) {
      const Word before = word_before(text, word.begin);
      const std::string_view named = before.in(text);
      if (has(kJoints, named) || named == "Supreme" || named == "High" || named == "District") return std::nullopt;
      // "5 Main St. Louis" is rarer than "5 Main St.".
      const bool abbreviated = found.size() <= 4 && word.begin + found.size() < text.size() &&
                               text[word.begin + found.size()] == '.' && word.begin + found.size() + 1 < text.size() &&
                               text[word.begin + found.size() + 1] != '\n';
      return finish(text, at, word.begin + found.size() + (abbreviated ? 1 : 0), "street");
    }
    if (!in_name(found) || found.size() != word.end - word.begin - (word.in(text).ends_with('.') ? 1 : 0))
      return std::nullopt;
    if (words == 0 && (has(kJoints, found) || found == "The")) return std::nullopt;
    if (word.end >= text.size() || text[word.end] != ' ') return std::nullopt;
    next = word.end + 1;
  }
  return std::nullopt;
}

// "12 bis, rue de la Paix"
std::optional<Finding> find_french(std::string_view text, size_t at, size_t number) {
  size_t next = number;
  for (const std::string_view more : {" bis", " ter"}) {
    if (text.substr(next).starts_with(more)) next += more.size();
  }
  const size_t type = skip_comma(text, next);
  if (type == next) return std::nullopt;
  const Word word = next_word(text, type);
  if (!has(kFrench, word.in(text))) return std::nullopt;
  size_t end = 0;
  next = word.end;
  for (size_t words = 0; words < 5 && next < text.size() && text[next] == ' '; ++words) {
    const Word part = next_word(text, next + 1);
    std::string_view found = part.in(text);
    const bool stops = found.ends_with('.');
    if (stops) found.remove_suffix(1);
    const bool elided = found.starts_with("d'") || found.starts_with("l'") || found.starts_with("d\u2019") ||
                        found.starts_with("l\u2019");
    if (!in_name(found) && !elided) break;
    if (is_capital(found) || elided) end = part.begin + found.size();
    next = part.end;
    if (stops) break;
  }
  if (end == 0) return std::nullopt;
  return finish(text, at, end, "street");
}

bool ends_as_street(std::string_view word) {
  if (!is_capital(word) || has(kNoStreets, word)) return false;
  const std::string low = ascii_lower(word);
  return std::ranges::any_of(kEndings,
                             [&](std::string_view end) { return low.size() > end.size() + 2 && low.ends_with(end); });
}

// Where a name that goes on before `begin` begins: "Atatürk Mah. Cumhuriyet Cad."
size_t begin_of_name(std::string_view text, size_t begin, size_t from) {
  for (size_t words = 0; words < 5; ++words) {
    const Word word = word_before(text, begin);
    const std::string_view found = word.in(text);
    if (word.begin < from || found.empty() || !(is_capital(found) || has(kLast, found) || is_ordinal(found))) break;
    if (found.ends_with(':') || (found.ends_with('.') && !has(kLast, found))) break;
    begin = word.begin;
  }
  return begin;
}

// "Hauptstraße 5", "Atatürk Cad. No: 5", "Calle Mayor 5", "ул. Ленина, д. 5"
std::optional<Finding> find_before(std::string_view text, size_t at, size_t number, size_t from) {
  if (at < 4 || (text[at - 1] != ' ' && text[at - 1] != ':')) return std::nullopt;
  Word word = word_before(text, at);
  bool numbered = false;
  if (has(kNumberWords, word.in(text))) {
    numbered = true;
    word = word_before(text, word.begin);
  }
  if (word.begin < from || word.begin == word.end) return std::nullopt;
  if (has(kLast, word.in(text))) {
    const size_t begin = begin_of_name(text, word.begin, from);
    if (begin == word.begin) return std::nullopt;
    return finish(text, begin, number, "street");
  }
  // One word needs the number right behind it: "Hauptstraße, 5" is a list.
  if (ends_as_street(word.in(text)) && (numbered || word.end + 1 == at))
    return finish(text, word.begin, number, "street");
  if (word.in(text) == "Box" || word.in(text) == "Postfach") {
    const Word office = word_before(text, word.begin);
    const bool named = word.in(text) == "Postfach" || office.in(text) == "P.O." || office.in(text) == "PO";
    if (!named || office.begin < from) return std::nullopt;
    return finish(text, word.in(text) == "Box" ? office.begin : word.begin, number, "po_box");
  }
  bool capital = false;
  for (size_t words = 0; words < kMostWords && word.begin >= from && word.begin < word.end; ++words) {
    const std::string_view found = word.in(text);
    if (has(kFirst, found)) {
      if (!capital) return std::nullopt;
      return finish(text, word.begin, number, "street");
    }
    if (!in_name(found)) return std::nullopt;
    capital = capital || is_capital(found);
    word = word_before(text, word.begin);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Finding> find_street(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (at < passage.from || (at > 0 && (is_alnum(text[at - 1]) || std::string_view("._-/$#").contains(text[at - 1])))) {
    return std::nullopt;
  }
  if (at > 1 && text[at - 1] == ':' && is_digit(text[at - 2])) return std::nullopt;
  const size_t number = end_of_number(text, at);
  if (number == 0) return std::nullopt;
  if (auto found = find_english(text, at, number)) return found;
  if (auto found = find_french(text, at, number)) return found;
  return find_before(text, at, number, passage.from);
}

}  // namespace gleaner::privacy
