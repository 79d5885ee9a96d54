#include "privacy/detect/payment.h"

#include <algorithm>
#include <array>

#include "privacy/checksum.h"
#include "privacy/detect/edge.h"

namespace gleaner::privacy {
namespace {

constexpr size_t kShortestCard = 12;
constexpr size_t kLongestCard = 19;

constexpr uint32_t lengths(size_t from, size_t to) {
  uint32_t mask = 0;
  for (size_t n = from; n <= to; ++n) mask |= uint32_t{1} << n;
  return mask;
}

// The first six digits of a scheme's cards, how long they are, and which of these lengths a plain number may have
// without a word nearby.
struct Scheme {
  uint32_t first;
  uint32_t last;
  uint32_t lengths;
  uint32_t plain;
  std::string_view name;
};

constexpr auto kSchemes = std::to_array<Scheme>({
    {220000, 220499, lengths(16, 19), lengths(16, 16), "MIR"},
    {222100, 272099, lengths(16, 16), lengths(16, 16), "MASTERCARD"},
    {300000, 305999, lengths(14, 19), lengths(14, 14), "DINERS"},
    {309500, 309599, lengths(14, 19), lengths(14, 14), "DINERS"},
    {340000, 349999, lengths(15, 15), lengths(15, 15), "AMEX"},
    {352800, 358999, lengths(16, 19), lengths(16, 16), "JCB"},
    {360000, 369999, lengths(14, 19), lengths(14, 14), "DINERS"},
    {370000, 379999, lengths(15, 15), lengths(15, 15), "AMEX"},
    {380000, 399999, lengths(14, 19), lengths(14, 14), "DINERS"},
    {400000, 499999, lengths(13, 13) | lengths(16, 16) | lengths(19, 19), lengths(16, 16), "VISA"},
    {506099, 506198, lengths(16, 19), lengths(16, 16), "VERVE"},
    {507865, 507964, lengths(16, 19), lengths(16, 16), "VERVE"},
    {508500, 508999, lengths(16, 16), lengths(16, 16), "RUPAY"},
    {510000, 559999, lengths(16, 16), lengths(16, 16), "MASTERCARD"},
    {500000, 509999, lengths(12, 19), 0, "MAESTRO"},
    {560000, 589999, lengths(12, 19), 0, "MAESTRO"},
    {601100, 601199, lengths(16, 19), lengths(16, 16), "DISCOVER"},
    {606282, 606282, lengths(16, 19), lengths(16, 16), "HIPERCARD"},
    {607000, 608999, lengths(16, 16), lengths(16, 16), "RUPAY"},
    {620000, 629999, lengths(16, 19), lengths(16, 16), "UNIONPAY"},
    {644000, 659999, lengths(16, 19), lengths(16, 16), "DISCOVER"},
    {600000, 699999, lengths(12, 19), 0, "MAESTRO"},
    {810000, 829999, lengths(16, 19), 0, "UNIONPAY"},
    {860000, 860099, lengths(16, 16), 0, "UZCARD"},
    {979200, 979299, lengths(16, 16), lengths(16, 16), "TROY"},
    {986000, 986099, lengths(16, 16), 0, "HUMO"},
    // UATP owns all of 1, where timestamps stand: only beside a word.
    {100000, 199999, lengths(15, 15), 0, "UATP"},
});

constexpr std::array<std::string_view, 32> kCardWords = {
    "card",    "cards",    "credit", "debit", "visa",     "mastercard",  "amex",  "american express",
    "maestro", "discover", "diners", "jcb",   "unionpay", "troy",        "rupay", "verve",
    "cvv",     "cvc",      "pan",    "kart",  "karte",    "kreditkarte", "carte", "tarjeta",
    "carta",   "cartão",   "карт",   "بطاقة", "卡",       "カード",      "카드",  "kaart"};
constexpr std::array<std::string_view, 26> kOtherNumberWords = {
    "order",   "orders", "imei", "tracking",  "isbn",  "ean",   "upc",    "gtin",   "ticket",
    "invoice", "serial", "id",   "ids",       "uid",   "tweet", "status", "chat",   "channel",
    "user",    "group",  "post", "timestamp", "epoch", "sku",   "phone",  "barcode"};

// Members that hold plain numbers of any length, whatever their digits add up to.
constexpr auto kNumericMembers = std::to_array<std::string_view>(
    {"seed", "ts", "timestamp", "time", "created", "updated", "duration", "bytes", "offset", "hash", "amount", "nonce",
     "sequence", "seq", "cursor", "count", "total", "size", "version"});

struct Digits {
  std::array<char, kLongestCard> digits{};
  size_t count = 0;
  size_t end = 0;
  bool grouped = false;
  std::string_view view() const { return {digits.data(), count}; }
};

size_t run_end(std::string_view text, size_t at, size_t most) {
  size_t end = at;
  while (end < text.size() && end - at <= most && is_digit(text[end])) ++end;
  return end;
}

constexpr bool card_separator(char c) {
  return c == ' ' || c == '-';
}

// How cards are printed (ISO/IEC 7812 leaves it open): fours, Amex 4-6-5, Diners 4-6-4.
constexpr auto kGroupings = std::to_array<std::string_view>({"44443", "44442", "4444", "4443", "4442", "465", "464"});

// Whether groups go on behind the number: a fifth four, not an expiry date or a security code.
bool goes_on(std::string_view text, size_t end) {
  const char next = byte_at(text, end);
  if (next == '.') return is_digit(byte_at(text, end + 1));
  if (next == '-') return joins(byte_at(text, end + 1));
  if (next != ' ') return false;
  const size_t digits = run_end(text, end + 1, 8) - (end + 1);
  return digits == 4 && byte_at(text, end + 5) != '/';
}

std::optional<Digits> read_groups(std::string_view text, size_t at, std::string_view sizes) {
  Digits out;
  out.grouped = true;
  const char separator = text[at + 4];
  for (size_t group = 0; group < sizes.size(); ++group) {
    if (group > 0 && byte_at(text, at++) != separator) return std::nullopt;
    const auto size = static_cast<size_t>(sizes[group] - '0');
    if (run_end(text, at, size) != at + size) return std::nullopt;
    std::copy_n(text.begin() + static_cast<ptrdiff_t>(at), size,
                out.digits.begin() + static_cast<ptrdiff_t>(out.count));
    out.count += size;
    at += size;
  }
  out.end = at;
  return out;
}

const Scheme* scheme_of(std::string_view digits) {
  uint32_t prefix = 0;
  for (size_t i = 0; i < 6; ++i) prefix = prefix * 10 + static_cast<uint32_t>(digits[i] - '0');
  for (const Scheme& scheme : kSchemes) {
    if (prefix >= scheme.first && prefix <= scheme.last && (scheme.lengths >> digits.size() & 1) != 0) return &scheme;
  }
  return nullptr;
}

// The member whose value begins at `at` in JSON or code within the text: "\"seed\": 12", "seed=12".
std::string_view member_before(std::string_view text, size_t at) {
  const size_t least = at > 48 ? at - 48 : 0;
  const auto skip = [&](std::string_view over) {
    while (at > least && over.contains(text[at - 1])) --at;
  };
  skip(" \"'\\");
  if (at == least || (text[at - 1] != ':' && text[at - 1] != '=')) return {};
  --at;
  skip(" \"'\\");
  size_t begin = at;
  while (begin > least && (joins(text[begin - 1]) || text[begin - 1] == '-')) --begin;
  return text.substr(begin, at - begin);
}

bool is_numeric_member(const Passage& passage, size_t at) {
  const std::string_view inside = member_before(passage.text, at);
  return near_word({{}, inside.empty() ? passage.key : inside, 0}, 0, 0, kNumericMembers);
}

std::optional<Finding> judge(const Passage& passage, size_t at, const Digits& number) {
  const std::string_view digits = number.view();
  const Scheme* const scheme = scheme_of(digits);
  if (scheme == nullptr || !luhn_valid(digits)) return std::nullopt;
  if (!closes(passage.text, number.end) || goes_on(passage.text, number.end)) return std::nullopt;
  const bool sure = (number.grouped && digits[0] != '1') || (scheme->plain >> digits.size() & 1) != 0;
  const bool doubtful = !number.grouped && (close_word(passage, at, number.end, 24, 0, kOtherNumberWords) ||
                                            is_numeric_member(passage, at));
  if ((!sure || doubtful) && !near_word(passage, at, number.end, kCardWords)) return std::nullopt;
  return Finding{at, number.end, Kind::kCard, scheme->name};
}

// The number begins here rather than before: neither in a decimal nor in a token nor in a row of fours.
bool begins_number(std::string_view text, size_t at) {
  if (!opens(text, at)) return false;
  const char before = byte_before(text, at);
  const char earlier = at > 0 ? byte_before(text, at - 1) : '\0';
  if (before == '.' || before == '-') return !joins(earlier);
  if (before == '/' || before == '%') return !joins(earlier);
  if (before == '+' || before == '$') return false;
  if (before != ' ' || !is_digit(earlier)) return true;
  size_t start = at - 1;
  while (start > 0 && at - start < 8 && is_digit(text[start - 1])) --start;
  return at - 1 - start < 4;
}

}  // namespace

std::optional<Finding> find_card(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  const size_t end = run_end(text, at, kLongestCard);
  const size_t first = end - at;
  if (first != 4 && (first < kShortestCard || first > kLongestCard)) return std::nullopt;
  if (first == 4 && (!card_separator(byte_at(text, end)) || !is_digit(byte_at(text, end + 1)))) return std::nullopt;
  if (text[at] == '0' || !begins_number(text, at)) return std::nullopt;
  if (first != 4) {
    Digits plain;
    plain.count = first;
    plain.end = end;
    std::copy_n(text.begin() + static_cast<ptrdiff_t>(at), first, plain.digits.begin());
    return judge(passage, at, plain);
  }
  for (const std::string_view sizes : kGroupings) {
    const auto number = read_groups(text, at, sizes);
    if (!number) continue;
    if (const auto finding = judge(passage, at, *number)) return finding;
  }
  return std::nullopt;
}

namespace {

// What follows the check digits: n digits, a capitals, c either (SWIFT IBAN registry, release 101).
struct Country {
  std::string_view code;
  std::string_view structure;
};

constexpr auto kCountries = std::to_array<Country>(
    {{"AD", "n8c12"},    {"AE", "n19"},      {"AL", "n8c16"},    {"AT", "n16"},     {"AZ", "a4c20"},
     {"BA", "n16"},      {"BE", "n12"},      {"BG", "a4n6c8"},   {"BH", "a4c14"},   {"BI", "n23"},
     {"BR", "n23a1c1"},  {"BY", "c4n4c16"},  {"CH", "n5c12"},    {"CR", "n18"},     {"CY", "n8c16"},
     {"CZ", "n20"},      {"DE", "n18"},      {"DJ", "n23"},      {"DK", "n14"},     {"DO", "c4n20"},
     {"EE", "n16"},      {"EG", "n25"},      {"ES", "n20"},      {"FI", "n14"},     {"FK", "a2n12"},
     {"FO", "n14"},      {"FR", "n10c11n2"}, {"GB", "a4n14"},    {"GE", "a2n16"},   {"GI", "a4c15"},
     {"GL", "n14"},      {"GR", "n7c16"},    {"GT", "c24"},      {"HN", "a4n20"},   {"HR", "n17"},
     {"HU", "n24"},      {"IE", "a4n14"},    {"IL", "n19"},      {"IQ", "a4n15"},   {"IS", "n22"},
     {"IT", "a1n10c12"}, {"JO", "a4n4c18"},  {"KW", "a4c22"},    {"KZ", "n3c13"},   {"LB", "n4c20"},
     {"LC", "a4c24"},    {"LI", "n5c12"},    {"LT", "n16"},      {"LU", "n3c13"},   {"LV", "a4c13"},
     {"LY", "n21"},      {"MC", "n10c11n2"}, {"MD", "c20"},      {"ME", "n18"},     {"MK", "n3c10n2"},
     {"MN", "n16"},      {"MR", "n23"},      {"MT", "a4n5c18"},  {"MU", "a4n19a3"}, {"NI", "a4n20"},
     {"NL", "a4n10"},    {"NO", "n11"},      {"OM", "n3c16"},    {"PK", "a4c16"},   {"PL", "n24"},
     {"PS", "a4c21"},    {"PT", "n21"},      {"QA", "a4c21"},    {"RO", "a4c16"},   {"RS", "n18"},
     {"RU", "n14c15"},   {"SA", "n2c18"},    {"SC", "a4n20a3"},  {"SD", "n14"},     {"SE", "n20"},
     {"SI", "n15"},      {"SK", "n20"},      {"SM", "a1n10c12"}, {"SO", "n19"},     {"ST", "n21"},
     {"SV", "a4n20"},    {"TL", "n19"},      {"TN", "n20"},      {"TR", "n6c16"},   {"UA", "n6c19"},
     {"VA", "n18"},      {"VG", "a4n16"},    {"XK", "n16"},      {"YE", "a4n4c18"}});

constexpr size_t kLongestIban = 34;

constexpr char upper(char c) {
  return is_lower(c) ? static_cast<char>(c - 32) : c;
}

const Country* country_of(char first, char second) {
  const std::array<char, 2> code = {upper(first), upper(second)};
  const std::string_view wanted(code.data(), 2);
  const auto* const found = std::ranges::lower_bound(kCountries, wanted, {}, &Country::code);
  return found != kCountries.end() && found->code == wanted ? found : nullptr;
}

struct Iban {
  std::array<char, kLongestIban> characters{};  // as mod97 wants it: without separators, the first four behind
  size_t count = 0;
  size_t end = 0;
  bool small = false;

