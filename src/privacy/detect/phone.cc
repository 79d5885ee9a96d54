// A number is read as groups of digits with what stands between them. People put other numbers behind theirs ("0532 123
// 45 67 2 adet"), so the groups are tried from all of them down to one, and what is left must not look like a part.
#include "privacy/detect/phone.h"

#include <algorithm>
#include <array>

#include "privacy/detect/edge.h"
#include "privacy/detect/phone_digits.h"
#include "privacy/detect/phone_plan.h"
#include "privacy/detect/phone_shapes.h"

namespace gleaner::privacy {
namespace {

constexpr auto kPhoneWords = std::to_array<std::string_view>({"phone",
                                                              "phones",
                                                              "telephone",
                                                              "tel",
                                                              "telephon",
                                                              "telefon",
                                                              "telefonu",
                                                              "telefonum",
                                                              "telefono",
                                                              "teléfono",
                                                              "téléphone",
                                                              "telefone",
                                                              "telefoon",
                                                              "telefonnummer",
                                                              "telepono",
                                                              "mobile",
                                                              "mob",
                                                              "mobil",
                                                              "mobiltelefon",
                                                              "mobilnummer",
                                                              "handynummer",
                                                              "cellphone",
                                                              "cellular",
                                                              "landline",
                                                              "festnetz",
                                                              "whatsapp",
                                                              "whats app",
                                                              "wsp",
                                                              "viber",
                                                              "fax",
                                                              "telefax",
                                                              "faks",
                                                              "gsm",
                                                              "cep",
                                                              "ceptel",
                                                              "hotline",
                                                              "helpline",
                                                              "switchboard",
                                                              "call me",
                                                              "call us",
                                                              "call at",
                                                              "call on",
                                                              "call or text",
                                                              "text me",
                                                              "reach me",
                                                              "reached at",
                                                              "reachable",
                                                              "contact number",
                                                              "contact no",
                                                              "ring me",
                                                              "dial",
                                                              "dialed",
                                                              "my number",
                                                              "your number",
                                                              "his number",
                                                              "her number",
                                                              "their number",
                                                              "numaram",
                                                              "telefon numaram",
                                                              "móvil",
                                                              "celular",
                                                              "cellulare",
                                                              "llámame",
                                                              "portable",
                                                              "mon numéro",
                                                              "appelez",
                                                              "rappelle",
                                                              "rufnummer",
                                                              "durchwahl",
                                                              "erreichbar",
                                                              "rückruf",
                                                              "телефон",
                                                              "тел.",
                                                              "тел:",
                                                              "моб.",
                                                              "мобильный",
                                                              "мой номер",
                                                              "ваш номер",
                                                              "звоните",
                                                              "позвоните",
                                                              "هاتف",
                                                              "الهاتف",
                                                              "جوال",
                                                              "الجوال",
                                                              "موبايل",
                                                              "رقمي",
                                                              "واتساب",
                                                              "اتصل",
                                                              "电话",
                                                              "電話",
                                                              "手机",
                                                              "手機",
                                                              "전화",
                                                              "फ़ोन",
                                                              "msisdn"});
constexpr auto kCloseWords = std::to_array<std::string_view>(
    {"call",   "cell",      "text",       "contact", "handy",   "ring",      "ph",      "mobiles",
     "sms",    "ara",       "arayın",     "appelle", "joindre", "contactez", "anrufen", "llama",
     "llamar", "mi número", "meu número", "تلفون",   "联系",    "携帯",      "연락처",  "โทร"});
constexpr auto kOtherWords = std::to_array<std::string_view>(
    {"order",    "invoice",    "ticket",   "id",     "isbn",    "issn",      "ean",   "upc",     "sku",
     "ref",      "reference",  "tracking", "amount", "iban",    "account",   "acct",  "routing", "konto",
     "case",     "zip",        "postal",   "serial", "version", "timestamp", "epoch", "price",   "ssn",
     "passport", "population", "line",     "pid",    "port",    "size",      "bytes", "tax"});

// The same in other languages; the beginnings of words.
constexpr auto kOrderStems = std::to_array<std::string_view>(
    {"order",    "invoice",  "part",     "item",    "product", "article", "tracking", "shipment", "ticket",
     "serial",   "sipariş",  "fatura",   "ürün",    "Ürün",    "ÜRÜN",    "kargo",    "takip",    "pedido",
     "factura",  "producto", "commande", "facture", "colis",   "заказ",   "Заказ",    "счет",     "Счет",
     "счёт",     "Счёт",     "товар",    "Товар",   "طلب",     "الطلب",   "فاتورة",   "الفاتورة", "bestell",
     "rechnung", "auftrag",  "artikel",  "sendung", "ordine",  "fattura", "订单",     "発注",     "注文"});
// A word for "number" says nothing by itself, nor do those that join it to what is numbered.
constexpr auto kNumberStems =
    std::to_array<std::string_view>({"no", "nr", "num", "number", "numbers", "numara", "número", "numéro", "numero",
                                     "nummer", "номер", "Номер", "№", "nº", "n°", "رقم", "号", "番号"});
constexpr auto kJoiningWords =
    std::to_array<std::string_view>({"de", "du", "di", "of", "is", "ist", "est", "es", "la"});
// What is counted is no number to call.
constexpr auto kCounted = std::to_array<std::string_view>(
    {"bytes",  "byte",    "bits",  "characters", "chars", "users",     "rows",  "records",
     "tokens", "lines",   "items", "people",     "views", "followers", "times", "ms",
     "ns",     "seconds", "kb",    "mb",         "gb",    "usd",       "eur"});

// Whether `word` begins with one of these, or is it if that is short; ASCII case does not matter.
bool begins_like(std::string_view word, std::span<const std::string_view> stems) {
  constexpr size_t kWhole = 3;
  return std::ranges::any_of(stems, [&](std::string_view stem) {
    if (word.size() < stem.size() || (stem.size() <= kWhole && word.size() != stem.size())) return false;
    return std::ranges::equal(word.substr(0, stem.size()), stem,
                              [](char found, char wanted) { return found == wanted || lower(found) == wanted; });
  });
}

// The word that ends at `end`, after blanks, "." and the like; empty behind anything else.
std::string_view word_before(std::string_view text, size_t end, size_t least) {
  while (end > least && std::string_view(" .:#=*\"'").contains(text[end - 1])) --end;
  size_t begin = end;
  while (begin > least && (is_letter(text[begin - 1]) || static_cast<unsigned char>(text[begin - 1]) >= 0x80)) --begin;
  return text.substr(begin, end - begin);
}

// "part no ", "Fatura numarası: ", "numéro de commande ", "Bestellnummer ": whatever it looks like, it is that.
bool is_labelled_otherwise(std::string_view text, size_t begin) {
  constexpr size_t kMostWords = 4;
  const size_t least = begin > 64 ? begin - 64 : 0;
  bool ordered = false;
  bool numbered = false;
  size_t at = begin;
  for (size_t i = 0; i < kMostWords && at > least; ++i) {
    const std::string_view word = word_before(text, at, least);
    if (word.empty()) break;
    const bool order = begins_like(word, kOrderStems);
    if (order) {
      ordered = true;
      numbered = numbered || word.ends_with("nummer") || word.ends_with("nr");
    } else if (begins_like(word, kNumberStems)) {
      numbered = true;
    } else if (!begins_like(word, kJoiningWords)) {
      break;
    }
    at = static_cast<size_t>(word.data() - text.data());
  }
  return ordered && numbered;
}

// "Cell B2 contains ", "cell A1: ": that of a table.
bool is_table_cell(std::string_view text, size_t begin) {
  const size_t first = begin > 24 ? begin - 24 : 0;
  const std::string_view before = text.substr(first, begin - first);
  for (size_t at = before.find("ell "); at != std::string_view::npos; at = before.find("ell ", at + 1)) {
    size_t here = at + 4;
    const size_t letters = here;
    while (here < before.size() && is_upper(before[here])) ++here;
    if (here > letters && here - letters <= 3 && is_digit(byte_at(before, here))) return true;
  }
  return false;
}

constexpr auto kDialled =
    std::to_array<std::string_view>({"tel:", "wa.me/", "wa.me/+", "phone=", "phone=+", "phone=%2b",
                                     "callto:", "sms:", "tel=", "mobile=", "phone/", "tel://"});

// Whether what stands right before `begin` dials: "tel:", "https://wa.me/".
bool is_dialled(std::string_view text, size_t begin) {
  const std::string_view before = text.substr(0, begin);
  return std::ranges::any_of(kDialled, [&](std::string_view dialled) {
    return before.size() >= dialled.size() &&
           std::ranges::equal(before.substr(before.size() - dialled.size()), dialled, {}, lower);
  });
}

// The words around a number's beginning; each list is looked for once, whatever number is tried.
class Words {
 public:
  Words(const Passage& passage, size_t begin) : passage_(passage), begin_(begin) {}

