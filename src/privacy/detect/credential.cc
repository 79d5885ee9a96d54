#include "privacy/detect/credential.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "base/text.h"
#include "privacy/detect/secret_value.h"
#include "privacy/detect/telling_word.h"
#include "privacy/detect/token.h"

namespace gleaner::privacy {
namespace {

constexpr size_t kLongestValue = 200;
constexpr std::string_view kWideColon = "\uff1a";

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t';
}
constexpr bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}

struct Value {
  size_t begin = 0;
  size_t end = 0;
  bool quoted = false;
  bool called = false;  // "(" or "[" follows directly: code
  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

// Quotation marks of print, and what closes them.
struct Marks {
  std::string_view open;
  std::string_view close;
};
constexpr auto kMarks = std::to_array<Marks>(
    {{"\u201c", "\u201d"}, {"\u2018", "\u2019"}, {"\u201e", "\u201c"}, {"\u00ab", "\u00bb"}, {"\u300c", "\u300d"}});

// Whether the value goes on behind this ",", ";" or "&": it ends before a space and before the next assignment.
bool goes_on(std::string_view text, size_t at) {
  size_t next = at + 1;
  if (next >= text.size() || static_cast<unsigned char>(text[next]) <= ' ' || is_quote(text[next])) return false;
  while (next < text.size() && next - at < 40 && (is_alnum(text[next]) || text[next] == '_')) ++next;
  return next >= text.size() || (text[next] != '=' && text[next] != ':');
}

bool ends_plain(std::string_view text, size_t begin, size_t at) {
  const char c = text[at];
  if (static_cast<unsigned char>(c) <= ' ' || is_quote(c)) return true;
  switch (c) {
    case ',':
    case ';':
    case '&':
      return !goes_on(text, at);
    case '\\':
      return at + 1 >= text.size() || text[at + 1] == 'n' || text[at + 1] == 'r' || is_quote(text[at + 1]);
    case ')':
      return text.substr(begin, at - begin).find('(') == std::string_view::npos;
    case '<':
    case '>':
    case '}':
    case ']':
    case '|':
      return true;
    default:
      return false;
  }
}

Value read_plain(std::string_view text, size_t at) {
  Value value{.begin = at, .end = at};
  const size_t limit = std::min(text.size(), at + kLongestValue);
  // A mark of print or an ideographic full stop ends it as well.
  while (value.end < limit && !ends_plain(text, at, value.end) && !text.substr(value.end).starts_with("\u3002") &&
         !text.substr(value.end).starts_with("\u201d")) {
    ++value.end;
  }
  while (value.end > at && std::string_view(".,;:").contains(text[value.end - 1])) --value.end;
  while (value.end > at + 2 && text.substr(value.end - 2, 2) == "**") value.end -= 2;
  const std::string_view found = value.in(text);
  value.called = found.contains('(') || (value.end < text.size() && (text[value.end] == '[' || text[value.end] == '('));
  return value;
}

// The value at `at`: between quotes if one opens there, without them up to a space.
Value read_value(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at, kLongestValue + 4);
  if (rest.empty()) return {};
  for (const Marks& marks : kMarks) {
    if (!rest.starts_with(marks.open)) continue;
    const size_t close = rest.find(marks.close, marks.open.size());
    if (close == rest.npos) return {};
    return {.begin = at + marks.open.size(), .end = at + close, .quoted = true};
  }
  const bool escaped = rest.size() > 2 && rest[0] == '\\' && is_quote(rest[1]);
  if (!escaped && !is_quote(rest[0])) return read_plain(text, at);
  const std::string_view mark = rest.substr(0, escaped ? 2 : 1);
  const size_t close = rest.find(mark, mark.size());
  // A quotation nobody closed.
  if (close == rest.npos || rest.substr(0, close).contains('\n')) return read_plain(text, at + mark.size());
  return {.begin = at + mark.size(), .end = at + close, .quoted = true};
}

// Where the value of an assignment begins, over spaces, list brackets and the asterisks of "**Password:** x".
size_t skip_to_value(std::string_view text, size_t at) {
  const size_t limit = std::min(text.size(), at + 12);
  while (at < limit && (is_space(text[at]) || text[at] == '[' || text[at] == '(' ||
                        (text[at] == '*' && text.substr(at, 3) != "***"))) {
    // "[PASSWORD]" is ours.
    if (text[at] == '[' && at + 1 < text.size() && is_upper(text[at + 1])) break;
    ++at;
  }
  return at;
}

