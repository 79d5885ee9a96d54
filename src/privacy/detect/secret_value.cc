#include "privacy/detect/secret_value.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "base/text.h"
#include "privacy/detect/detector.h"

namespace gleaner::privacy {
namespace {

constexpr bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

enum class Class : uint8_t { kLower, kUpper, kDigit, kSymbol };

constexpr Class class_of(char c) {
  if (is_lower(c) || is_high(c)) return Class::kLower;
  if (is_upper(c)) return Class::kUpper;
  return is_digit(c) ? Class::kDigit : Class::kSymbol;
}

constexpr std::string_view kStrong = "!@#$%^&*+=?~";

constexpr std::array<std::string_view, 44> kStandIns = {
    "...",         "***",        "\u2026",   "\u2022\u2022", "\u25cf\u25cf", "xxxx",      "your_",     "your-",
    "your ",       "yourpass",   "yourapi",  "yoursecret",   "yourtoken",    "yourkey",   "example_",  "example-",
    "placeholder", "redacted",   "changeme", "change_me",    "change-me",    "replace_",  "replace-",  "replaceme",
    "insert",      "dummy",      "<your",    "my_password",  "my-password",  "my_secret", "my-secret", "my_token",
    "my-token",    "my-api",     "my_api",   "${",           "{{",           "$(",        "<%",        "%(",
    "process.env", "os.environ", "getenv",   "secrets."};

// Only what hides something: "xxxx", "----", "#####".
bool is_mask(std::string_view value) {
  return value.find_first_not_of("xX*.-_#?\xe2\x80\xa2\x97\x8f ") == std::string_view::npos;
}

// "$PASSWORD", "$json.password", "%PASSWORD%", ":password", "@password", "{password}", "<password>", "[PASSWORD]"
bool is_variable(std::string_view value) {
  if (value.size() < 2) return true;
  const char first = value.front();
  if (first == '<' || first == '{') return true;
  if (first == '[') return value.size() > 2 && is_upper(value[1]);
  if (first == '=' && value[1] == '{') return true;
  if (first != '$' && first != '%' && first != ':' && first != '@' && first != '&') return false;
  return std::ranges::all_of(value.substr(1), [](char c) { return is_letter(c) || c == '_' || c == '.' || c == '%'; });
}

// "[PASSWORD]", "[PHONE_3f2a]": what redaction leaves.
bool has_placeholder(std::string_view value) {
  for (size_t open = value.find('['); open != value.npos; open = value.find('[', open + 1)) {
    size_t at = open + 1;
    while (at < value.size() && (is_alnum(value[at]) || value[at] == '_')) ++at;
    if (at > open + 1 && at < value.size() && value[at] == ']' && is_upper(value[open + 1])) return true;
  }
  return false;
}

bool is_call(std::string_view value) {
  const size_t open = value.find('(');
  return open != std::string_view::npos && open > 0 && is_alnum(value[open - 1]) && value.find(')', open) != value.npos;
}

bool is_path(std::string_view value) {
  return value.starts_with('/') || value.starts_with("./") || value.starts_with("~/") || value.starts_with("../") ||
         value.find("://") != value.npos || value.starts_with("C:\\");
}

template <size_t kCount>
constexpr std::array<std::string_view, kCount> sorted(std::array<std::string_view, kCount> words) {
  std::ranges::sort(words);
  return words;
}

constexpr auto kOrdinary = sorted(std::to_array<std::string_view>({"abstract",
                                                                   "access",
                                                                   "admin",
                                                                   "again",
                                                                   "allowed",
                                                                   "already",
                                                                   "also",
                                                                   "always",
                                                                   "another",
                                                                   "any",
                                                                   "argon2",
                                                                   "argon2id",
                                                                   "base32",
                                                                   "base58",
                                                                   "base64",
                                                                   "bcrypt",
                                                                   "bearer",
                                                                   "blank",
                                                                   "bool",
                                                                   "boolean",
                                                                   "bytes",
                                                                   "char",
                                                                   "clave",
                                                                   "confirm",
                                                                   "const",
                                                                   "contrase\xc3\xb1"
                                                                   "a",
                                                                   "correct",
                                                                   "default",
                                                                   "dict",
                                                                   "disabled",
                                                                   "empty",
                                                                   "enabled",
                                                                   "encrypted",
                                                                   "enter",
                                                                   "error",
                                                                   "expired",
                                                                   "failed",
                                                                   "false",
                                                                   "field",
                                                                   "file",
                                                                   "final",
                                                                   "float",
                                                                   "forgot",
                                                                   "function",
                                                                   "hash",
                                                                   "hashed",
                                                                   "hidden",
                                                                   "hmac",
                                                                   "incorrect",
                                                                   "input",
                                                                   "int32",
                                                                   "int64",
                                                                   "integer",
                                                                   "invalid",
                                                                   "ipv4",
                                                                   "ipv6",
                                                                   "kennwort",
                                                                   "known",
                                                                   "label",
                                                                   "lambda",
                                                                   "list",
                                                                   "local",
                                                                   "login",
                                                                   "match",
                                                                   "mandatory",
                                                                   "manual",
                                                                   "masked",
                                                                   "md5",
                                                                   "mismatch",
                                                                   "missing",
                                                                   "must",
                                                                   "name",
                                                                   "needed",
                                                                   "never",
                                                                   "new",
                                                                   "nil",
                                                                   "none",
                                                                   "null",
                                                                   "nullable",
                                                                   "number",
                                                                   "oauth",
                                                                   "oauth1",
                                                                   "oauth2",
                                                                   "object",
                                                                   "optional",
                                                                   "parola",
                                                                   "passwort",
                                                                   "pbkdf2",
                                                                   "plain",
                                                                   "plaintext",
                                                                   "please",
                                                                   "prompt",
                                                                   "protected",
                                                                   "public",
                                                                   "random",
                                                                   "readonly",
                                                                   "removed",
                                                                   "required",
                                                                   "reset",
                                                                   "return",
                                                                   "rfc2617",
                                                                   "rs256",
                                                                   "rsa2048",
                                                                   "rsa4096",
                                                                   "hs256",
                                                                   "scrypt",
                                                                   "secure",
                                                                   "self",
                                                                   "senha",
                                                                   "service",
                                                                   "sha1",
                                                                   "sha224",
                                                                   "sha256",
                                                                   "sha384",
                                                                   "sha512",
                                                                   "should",
                                                                   "something",
                                                                   "static",
                                                                   "store",
                                                                   "str",
                                                                   "string",
                                                                   "strong",
                                                                   "test",
                                                                   "text",
                                                                   "that",
                                                                   "the",
                                                                   "this",
                                                                   "todo",
                                                                   "true",
                                                                   "type",
                                                                   "uint16",
                                                                   "uint32",
                                                                   "uint64",
                                                                   "uint8",
                                                                   "undefined",
                                                                   "unknown",
                                                                   "updated",
                                                                   "user",
                                                                   "username",
                                                                   "utf16",
                                                                   "utf8",
                                                                   "value",
                                                                   "varchar",
                                                                   "void",
                                                                   "weak",
                                                                   "web3",
                                                                   "what",
                                                                   "when",
                                                                   "which",
                                                                   "will",
                                                                   "with",
                                                                   "wrong",
                                                                   "x509",
                                                                   "your"}));

constexpr auto kNamesOfSecrets =
    std::to_array<std::string_view>({"password", "passwd", "passwort", "passphrase", "passcode", "credential", "secret",
                                     "apikey", "api_key", "api-key", "token",
                                     "\xc5\x9f"
                                     "ifre",
                                     "\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"});

// Letters, "_", "-", "." and at most one digit at the end: what code calls a thing.
bool is_identifier(std::string_view value) {
  if (value.empty() || !(is_letter(value.front()) || value.front() == '_' || is_high(value.front()))) return false;
  if (is_digit(value.back())) value.remove_suffix(1);
  return std::ranges::all_of(value,
                             [](char c) { return is_letter(c) || is_high(c) || c == '_' || c == '-' || c == '.'; });
}

// "required|min:8", "nullable|string": rules that a password is checked against.
bool is_rule(std::string_view value) {
  static constexpr auto kRules =
      std::to_array<std::string_view>({"required", "confirmed", "nullable", "sometimes", "string", "present", "filled",
                                       "same", "min", "max", "between", "size", "regex", "alpha_num"});
  if (!value.contains('|') || value.contains("||")) return false;
  bool known = false;
  while (!value.empty()) {
    const std::string_view part = value.substr(0, value.find('|'));
    const std::string_view name = part.substr(0, part.find(':'));
    if (!std::ranges::all_of(name, [](char c) { return is_lower(c) || c == '_'; })) return false;
    known = known || std::ranges::find(kRules, name) != kRules.end();
    value.remove_prefix(std::min(value.size(), part.size() + 1));
  }
  return known;
}

// "x:1000:1000::/home/ann": the rest of a line of /etc/passwd, which holds no password.
bool is_account_line(std::string_view value) {
  if (value.size() < 5 || !std::string_view("x*!").contains(value[0]) || value[1] != ':' || !is_digit(value[2])) {
    return false;
  }
  const size_t group = value.find(':', 2);
  return group != value.npos && group + 1 < value.size() && is_digit(value[group + 1]);
}

// "at least 8 characters" where no blanks tell a sentence: Chinese, Japanese, Korean.
bool is_requirement(std::string_view value) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"\u81f3\u5c11", "\u6700\u5c11", "\u6700\u591a",       "\u4e0d\u5c11\u4e8e", "\u4e0d\u80fd",
       "\u5fc5\u987b", "\u5fc5\u586b", "\u8bf7\u8f93\u5165", "\u4ee5\u4e0a",       "\u4ee5\u5185",
       "\u4ee5\u5167", "\u4ee5\u4e0b", "\u6587\u5b57",       "\u5b57\u7b26",       "\u5b57\u5143",
       "\u5165\u529b", "\u5fc5\u9808", "\uc774\uc0c1",       "\uc774\ud558",       "\uae00\uc790"});
  return std::ranges::any_of(value, is_high) &&
         std::ranges::any_of(kWords, [&](std::string_view word) { return value.contains(word); });
}