  std::string_view text() const { return passage_.text; }

  // That this is a telephone number, from afar or close by.
  bool far() { return know(far_, 40, kPhoneWords); }
  bool near() { return know(near_, 32, kPhoneWords); }
  bool adjacent() { return know(adjacent_, 20, kPhoneWords); }
  // Or perhaps: "call", "text".
  bool perhaps() {
    if (!perhaps_) {
      perhaps_ = close_word({passage_.text, {}, 0}, begin_, begin_, 18, 0, kCloseWords) &&
                 !is_table_cell(passage_.text, begin_);
    }
    return *perhaps_;
  }
  // That it is another number.
  bool other() {
    if (!other_)
      other_ = close_word(passage_, begin_, begin_, std::min<size_t>(16, behind_model()), 0, kOtherWords) || ordered();
    return *other_;
  }
  bool labelled_otherwise() {
    if (!labelled_) labelled_ = is_labelled_otherwise(passage_.text, begin_);
    return *labelled_;
  }
  bool dialled() {
    if (!dialled_) dialled_ = is_dialled(passage_.text, begin_);
    return *dialled_;
  }
  bool behind(size_t end) const { return close_word({passage_.text, {}, 0}, end, end, 0, 16, kPhoneWords); }

 private:
  bool know(std::optional<bool>& known, size_t reach, std::span<const std::string_view> words) {
    if (!known) known = close_word(passage_, begin_, begin_, std::min(reach, behind_model()), 0, words);
    return *known;
  }