  bool take(char c, char kind) {
    const bool fits = kind == 'n' ? is_digit(c) : kind == 'a' ? is_letter(c) : is_alnum(c);
    if (!fits || (is_letter(c) && is_lower(c) != small)) return false;
    characters[count++] = upper(c);
    return true;
  }
};

bool read_bban(std::string_view text, size_t at, std::string_view structure, Iban& iban) {
  for (size_t i = 0; i < structure.size();) {
    const char kind = structure[i++];
    size_t left = 0;
    while (i < structure.size() && is_digit(structure[i])) left = left * 10 + static_cast<size_t>(structure[i++] - '0');
    for (; left > 0; --left) {
      if (card_separator(byte_at(text, at))) ++at;
      if (at >= text.size() || !iban.take(text[at++], kind)) return false;
    }
  }
  iban.end = at;
  return true;
}

}  // namespace

std::optional<Finding> find_iban(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (at < passage.from + 2 || !is_letter(text[at - 1]) || !is_letter(text[at - 2])) return std::nullopt;
  if (!is_digit(byte_at(text, at + 1)) || !opens(text, at - 2)) return std::nullopt;
  const Country* const country = country_of(text[at - 2], text[at - 1]);
  if (country == nullptr || is_lower(text[at - 2]) != is_lower(text[at - 1])) return std::nullopt;
  Iban iban;
  iban.small = is_lower(text[at - 1]);
  if (!read_bban(text, at + 2, country->structure, iban) || !closes(text, iban.end)) return std::nullopt;
  for (size_t i = at - 2; i < at + 2; ++i) iban.characters[iban.count++] = upper(text[i]);
  if (mod97({iban.characters.data(), iban.count}) != 1) return std::nullopt;
  return Finding{at - 2, iban.end, Kind::kIban, country->code};
}

}  // namespace gleaner::privacy