bool is_key(std::string_view value) {
  if (value.size() < 16 || value.contains(' ') || is_stand_in(value) || !looks_random(value)) return false;
  // "config.services.apiKey2024", "arn:aws:...", paths: parts of a name rather than one secret.
  return !value.contains("://") && !value.starts_with('/') && std::ranges::count(value, '.') <= 4 &&
         !value.starts_with("arn:") && !value.contains('(') && !value.contains('[');
}

// Beside a word that means nothing else, and between quotes.
bool is_short_key(std::string_view value) {
  const Makeup parts = makeup(value);
  return value.size() >= 8 && value.size() < 64 && parts.digits >= 2 && parts.letters() >= 2 && parts.distinct >= 5 &&
         parts.symbols <= 4 && !value.contains(' ') && !value.contains('.') && !value.contains('/') &&
         looks_like_password(value, Doubt::kLittle);
}

bool is_pin(std::string_view value) {
  return value.size() >= 4 && value.size() <= 8 && std::ranges::all_of(value, is_digit);
}

// Twelve to twenty-four words of three to eight letters: BIP-39.
size_t end_of_phrase(std::string_view text, size_t at) {
  size_t words = 0;
  size_t end = at;
  while (words < 24) {
    size_t stop = at;
    while (stop < text.size() && is_lower(text[stop])) ++stop;
    if (stop - at < 3 || stop - at > 8) break;
    ++words;
    end = stop;
    if (stop >= text.size() || text[stop] != ' ') break;
    at = stop + 1;
  }
  return words >= 12 && words % 3 == 0 ? end : 0;
}

// "Basic dXNlcjpwYXNz", "Token 9944b09199c62bcf": behind the scheme's name. A bearer's token is the token detector's.
std::optional<Finding> find_authorization(std::string_view text, size_t at) {
  const size_t word = at;
  while (at < text.size() && at - word < 16 && (is_letter(text[at]) || text[at] == '-')) ++at;
  if (at >= text.size() || text[at] != ' ') at = word;
  const std::string scheme = ascii_lower(text.substr(word, at - word));
  if (at > word) ++at;
  const Value value = read_plain(text, at);
  const std::string_view found = value.in(text);
  if (value.called || is_stand_in(found) || scheme == "bearer") return std::nullopt;
  if (scheme == "basic") {
    const bool base64 =
        std::ranges::all_of(found, [](char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; });
    if (!base64 || found.size() < 8 || found.size() % 4 != 0 || is_stand_in(found)) return std::nullopt;
    return Finding{value.begin, value.end, Kind::kPassword, "basic_authorization"};
  }
  if (!is_key(found)) return std::nullopt;
  return Finding{value.begin, value.end, Kind::kApiKey, "authorization"};
}

// A form's label ("Password", "\u015eifre", "\u30d1\u30b9\u30ef\u30fc\u30c9") where a value should be.
bool is_password_word(std::string_view value) {
  if (value.size() > 40 || std::ranges::any_of(value, is_digit)) return false;
  const bool letters = std::ranges::all_of(
      value, [](char c) { return is_letter(c) || c == ' ' || static_cast<unsigned char>(c) >= 0x80; });
  if (!letters) return false;
  const Telling says = telling_word(value);
  return says == Telling::kPassword || says == Telling::kLoosePassword;
}