// "12-character", "8-16", "2.5.1", "10:30", "3rd", "50%": figures of speech.
bool is_figure(std::string_view value) {
  size_t at = 0;
  while (at < value.size() && (is_digit(value[at]) || value[at] == '.' || value[at] == ',' || value[at] == '-' ||
                               value[at] == ':' || value[at] == '/')) {
    ++at;
  }
  if (at == 0) return false;
  const std::string_view rest = value.substr(at);
  if (rest.empty()) return value.find_first_not_of("0123456789") != value.npos;
  return rest.size() <= 2 || (!is_digit(value[at - 1]) && is_identifier(rest));
}

}  // namespace

Makeup makeup(std::string_view value) {
  Makeup result;
  std::bitset<256> seen;
  uint32_t stretch = 0;
  Class before = Class::kSymbol;
  for (const char c : value) {
    seen.set(static_cast<unsigned char>(c));
    const Class now = class_of(c);
    result.lower += now == Class::kLower;
    result.upper += now == Class::kUpper;
    result.digits += now == Class::kDigit;
    result.symbols += now == Class::kSymbol;
    result.strong += now == Class::kSymbol && kStrong.find(c) != kStrong.npos;
    stretch = now == Class::kSymbol ? 0 : stretch + 1;
    result.longest = std::max(result.longest, stretch);
    if (stretch > 1 && now != before) ++result.changes;
    before = now;
  }
  result.distinct = static_cast<uint32_t>(seen.count());
  return result;
}