  // That an order was spoken of, and no telephone behind it.
  bool ordered() const {
    constexpr size_t kFar = 28;
    const std::string_view text = passage_.text;
    size_t at = begin_;
    const size_t furthest = begin_ > 64 ? begin_ - 64 : 0;
    for (const size_t least = begin_ > kFar ? begin_ - kFar : 0; at > least;) {
      const std::string_view word = word_before(text, at, furthest);
      if (word.empty()) {
        --at;
        continue;
      }
      if (begins_like(word, kPhoneWords) || begins_like(word, kCloseWords)) return false;
      if (begins_like(word, kOrderStems)) return true;
      at = static_cast<size_t>(word.data() - text.data());
    }
    return false;
  }

  // How far it is to an "iPhone", which says nothing and hides what stands before it.
  size_t behind_model() {
    if (!model_) {
      const size_t first = begin_ > 40 ? begin_ - 40 : 0;
      const size_t at = passage_.text.substr(first, begin_ - first).rfind("iPhone");
      model_ = at == std::string_view::npos ? 40 : begin_ - first - at - 6;
    }
    return *model_;
  }

  const Passage& passage_;
  size_t begin_;
  std::optional<size_t> model_;
  std::optional<bool> far_, near_, adjacent_, perhaps_, other_, labelled_, dialled_;
};

bool has_word(Words& words, const PhoneDigits& number) {
  if (words.dialled()) return true;
  if (number.count == 1 && words.other()) return false;
  return words.far() || words.perhaps() || words.behind(number.end);
}

bool other_script(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xcb && byte <= 0xf0 && byte != 0xe2;
  });
}

bool script_around(std::string_view text, const PhoneDigits& number) {
  const size_t first = number.begin > 24 ? number.begin - 24 : 0;
  return other_script(text.substr(first, number.begin - first)) || other_script(text.substr(number.end, 24));
}

bool satisfied(Words& words, const PhoneDigits& number, Needs needs) {
  switch (needs) {
    case Needs::kNothing:
      return true;
    case Needs::kSign:
      return number.has_sign() || has_word(words, number);
    case Needs::kScript:
      return script_around(words.text(), number) || has_word(words, number);
    case Needs::kWord:
      return number.parentheses || has_word(words, number);
    case Needs::kNever:
      return false;
  }
  return false;
}