// Whether `value`, which stands where this telling word points, is what the word says.
std::optional<Finding> judge(std::string_view text, const Value& value, Telling says, Doubt doubt) {
  const std::string_view found = value.in(text);
  if (value.called || found.empty() || is_password_word(found)) return std::nullopt;
  const auto finding = [&](Kind kind, std::string_view detail) {
    return Finding{value.begin, value.end, kind, detail};
  };
  switch (says) {
    case Telling::kPassword:
      if (looks_like_password(found, doubt)) return finding(Kind::kPassword, "password");
      return std::nullopt;
    case Telling::kLoosePassword:
      if (looks_like_password(found, Doubt::kSome)) return finding(Kind::kPassword, "password");
      return std::nullopt;
    case Telling::kPin:
      if (is_pin(found)) return finding(Kind::kPassword, "pin");
      return std::nullopt;
    case Telling::kSecret:
      if (found.size() >= 8 && !found.contains(' ') && (looks_like_password(found, Doubt::kSome) || is_key(found))) {
        return finding(Kind::kPassword, "secret");
      }
      return std::nullopt;
    case Telling::kKey:
      if (is_key(found) || (doubt == Doubt::kLittle && is_short_key(found))) return finding(Kind::kApiKey, "key");
      return std::nullopt;
    case Telling::kToken:
      if (is_key(found)) return finding(Kind::kApiKey, "token");
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

constexpr bool in_name(char c) {
  return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '+' || c == '@';
}

// Whether the colon joins two things, the first a user's name for a command or an e-mail address.
bool may_join(std::string_view text, size_t at) {
  const char next = text[at + 1];
  if (!is_alnum(text[at - 1]) || static_cast<unsigned char>(next) <= ' ' || next == '/' || is_quote(next)) return false;
  size_t begin = at;
  const size_t least = at > 64 ? at - 64 : 0;
  bool mail = false;
  while (begin > least && in_name(text[begin - 1])) {
    --begin;
    mail = mail || text[begin] == '@';
  }
  if (mail || begin < 3) return mail;
  const size_t space = is_quote(text[begin - 1]) ? begin - 2 : begin - 1;
  return text[space] == ' ' && (text[space - 1] == 'u' || text[space - 1] == 'r');
}

// "curl -u name:password", "a@b.c:password"
std::optional<Finding> find_joined(std::string_view text, size_t at) {
  size_t begin = at;
  const size_t least = at > 64 ? at - 64 : 0;
  while (begin > least && in_name(text[begin - 1])) --begin;
  std::string_view before = text.substr(0, begin);
  if (!before.empty() && is_quote(before.back())) before.remove_suffix(1);
  const bool option = before.ends_with("-u ") || before.ends_with("--user ");
  if (!option && !is_mail_address(text.substr(begin, at - begin))) return std::nullopt;
  const Value value = read_plain(text, at + 1);
  const std::string_view found = value.in(text);
  if (found.size() < (option ? 4U : 6U) || found.contains('/') || value.called) return std::nullopt;
  if (!looks_like_password(found, option ? Doubt::kLittle : Doubt::kSome)) return std::nullopt;
  if (!option && makeup(found).letters() == 0) return std::nullopt;
  return Finding{value.begin, value.end, Kind::kPassword, "password"};
}

// "DB_PASSWORD=swordfish" and "?password=swordfish&": without spaces a plain word is enough.
bool is_setting(std::string_view text, size_t at, const Value& value) {
  if (text[at] != '=' || value.begin != at + 1) return false;
  size_t begin = at;
  while (begin > 0 && at - begin < 64 && (is_alnum(text[begin - 1]) || text[begin - 1] == '_')) --begin;
  const std::string_view name = text.substr(begin, at - begin);
  const bool shouted = name.size() > 2 && std::ranges::none_of(name, is_lower);
  const bool query = (begin > 0 && (text[begin - 1] == '&' || text[begin - 1] == '?' || text[begin - 1] == ';')) ||
                     (value.end < text.size() && text[value.end] == '&');
  return shouted || query;
}

// A heading "Password:" and the password alone on the line below; `classes` as in Makeup.
std::optional<Finding> find_on_next_line(std::string_view text, size_t at, uint32_t classes) {
  const Value value = read_value(text, at);
  const std::string_view found = value.in(text);
  const size_t behind = value.end + (value.quoted ? 1 : 0);
  const bool alone = behind >= text.size() || text[behind] == '\n' || text[behind] == '\r';
  if (!alone || value.called || makeup(found).classes() < classes || !looks_like_password(found, Doubt::kSome)) {
    return std::nullopt;
  }
  return Finding{value.begin, value.end, Kind::kPassword, "password"};
}

// Whether what stands at `at` is in the header of a cookie: the member's name or the beginning of the line says so.
bool in_cookie(const Passage& passage, size_t at) {
  constexpr std::string_view kName = "ookie";
  const auto is_name = [](std::string_view name) {
    const std::string low = ascii_lower(name);
    return low == "cookie" || low == "set-cookie";
  };
  if (is_name(passage.key)) return true;
  const size_t first = at > kReach ? at - kReach : 0;
  std::string_view line = passage.text.substr(first, at - first);
  line.remove_prefix(line.rfind('\n') + 1);
  const size_t name = line.rfind(kName);
  if (name == line.npos || name == 0 || lower(line[name - 1]) != 'c') return false;
  size_t colon = name + kName.size();
  while (colon < line.size() && (is_quote(line[colon]) || line[colon] == '\\' || is_space(line[colon]))) ++colon;
  return colon < line.size() && line[colon] == ':';
}

// "Cookie: theme=dark; session=7f9c2ba4e88f827d616045507605853e": whoever has it is logged in.
std::optional<Finding> find_cookie(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (at == 0 || !in_name(text[at - 1]) || at + 1 >= text.size() || !is_alnum(text[at + 1])) return std::nullopt;
  const size_t begin = at + 1;
  const std::string_view value = text.substr(begin, kLongestValue + 1);
  const size_t end = begin + std::min(value.find_first_of("; ,\"'\\\n\r\t"), value.size());
  if (end - begin < 16 || end - begin > kLongestValue || !in_cookie(passage, at)) return std::nullopt;
  std::optional<Finding> token = find_token(passage, begin);
  if (token && token->begin == begin) return token;
  if (!is_key(text.substr(begin, end - begin))) return std::nullopt;
  return Finding{begin, end, Kind::kPassword, "session_cookie"};
}

std::optional<Finding> find_assigned(const Passage& passage, size_t at, Telling says) {
  const std::string_view text = passage.text;
  const bool wide = text.substr(at).starts_with(kWideColon);
  size_t next = at + (wide ? kWideColon.size() : 1);
  const char before = text[at - 1];
  if (next < text.size() && (text[next] == ':' || (text[at] == ':' && text[next] == '/'))) return std::nullopt;
  if (text[at] == '=' && std::string_view("=!<>+-*/%|&^~:").contains(before)) return std::nullopt;
  const bool compared = next < text.size() && text[at] == '=' && text[next] == '=';
  while (next < text.size() && next - at < 4 && (text[next] == '=' || text[next] == '>')) ++next;
  next = skip_to_value(text, next);
  if (says == Telling::kPassword && next < text.size() && text[next] == '\n')
    return find_on_next_line(text, next + 1, 2);
  if (says == Telling::kAuthorization) return find_authorization(text, next);
  if (says == Telling::kPhrase) {
    const Value value = read_value(text, next);
    const size_t end = end_of_phrase(text, value.begin);
    if (end == 0) return std::nullopt;
    return Finding{value.begin, end, Kind::kPrivateKey, "mnemonic"};
  }
  const Value value = read_value(text, next);
  if (value.begin == value.end || (compared && !value.quoted)) return std::nullopt;
  if (value.end - value.begin >= 16) {
    // The provider's own mark says more than the word.
    std::optional<Finding> token = find_token({text, passage.key, passage.from}, value.begin);
    if (token && token->begin == value.begin) return token;
  }
  const bool certain = value.quoted || is_setting(text, at, value);
  return judge(text, value, says, certain ? Doubt::kLittle : Doubt::kSome);
}

}  // namespace

std::optional<Finding> find_secret(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (at == 0 || at + 4 > text.size()) return std::nullopt;
  const size_t first = at > 64 ? at - 64 : 0;
  const Telling says = telling_word(text.substr(first, at - first));
  const bool joined = text[at] == ':' && may_join(text, at);
  std::optional<Finding> found;
  if (says == Telling::kNothing && !joined) {
    if (text[at] == '=') found = find_cookie(passage, at);
    return found;
  }
  if (says != Telling::kNothing) found = find_assigned(passage, at, says);
  if (!found && joined) found = find_joined(text, at);
  if (found && found->begin < passage.from) return std::nullopt;
  return found;
}

std::optional<Finding> find_keyed_secret(const Passage& passage) {
  const Telling says = telling_word(passage.key);
  if (says == Telling::kNothing || passage.text.size() > 4096) return std::nullopt;
  const std::string_view inside = trim(passage.text);
  if (inside.size() < 4 || passage.from > 0) return std::nullopt;
  Value value{.begin = static_cast<size_t>(inside.data() - passage.text.data()), .quoted = true};
  value.end = value.begin + inside.size();
  if (says == Telling::kAuthorization) return find_authorization(passage.text, value.begin);
  if (says == Telling::kPhrase) {
    if (end_of_phrase(passage.text, value.begin) != value.end) return std::nullopt;
    return Finding{value.begin, value.end, Kind::kPrivateKey, "mnemonic"};
  }
  if (inside.contains('\n')) return std::nullopt;
  std::optional<Finding> token = inside.size() < 16 ? std::nullopt : find_token(passage, value.begin);
  if (token && token->begin == value.begin) return token;
  return judge(passage.text, value, says, Doubt::kLittle);
}

namespace {

constexpr auto kLinks = std::to_array<std::string_view>(
    {"is", "was", "are",   "=",   ":",   "-",      "->",   "=>",     "\u2013", "\u2014", "\u2192",
     "to", "as",  "being", "ist", "war", "lautet", "it's", "called", "equals", "of"});
// Behind these no password follows: "password reset", "password must".
constexpr auto kEnds = std::to_array<std::string_view>(
    {"manager",    "policy",    "policies", "reset",      "field",      "fields",       "hash",
     "hashes",     "hashing",   "hashed",   "protected",  "protection", "length",       "strength",
     "must",       "should",    "can",      "cannot",     "will",       "would",        "input",
     "prompt",     "and",       "or",       "based",      "generator",  "requirements", "authentication",
     "encryption", "encrypted", "using",    "containing", "contains",   "with",         "who",
     "has",        "have",      "that",     "which",      "if",         "when",         "validation",
     "rules",      "option",    "like"});

bool one_of(std::span<const std::string_view> words, std::string_view word) {
  const std::string low = ascii_lower(word);
  return std::ranges::find(words, std::string_view(low)) != words.end();
}

// The end of the word "password", "passwords", "passwort", "passwd" around this "w"; 0 if it is another.
size_t end_of_password_word(std::string_view text, size_t at) {
  if (at < 4 || lower(text[at - 4]) != 'p' || lower(text[at - 3]) != 'a') return 0;
  for (const std::string_view tail : {"words", "word", "wort", "wd"}) {
    const std::string_view here = text.substr(at, tail.size());
    const bool same = here.size() == tail.size() && std::ranges::equal(here, tail, {}, lower);
    const size_t end = at + tail.size();
    if (same && (end >= text.size() || !(is_alnum(text[end]) || text[end] == '_'))) return end;
  }
  return 0;
}

// "<password>swordfish</password>"
std::optional<Finding> find_element(std::string_view text, size_t at) {
  const size_t end = text.substr(0, std::min(text.size(), at + kLongestValue)).find('<', at);
  if (end == text.npos || end == at || text.substr(end, 2) != "</") return std::nullopt;
  if (!looks_like_password(text.substr(at, end - at), Doubt::kLittle)) return std::nullopt;
  return Finding{at, end, Kind::kPassword, "password"};
}

// "| Password | hunter2xy |": the cell beside it, at `at`.
std::optional<Finding> find_in_row(std::string_view text, size_t at) {
  while (at < text.size() && (is_space(text[at]) || text[at] == '*')) ++at;
  const Value value = read_value(text, at);
  size_t behind = value.end + (value.quoted ? 1 : 0);
  while (behind < text.size() && (is_space(text[behind]) || text[behind] == '*')) ++behind;
  if (value.begin == value.end || value.called || behind >= text.size() || text[behind] != '|') return std::nullopt;
  if (!looks_like_password(value.in(text), Doubt::kSome)) return std::nullopt;
  return Finding{value.begin, value.end, Kind::kPassword, "password"};
}

}  // namespace

std::optional<Finding> find_spoken_password(const Passage& passage, size_t at) {
  constexpr size_t kMostWords = 7;
  const std::string_view text = passage.text;
  size_t next = end_of_password_word(text, at);
  if (next == 0) return std::nullopt;
  if (next < text.size() && text[next] == '>') return find_element(text, next + 1);
  while (next < text.size() && (is_quote(text[next]) || text[next] == '*' || text[next] == ')')) ++next;
  // Assignments are find_secret's.
  if (next < text.size() && text[next] == '\n') return find_on_next_line(text, next + 1, 3);
  if (next >= text.size() || text[next] != ' ') return std::nullopt;
  if (text.substr(next).starts_with(" |")) return find_in_row(text, next + 2);
  Doubt doubt = Doubt::kSome;
  bool linked = text.substr(at > 13 ? at - 13 : 0, 13).contains("--");
  for (size_t word = 0; word < kMostWords && next < text.size() && is_space(text[next]); ++word) {
    while (next < text.size() && is_space(text[next])) ++next;
    const Value value = read_value(text, next);
    if (value.begin == value.end) return std::nullopt;
    const std::string_view found = value.in(text);
    if (!value.called && value.begin >= passage.from) {
      // Between quotes a plain word is a password only behind "is" and its like.
      const bool certain =
          value.quoted && doubt != Doubt::kMuch && (linked || makeup(found).classes() > 1 || is_pin(found));
      if (looks_like_password(found, certain ? Doubt::kLittle : doubt)) {
        return Finding{value.begin, value.end, Kind::kPassword, "password"};
      }
    }
    if (value.quoted || (word == 0 && one_of(kEnds, found))) return std::nullopt;
    next = value.end;
    // "The password for the router: ..."
    const bool colon = next < text.size() && text[next] == ':';
    const bool link = colon || one_of(kLinks, found);
    linked = linked || link;
    if (!link) doubt = Doubt::kMuch;
    if (colon) doubt = Doubt::kSome;
    if (next < text.size() && (colon || text[next] == ',' || text[next] == '>')) ++next;
  }
  return std::nullopt;
}

namespace {

// "login: ", "user: " or the like, right before a user's name.
bool is_named_user(std::string_view text, size_t name, std::string_view user) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"login", "logins", "logon", "credentials", "creds", "user", "username", "user/pass", "user/password",
       "login/password", "account", "zugangsdaten", "benutzer", "anmeldung", "identifiants", "usuario", "utilisateur"});
  if (user.empty() || !std::ranges::all_of(user, in_name)) return false;
  size_t end = name;
  while (end > 0 && name - end < 4 && (is_space(text[end - 1]) || is_quote(text[end - 1]) || text[end - 1] == '*'))
    --end;
  if (end == 0 || text[end - 1] != ':') return false;
  --end;
  while (end > 0 && text[end - 1] == '*') --end;
  size_t begin = end;
  while (begin > 0 && end - begin < 20 && (is_letter(text[begin - 1]) || text[begin - 1] == '/')) --begin;
  return one_of(kWords, text.substr(begin, end - begin));
}

}  // namespace