bool is_stand_in(std::string_view value) {
  if (is_mask(value) || is_variable(value) || has_placeholder(value)) return true;
  const std::string low = ascii_lower(value.substr(0, kReach));
  if (low.starts_with("your") || low.ends_with("_here") || low.ends_with("-here") || low == "redacted") return true;
  return std::ranges::any_of(kStandIns, [&](std::string_view part) { return low.find(part) != low.npos; });
}

bool looks_random(std::string_view value) {
  if (value.size() < 16) return false;
  const Makeup parts = makeup(value);
  if (parts.distinct < 7 || parts.longest < 12 || parts.letters() == 0) return false;
  if (parts.digits >= 2 || (parts.digits == 1 && parts.changes * 4 >= value.size())) return true;
  // Letters only: the ups and downs of camel case come once in a word, those of chance at every second letter.
  return parts.changes * 8 >= value.size() * 3;
}

bool is_ordinary(std::string_view value) {
  const std::string low = ascii_lower(value.substr(0, 64));
  if (std::ranges::binary_search(kOrdinary, std::string_view(low))) return true;
  if (!is_identifier(value) || (is_upper(value.front()) && is_digit(value.back()))) return false;
  return std::ranges::any_of(kNamesOfSecrets, [&](std::string_view name) { return low.find(name) != low.npos; });
}