// E.164 behind "+" or "00".
std::optional<std::string_view> international(Words& words, const PhoneDigits& number) {
  std::string_view digits = number.view();
  if (!number.plus) {
    if (!digits.starts_with("00") || digits.size() < 11 || digits[2] == '0') return std::nullopt;
    digits.remove_prefix(2);
    const PhonePlan* const plan = phone_plan(digits);
    const bool apart = plan != nullptr && (number.size(0) == 2 || number.size(0) == 2 + code_length(*plan));
    if (number.count == 1 ? !has_word(words, number) : !apart) return std::nullopt;
  }
  if (digits.size() < kFewestPhoneDigits || digits.size() > 15) return std::nullopt;
  const PhonePlan* const plan = phone_plan(digits);
  if (plan == nullptr) return std::nullopt;
  const size_t code = code_length(*plan);
  if (digits.size() <= code) return std::nullopt;
  std::string_view national = digits.substr(code);
  if (plan->code != 39 && plan->code != 225 && plan->code != 242 && national.size() > plan->shortest &&
      national[0] == '0' && !plan->first.contains('0')) {
    national.remove_prefix(1);
  }
  if (!fits(*plan, national) && (digits.size() < 9 || !has_word(words, number))) return std::nullopt;
  // "+45000000" counts something.
  if (number.count == 1 && national.ends_with("00000") && !has_word(words, number)) return std::nullopt;
  return "E164";
}

// The groups of the North American plan, with or without its country code "1".
std::optional<std::string_view> north_american(Words& words, const PhoneDigits& number) {
  std::string_view digits = number.view();
  size_t group = 0;
  if (digits.size() == 11 && digits[0] == '1') {
    digits.remove_prefix(1);
    if (number.size(0) == 1) group = 1;
  }
  if (digits.size() != 10 || number.count < group + 2) return std::nullopt;
  const bool first_joined = group == 0 && number.digit_count == 11;
  const size_t first = number.size(group) - (first_joined ? 1 : 0);
  const bool grouped = first == 3 && ((number.count == group + 3 && number.size(group + 1) == 3) ||
                                      (number.count == group + 2 && number.parentheses));
  if (!grouped || digits[0] < '2') return !grouped || !has_word(words, number) ? std::nullopt : std::optional("US");
  if (nanp_valid(digits) && (number.has_sign() || group == 1)) return "US";
  // Made-up numbers: "(555) 123-4567".
  if (number.parentheses || (digits.starts_with("555") && number.has_sign())) return "US";
  const bool spaced = nanp_valid(digits) && digits.substr(1, 2) != "00" && digits.substr(4, 2) != "00";
  return spaced || has_word(words, number) ? std::optional("US") : std::nullopt;
}

// German area codes and extensions come in all lengths: "030/1234567", "(0711) 1234-56", "0170 12 34 567".
std::optional<std::string_view> open_plan(Words& words, const PhoneDigits& number) {
  const std::string_view digits = number.view();
  const size_t area = number.size(0);
  if (number.count < 2 || number.count > 6 || digits[0] != '0' || digits[1] == '0' || area < 3 || area > 5) {
    return std::nullopt;
  }
  if (digits.size() < 9 || digits.size() > 12) return std::nullopt;
  if (number.groups[1].gap == '/' || number.parentheses) return "DE";
  const std::string_view code = digits.substr(0, area);
  const bool big_city = code == "030" || code == "040" || code == "069" || code == "089";
  if (big_city && number.count == 2) return "DE";
  return has_word(words, number) ? std::optional("DE") : std::nullopt;
}

// Anything of the right length right behind a word that says so: "phone: 12345678", "call 555-0123".
std::optional<std::string_view> beside_word(Words& words, const PhoneDigits& number) {
  const std::string_view digits = number.view();
  if (digits.size() > 13 || number.count > 6 || (digits.size() == 13 && digits[0] == '1')) return std::nullopt;
  if (digits.size() == 10 && digits[0] == '1' && number.count == 1) return std::nullopt;
  if (digits.starts_with("00") && number.count == 1) return std::nullopt;
  if (number.is_thousands() && (number.size(0) < 2 || number.groups[1].gap == '.')) return std::nullopt;
  size_t largest = 0;
  for (size_t i = 0; i < number.count; ++i) largest = std::max(largest, number.size(i));
  if (number.count > 1 && largest < 3 && digits.size() != 8) return std::nullopt;
  // A year before something else.
  if (number.count > 1 && number.size(0) == 4 && number.value(0) >= 1900 && number.value(0) < 2100) return std::nullopt;
  if (words.other()) return std::nullopt;
  const bool told = words.dialled() || (digits.size() < 9 ? words.adjacent() : words.near());
  const bool made_up = digits.size() == 7 && digits.starts_with("555") && number.count == 2;
  if (!told && !(made_up && has_word(words, number))) return std::nullopt;
  return "ZZ";
}