std::optional<Finding> find_paired_password(const Passage& passage, size_t at) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"login", "logins", "logon", "credential", "password", "passwort", "access", "account", "user", "sign", "zugang",
       "zugangsdaten", "anmeldung", "giri\u015f", "hesap", "identifiants", "acceso", "usuario"});
  const std::string_view text = passage.text;
  if (at < 7 || at + 5 > text.size() || text[at - 1] != ' ' || text[at + 1] != ' ') return std::nullopt;
  size_t name = at - 1;
  while (name > 0 && at - name < 72 && !is_space(text[name - 1]) && text[name - 1] != '\n') --name;
  std::string_view user = text.substr(name, at - 1 - name);
  while (!user.empty() && (is_quote(user.front()) || user.front() == '(')) user.remove_prefix(1);
  while (!user.empty() && is_quote(user.back())) user.remove_suffix(1);
  const bool mail = is_mail_address(user) || (user.starts_with("[EMAIL") && user.ends_with("]"));
  if (mail ? !near_word(passage, name, at, kWords) : !is_named_user(text, name, user)) return std::nullopt;
  const Value value = read_value(text, at + 2);
  if (value.called || value.begin < passage.from || !looks_like_password(value.in(text), Doubt::kSome)) {
    return std::nullopt;
  }
  return Finding{value.begin, value.end, Kind::kPassword, "password"};
}

}  // namespace gleaner::privacy