bool is_mail_address(std::string_view value) {
  const size_t at = value.find('@');
  if (at == 0 || at == value.npos || value.find('@', at + 1) != value.npos) return false;
  const std::string_view host = value.substr(at + 1);
  const size_t dot = host.rfind('.');
  if (dot == 0 || dot == host.npos || host.size() - dot < 3) return false;
  if (!std::ranges::all_of(host.substr(dot + 1), is_letter)) return false;
  return std::ranges::all_of(host, [](char c) { return is_alnum(c) || c == '.' || c == '-'; }) &&
         std::ranges::all_of(value.substr(0, at),
                             [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '+'; });
}

bool looks_like_password(std::string_view value, Doubt doubt) {
  if (value.size() < 4 || value.size() > 128 || is_stand_in(value) || is_ordinary(value)) return false;
  if (is_call(value) || is_path(value) || is_mail_address(value)) return false;
  if (is_rule(value) || is_account_line(value) || is_requirement(value)) return false;
  const Makeup parts = makeup(value);
  const bool spaced = value.find_first_of(" \t\n") != value.npos;
  if (parts.distinct < 2 && parts.digits == 0) return false;
  const bool mixed = parts.letters() > 0 && (parts.digits > 0 || parts.strong > 0);
  if (spaced) {
    // "RBI Payments2024!", but no sentence.
    return doubt == Doubt::kLittle && mixed && parts.digits > 0 && std::ranges::count(value, ' ') <= 2;
  }
  if (doubt == Doubt::kLittle) return mixed || parts.digits >= 4 || !is_identifier(value) || value.size() >= 6;
  if (is_figure(value) || is_identifier(value)) {
    const bool whole_word = std::ranges::all_of(value, [](char c) { return is_alnum(c); });
    if (!whole_word || parts.digits == 0 || parts.letters() < 3 || doubt == Doubt::kMuch) return false;
  }
  if (doubt == Doubt::kMuch) {
    return value.size() >= 8 && parts.digits > 0 && parts.strong > 0 && parts.letters() >= 2;
  }
  if (parts.letters() == 0) return parts.digits >= 6 && parts.symbols == 0;
  if (parts.digits > 0) return value.size() >= 5;
  return parts.strong > 0 && parts.upper > 0 && parts.lower > 0 && parts.changes >= 2 && value.size() >= 7;
}

}  // namespace gleaner::privacy