// "0.415.555.0132"
bool is_decimal(const PhoneDigits& number) {
  return number.count > 1 && number.size(0) == 1 && number.view()[0] == '0' && number.groups[1].gap == '.';
}

// "2000000000 users"
bool is_count(std::string_view text, const PhoneDigits& number) {
  if (number.count > 1 || number.plus || byte_at(text, number.end) != ' ') return false;
  size_t end = number.end + 1;
  while (end < text.size() && end - number.end < 12 && is_letter(text[end])) ++end;
  const std::string_view word = text.substr(number.end + 1, end - number.end - 1);
  return std::ranges::any_of(kCounted,
                             [&](std::string_view unit) { return std::ranges::equal(word, unit, {}, lower); });
}

// "0800 1200 1600": hours of a day, one after the other.
bool is_schedule(const PhoneDigits& number) {
  if (number.plus || number.count < 3 || number.has_sign()) return false;
  for (size_t i = 0; i < number.count; ++i) {
    if (number.size(i) != 4 || number.value(i) > 2400 || number.value(i) % 100 >= 60) return false;
    if (i > 0 && number.value(i) <= number.value(i - 1)) return false;
  }
  return true;
}

std::optional<std::string_view> judge(Words& words, const PhoneDigits& number) {
  if (number.plus || number.view().starts_with("00")) {
    if (const auto found = international(words, number)) return found;
    if (number.plus) return std::nullopt;
  }
  if (number.is_date() || number.odd_gaps() || is_decimal(number) || is_count(words.text(), number))
    return std::nullopt;
  if (words.labelled_otherwise()) return std::nullopt;
  if (const auto found = north_american(words, number)) return found;
  std::array<char, kMostPhoneGroups> sizes{};
  for (size_t i = 0; i < number.count; ++i) sizes[i] = static_cast<char>('0' + number.size(i));
  if (const auto shape = phone_shape(number.view(), {sizes.data(), number.count})) {
    const Needs needs =
        number.is_series() || number.is_thousands() ? std::max(shape->needs, Needs::kWord) : shape->needs;
    if (satisfied(words, number, needs)) return shape->country;
  }
  if (const auto found = open_plan(words, number)) return found;
  return beside_word(words, number);
}

// Nothing joins it to what stands before: a longer number, a decimal, an identifier, an amount.
bool begins_number(const Passage& passage, const PhoneDigits& number) {
  const std::string_view text = passage.text;
  if (!opens(text, number.begin)) return false;
  const char before = byte_before(text, number.begin);
  // Right behind another finding a list goes on.
  const bool listed = before == ',' || before == ';' || before == '/' || before == '|';
  if (number.begin == passage.from || (listed && number.begin == passage.from + 1)) return true;
  const char earlier = byte_before(text, number.begin - 1);
  switch (before) {
    case '-':
    case '@':
    case '~':
      return !joins(earlier) && earlier != before;
    case '.':
    case ',':
    case ':':
      return !is_digit(earlier);
    case '/':
      return !is_digit(earlier);
    case '(':
      // A call in code.
      return !joins(earlier) || number.count > 1;
    case '#':
    case '$':
    case '+':
    case '*':
    case '^':
    case '<':
      return before == '<' || (before == '*' && earlier == '*');
    case ')':
      return !is_digit(earlier) || number.plus;
    default:
      return true;
  }
}

// Behind a space stands another number, so that this may be its rest.
bool behind_number(const Passage& passage, const PhoneDigits& number) {
  const std::string_view text = passage.text;
  return number.begin > passage.from + 1 && text[number.begin - 1] == ' ' && is_digit(text[number.begin - 2]);
}

bool ends_number(std::string_view text, size_t end, bool plus) {
  const char next = byte_at(text, end);
  const char later = byte_at(text, end + 1);
  if (joins(next)) return next == 'x' && is_digit(later);
  switch (next) {
    case '.':
    case ',':
    case ':':
      return !is_digit(later);
    case '/':
      return plus || !is_digit(later);
    case '-':
      return !joins(later);
    case '%':
    case '*':
    case '=':
    case '^':
      return next == '*' && later == '*';
    default:
      return true;
  }
}

// The rest of the groups read, behind those tried: it must be another thing, not a part that does not fit.
bool rest_is_apart(const PhoneDigits& all, const PhoneDigits& number) {
  if (number.count == all.count) return true;
  const PhoneGroup& next = all.groups[number.count];
  if (next.gap == '/' && (number.plus || all.digit_count - number.digit_count + 1 >= kFewestPhoneDigits)) return true;
  if (next.gap != ' ' && !next.wide) return false;
  return number.plus || (number.count > 1 && number.has_sign()) || number.view()[0] == '0';
}

constexpr auto kExtensions = std::to_array<std::string_view>(
    {"extension", "ext.", "ext", "x", "durchwahl", "dahili", "dw", "poste", "доб.", "#"});

size_t behind_extension(std::string_view text, size_t end) {
  size_t at = end;
  while (at < text.size() && at - end < 3 && (text[at] == ' ' || text[at] == ',' || text[at] == '(')) ++at;
  for (const std::string_view word : kExtensions) {
    const std::string_view found = text.substr(at, word.size());
    if (!std::ranges::equal(found, word, {}, lower)) continue;
    size_t digit = at + word.size();
    while (digit < text.size() && digit - at < word.size() + 2 &&
           (text[digit] == ' ' || text[digit] == ':' || text[digit] == '.')) {
      ++digit;
    }
    size_t last = digit;
    while (last < text.size() && last - digit < 7 && is_digit(text[last])) ++last;
    if (last > digit && last - digit < 7 && closes(text, last)) return last;
    return end;
  }
  return end;
}

// Digits of a URL, or of a path, are no telephone number unless the URL dials it.
bool in_address(std::string_view text, size_t begin) {
  if (is_dialled(text, begin)) return false;
  size_t start = begin;
  const auto ends = [](char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '"' || c == '<' || c == '>' || c == '\'';
  };
  while (start > 0 && begin - start < kReach && !ends(text[start - 1])) --start;
  const std::string_view before = text.substr(start, begin - start);
  return before.contains("://") || before.contains("www.") || before.ends_with("=") || before.ends_with("&") ||
         (before.ends_with("/") && before.size() > 1 && !is_digit(before[before.size() - 2]));
}

// Most runs of digits end here: too few of them, or too many in a row.
bool enough_digits(std::string_view text, size_t at) {
  // A UUID and the like.
  if (at >= 2 && text[at - 1] == '-' && joins(text[at - 2])) return false;
  size_t digits = 0;
  size_t between = 0;
  for (size_t end = std::min(text.size(), at + 32); at < end; ++at) {
    const char c = text[at];
    if (is_digit(c)) {
      ++digits;
      between = 0;
    } else if (joins(c) || c == ',' || c == ':' || c == '"' || ++between > 5) {
      break;
    }
  }
  return digits >= kFewestPhoneDigits;
}

}  // namespace

std::optional<Finding> find_phone(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (!opens(text, at) || !enough_digits(text, at)) return std::nullopt;
  const auto all = read_phone_digits(passage, at);
  if (!all || all->digit_count < kFewestPhoneDigits || !begins_number(passage, *all)) return std::nullopt;
  // Nobody writes a number in so many groups: a table, a series.
  if (all->count == kMostPhoneGroups && !all->plus) return std::nullopt;
  if (is_schedule(*all)) return std::nullopt;
  const bool tail = behind_number(passage, *all);
  Words words(passage, all->begin);
  for (size_t count = all->count; count > 0; --count) {
    const PhoneDigits number = all->first(count);
    if (number.digit_count < kFewestPhoneDigits) break;
    if (!rest_is_apart(*all, number) || !ends_number(text, number.end, number.plus)) continue;
    if (tail && !number.plus && !number.has_sign()) continue;
    const auto country = judge(words, number);
    if (!country) continue;
    if (in_address(text, number.begin)) return std::nullopt;
    return Finding{number.begin, behind_extension(text, number.end), Kind::kPhone, *country};
  }
  return std::nullopt;
}

}  // namespace gleaner::privacy
