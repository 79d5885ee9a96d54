#include "privacy/testing/reference.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace gleaner::privacy::testing {
namespace {

using Text = std::string_view;

constexpr auto digit = [](char c) { return '0' <= c && c <= '9'; };
constexpr auto capital = [](char c) { return 'A' <= c && c <= 'Z'; };
constexpr auto small = [](char c) { return 'a' <= c && c <= 'z'; };
constexpr auto hex = [](char c) { return digit(c) || ('a' <= c && c <= 'f') || ('A' <= c && c <= 'F'); };
constexpr auto alnum = [](char c) { return digit(c) || capital(c) || small(c); };
constexpr auto beyond_ascii = [](char c) { return (c & 0x80) != 0; };
constexpr auto base64url_byte = [](char c) { return alnum(c) || c == '-' || c == '_'; };
constexpr auto blank = [](char c) { return c == ' ' || c == '\n'; };

bool all(Text text, bool (*is)(char)) {
  return !text.empty() && std::ranges::all_of(text, is);
}

std::vector<std::string> split(Text text, char by) {
  std::vector<std::string> parts(1);
  for (const char c : text) c == by ? parts.emplace_back() : parts.back() += c;
  return parts;
}

std::string only_digits(Text text) {
  std::string out;
  for (const char c : text) {
    if (digit(c)) out += c;
  }
  return out;
}

int number(Text digits) {
  return digits.empty() || digits.size() > 9 ? -1 : std::stoi(std::string(digits));
}

// Groups of digits with one separator between them, always the same: "44443" for "4444 4444 4444 4444 333".
std::string group_sizes(Text value) {
  std::string sizes;
  char separator = 0;
  size_t run = 0;
  for (const char c : value) {
    if (digit(c)) {
      ++run;
      continue;
    }
    if ((c != ' ' && c != '-') || run == 0 || (separator != 0 && c != separator)) return "";
    separator = c;
    sizes += static_cast<char>('0' + run);
    run = 0;
  }
  return run == 0 ? "" : sizes + static_cast<char>('0' + run);
}

// ISO/IEC 7812, annex B.
bool luhn(Text digits) {
  int sum = 0;
  bool doubled = false;
  for (size_t i = digits.size(); i > 0; --i, doubled = !doubled) {
    const int value = (digits[i - 1] - '0') * (doubled ? 2 : 1);
    sum += value / 10 + value % 10;
  }
  return sum % 10 == 0;
}

struct Issuer {
  const char* from;  // prefixes of the same length
  const char* to;
  size_t shortest;
  size_t longest;
  bool plain;  // a plain number of the shortest length is believed without a word (payment.h: the wide ranges are not)
};

// Visa, Mastercard, American Express, Diners Club, JCB, Discover, UnionPay, Mir, Troy, RuPay, Verve, Maestro, Uzcard,
// Humo, UATP.
constexpr Issuer kIssuers[] = {
    {"4", "4", 16, 16, true},           {"4", "4", 13, 13, false},       {"4", "4", 19, 19, false},
    {"51", "55", 16, 16, true},         {"2221", "2720", 16, 16, true},  {"34", "34", 15, 15, true},
    {"37", "37", 15, 15, true},         {"300", "305", 14, 19, true},    {"3095", "3095", 14, 19, true},
    {"36", "36", 14, 19, true},         {"38", "39", 14, 19, true},      {"3528", "3589", 16, 19, true},
    {"6011", "6011", 16, 19, true},     {"644", "659", 16, 19, true},    {"62", "62", 16, 19, true},
    {"2200", "2204", 16, 19, true},     {"9792", "9792", 16, 16, true},  {"508500", "508999", 16, 16, true},
    {"607", "608", 16, 16, true},       {"81", "82", 16, 19, false},     {"506099", "506198", 16, 19, true},
    {"507865", "507964", 16, 19, true}, {"50", "50", 12, 19, false},     {"56", "58", 12, 19, false},
    {"6", "6", 12, 19, false},          {"8600", "8600", 16, 16, false}, {"9860", "9860", 16, 16, false},
    {"1", "1", 15, 15, false}};

bool has_issuer(Text digits, bool plain) {
  return std::ranges::any_of(kIssuers, [&](const Issuer& one) {
    const Text prefix = digits.substr(0, Text(one.from).size());
    return prefix >= one.from && prefix <= one.to && digits.size() >= one.shortest &&
           digits.size() <= (plain ? one.shortest : one.longest) && (one.plain || !plain);
  });
}

// SWIFT IBAN registry: country and length.
constexpr Text kIbanLengths =
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 "
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 "
    "LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 "
    "PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 "
    "YE30";

// ITU-T E.164: the assigned country codes; of three digits, the first two and what may follow them.
constexpr Text kShortCodes =
    " 1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 "
    "86 90 91 92 93 94 95 98 ";
constexpr Text kLongCodes =
    " 21:12368 22:0123456789 23:0123456789 24:0123456789 25:012345678 26:0123456789 29:01789 35:0123456789 "
    "37:012345678 38:01235679 42:013 50:0123456789 59:0123456789 67:023456789 68:012356789 69:012 85:02356 88:06 "
    "96:012345678 97:01234567 99:234568 ";

bool has_country_code(const std::string& digits) {
  for (const size_t length : {1, 2}) {
    if (kShortCodes.contains(" " + digits.substr(0, length) + " ")) return true;
  }
  const size_t found = kLongCodes.find(" " + digits.substr(0, 2) + ":");
  return found != Text::npos &&
         kLongCodes.substr(found + 4, kLongCodes.find(' ', found + 1) - found - 4).contains(digits[2]);
}

// Lengths and first digits of national numbers of some countries.
struct Plan {
  Text code;
  size_t length;
  Text first;
};
constexpr Plan kPlans[] = {{"90", 10, "235"}, {"33", 9, "1234567"}, {"44", 10, "127"}, {"34", 9, "6789"},
                           {"48", 9, "4567"}, {"45", 8, "2345"},    {"61", 9, "2478"}, {"49", 11, "1"}};

// What follows a number across a blank may be more of it.
bool apart(Text text, size_t begin, size_t end) {
  const auto numeric = [](char c) { return digit(c) || std::string_view("+-.,:/()#").contains(c); };
  return (begin < 2 || !numeric(text[begin - 2])) && (end + 1 >= text.size() || !numeric(text[end + 1]));
}

std::string base64url(Text text) {
  constexpr Text kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  uint32_t bits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    bits = bits << 6 | static_cast<uint32_t>(kDigits.find(text[i]));
    if (i % 4 != 0) out += static_cast<char>(bits >> (6 - i % 4 * 2) & 0xff);
  }
  return out;
}

bool is_email(Text value) {
  const size_t sign = value.rfind('@');
  const size_t escaped = value.rfind("%40");  // as it stands in a URL
  if (sign == Text::npos && escaped == Text::npos) return false;
  const Text local = value.substr(0, sign == Text::npos ? escaped : sign);
  const Text domain = value.substr(sign == Text::npos ? escaped + 3 : sign + 1);
  if (local.empty() || local.front() == '.' || local.back() == '.' || local.contains("..")) return false;
  for (const char c : local) {
    if (!alnum(c) && !beyond_ascii(c) && !Text("._-+%'").contains(c)) return false;
  }
  const std::vector<std::string> labels = split(domain, '.');
  for (const std::string& label : labels) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    for (const char c : label) {
      if (!alnum(c) && !beyond_ascii(c) && c != '-') return false;
    }
  }
  const std::string& top = labels.back();
  if (labels.size() < 2 || top.size() < 2) return false;
  return top.starts_with("xn--") || all(top, [](char c) { return capital(c) || small(c) || beyond_ascii(c); });
}

}  // namespace

bool is_card(Text value) {
  const std::string digits = only_digits(value);
  const std::string sizes = group_sizes(value);
  // payment.h: groups as cards are printed.
  if (sizes.empty() || (sizes.size() > 1 && !Text(" 44443 44442 4444 4443 4442 465 464 ").contains(" " + sizes + " ")))
    return false;
  return has_issuer(digits, false) && luhn(digits);
}

bool is_iban(Text value) {
  std::string iban;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool separator = (value[i] == ' ' || value[i] == '-') && i > 0 && alnum(value[i - 1]);
    if (separator) continue;
    if (!alnum(value[i])) return false;
    iban += small(value[i]) ? static_cast<char>(value[i] - 'a' + 'A') : value[i];
  }
  if (value.empty() || !alnum(value.back()) || iban.size() < 5 || !all(iban.substr(0, 2), capital) ||
      !all(iban.substr(2, 2), digit))
    return false;
  if (!kIbanLengths.contains(iban.substr(0, 2) + std::to_string(iban.size()))) return false;
  int rest = 0;
  for (const char c : iban.substr(4) + iban.substr(0, 4)) {
    for (const char d : digit(c) ? std::string(1, c) : std::to_string(c - 'A' + 10)) rest = (rest * 10 + d - '0') % 97;
  }
  return rest == 1;
}

namespace {

bool is_ipv4(Text value) {
  const std::vector<std::string> halves = split(value, '/');
  if (halves.size() > 2 ||
      (halves.size() == 2 && (!all(halves[1], digit) || halves[1].size() > 3 || number(halves[1]) > 32)))
    return false;
  const std::vector<std::string> octets = split(halves[0], '.');
  if (octets.size() != 4) return false;
  for (const std::string& octet : octets) {
    if (!all(octet, digit) || octet.size() > 3 || number(octet) > 255 || (octet.size() > 1 && octet[0] == '0')) {
      return false;
    }
  }
  // network.h: what is the same on every machine stays.
  const int first = number(octets[0]);
  if (first == 0 || first == 127 || first == 255) return false;
  return !Text(" 8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 208.67.222.222 ").contains(" " + halves[0] + " ");
}

bool is_mac(Text value) {
  const char separator = value.contains(':') ? ':' : value.contains('-') ? '-' : '.';
  const std::vector<std::string> groups = split(value, separator);
  const size_t width = separator == '.' ? 4 : 2;
  if (width == 4 ? groups.size() != 3 : groups.size() != 6 && groups.size() != 8) return false;
  std::string digits;
  for (const std::string& group : groups) {
    if (group.size() != width || !all(group, hex)) return false;
    digits += group;
  }
  // network.h: all 0 or all f are nobody's.
  return digits.find_first_not_of('0') != Text::npos && digits.find_first_not_of("fF") != Text::npos;
}

// SSA: no area 000, 666 or 900 to 999, no group 00, no serial 0000; two numbers became known in advertisements.
bool is_us_ssn(Text value) {
  if (group_sizes(value) != "324") return false;
  const int area = number(value.substr(0, 3));
  return area != 0 && area != 666 && area < 900 && value.substr(4, 2) != "00" && value.substr(7) != "0000" &&
         only_digits(value) != "078051120" && only_digits(value) != "219099999";
}

}  // namespace

// NVI: ten times the digits in odd places, less those in even places, makes the tenth; all ten the eleventh.
bool is_turkish_id(Text value) {
  if (value.size() != 11 || !all(value, digit) || value[0] == '0') return false;
  int odd = 0;
  int even = 0;
  for (size_t i = 0; i < 9; ++i) (i % 2 == 0 ? odd : even) += value[i] - '0';
  const int tenth = (7 * odd + 9 * even) % 10;
  return value[9] - '0' == tenth && value[10] - '0' == (odd + even + tenth) % 10;
}

namespace {

bool is_jwt(Text value) {
  const std::vector<std::string> parts = split(value, '.');
  if (parts.size() < 2 || parts.size() > 5 || parts[1].size() < 8) return false;
  for (const std::string& part : parts) {
    if (!part.empty() && !all(part, base64url_byte)) return false;
  }
  const std::string header = base64url(parts[0]);
  return header.starts_with('{') && (header.contains("\"alg\"") || header.contains("\"typ\""));
}

bool is_international_phone(Text value) {
  if (value.starts_with('(')) value.remove_prefix(1);
  if (!value.starts_with('+')) return false;
  std::string digits;
  // phone.h: an extension belongs to the finding; the trunk prefix "(0)" is not dialled from abroad.
  const size_t extension = std::min(value.find_first_of("xeE#,dD"), value.size());
  for (size_t i = 1; i < extension; ++i) {
    if (!digit(value[i]) && !beyond_ascii(value[i]) && !Text(" -./()").contains(value[i])) return false;
    if (digit(value[i]) && value.substr(i - 1, 3) != "(0)") digits += value[i];
  }
  return digits.size() >= 7 && digits.size() <= 15 && has_country_code(digits);
}

struct Provider {
  Text detail;
  Text prefix;
  bool (*is)(char);
  size_t length;  // as documented, without the prefix
};
constexpr Provider kProviders[] = {
    {"github_token", "ghp_", alnum, 36},
    {"npm_token", "npm_", alnum, 36},
    {"huggingface_token", "hf_", alnum, 34},
    {"aws_access_key", "AKIA", [](char c) { return capital(c) || ('2' <= c && c <= '7'); }, 16},
    {"google_api_key", "AIza", base64url_byte, 35},
    {"gitlab_token", "glpat-", base64url_byte, 20},
    {"stripe_key", "sk_live_", alnum, 24}};

size_t longest_word(Text text) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) longest = std::max(longest, run = alnum(c) ? run + 1 : 0);
  return longest;
}

bool provider_key(const Provider& one, Text value, bool exact) {
  if (!value.starts_with(one.prefix)) return false;
  const Text body = value.substr(one.prefix.size());
  // token_shapes.h: lengths are given some room; letters and digits as chance would mix them, no joined words.
  if (!exact) return body.size() * 2 >= one.length && all(body, [](char c) { return base64url_byte(c) || c == '.'; });
  return body.size() == one.length && all(body, one.is) && longest_word(body) >= 12 && only_digits(body).size() >= 2;
}

// user:password of scheme://user:password@host
bool is_url_credentials(Text text, size_t begin, size_t end) {
  if (begin < 4 || text.substr(begin - 3, 3) != "://" || !alnum(text[begin - 4])) return false;
  // credential.h: a host stands behind it.
  if (end + 1 >= text.size() || text[end] != '@' || !(alnum(text[end + 1]) || beyond_ascii(text[end + 1])))
    return false;
  const Text value = text.substr(begin, end - begin);
  return value.contains(':') && value.find(':') + 1 < value.size() &&
         value.find_first_of(" \n\t/?#\"<>\\") == Text::npos;
}

// ---- what stands alone. Each gives the end of the value that begins at `begin`, or 0.

size_t end_of_word(Text text, size_t begin) {
  return std::min(text.find_first_of(" \n", begin), text.size());
}

// The longest of what `words` words beginning at `begin`, with single blanks between, may make.
size_t longest(Text text, size_t begin, int words, bool (*is)(Text)) {
  size_t found = 0;
  size_t end = begin;
  for (int word = 0; word < words; ++word) {
    end = end_of_word(text, end);
    if (is(text.substr(begin, end - begin))) found = end;
    if (end >= text.size() || text[end] != ' ') break;
    ++end;
  }
  return found;
}

bool must_be_card(Text value) {
  if (!is_card(value)) return false;
  const std::string digits = only_digits(value);
  const bool plain = digits.size() == value.size();
  // payment.h: one plain run of digits in ten passes Luhn. UATP owns all of 1, where timestamps stand.
  return plain ? has_issuer(digits, true) : digits[0] != '1';
}

bool must_be_ipv4(Text value) {
  if (!is_ipv4(value)) return false;
  const std::vector<std::string> octets = split(value.substr(0, value.find('/')), '.');
  const bool round = octets[1] == "0" && octets[2] == "0" && octets[3] == "0";
  const bool single = octets[0].size() + octets[1].size() + octets[2].size() + octets[3].size() == 4;
  // network.h: "1.2.3.4" and "114.0.0.0" are versions.
  return octets[0] == "10" || value.contains('/') || (!round && !single);
}

bool must_be_mac(Text value) {
  if (!is_mac(value)) return false;
  // Six pairs of digits with dashes are a date and a time, three groups with dots a version.
  if (value.contains('.') && only_digits(value).size() < 4) return false;  // scanner.cc: too few digits to be looked at
  return value.contains(':') || value.find_first_of("abcdefABCDEF") != Text::npos;
}

bool must_be_phone(Text value) {
  if (!value.starts_with('+') || group_sizes(value.substr(1)).empty()) return false;
  const std::string digits = only_digits(value);
  for (const Plan& plan : kPlans) {
    if (!digits.starts_with(plan.code) || digits.size() != plan.code.size() + plan.length) continue;
    return plan.first.contains(digits[plan.code.size()]);
  }
  return false;
}

bool must_be_email(Text value) {
  constexpr Text kTops = " com org net de tr io ";
  if (value.contains('%') || !is_email(value)) return false;
  if (!kTops.contains(" " + std::string(value.substr(value.rfind('.') + 1)) + " ")) return false;
  // What stands in a long local part may be taken for itself: a number, a token.
  const Text local = value.substr(0, value.find('@'));
  if (local.size() > 16 || only_digits(local).size() > 2) return false;
  // email.h: an address of Latin letters may stand right behind a word of another script.
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0xc0 || (byte >= 0xc3 && byte <= 0xca);
  });
}

bool must_be_jwt(Text value) {
  return is_jwt(value) && value.starts_with("eyJ") && split(value, '.').size() == 3 && !value.ends_with('.');
}

bool must_be_key(Text value) {
  return std::ranges::any_of(kProviders, [&](const Provider& one) { return provider_key(one, value, true); });
}

std::optional<Finding> url_alone(Text text, size_t begin) {
  const size_t end = end_of_word(text, begin);
  const size_t slashes = text.find("://", begin);
  const size_t sign = text.rfind('@', end);
  if (slashes >= end || sign == Text::npos || sign < slashes || !is_url_credentials(text, slashes + 3, sign)) {
    return std::nullopt;
  }
  return Finding{slashes + 3, sign, Kind::kUrlCredentials, ""};
}

struct Form {
  Kind kind;
  int words;
  bool number;
  bool (*is)(Text);
};
constexpr Form kForms[] = {
    {Kind::kJwt, 1, false, must_be_jwt},         {Kind::kApiKey, 1, false, must_be_key},
    {Kind::kEmail, 1, false, must_be_email},     {Kind::kIban, 9, false, is_iban},
    {Kind::kCard, 5, true, must_be_card},        {Kind::kIpAddress, 1, false, must_be_ipv4},
    {Kind::kMacAddress, 1, true, must_be_mac},   {Kind::kNationalId, 1, true, is_us_ssn},
    {Kind::kNationalId, 1, true, is_turkish_id}, {Kind::kPhone, 5, true, must_be_phone},
};

std::optional<Finding> value_at(Text text, size_t begin) {
  if (const auto url = url_alone(text, begin)) return url;
  for (const Form& form : kForms) {
    const size_t end = longest(text, begin, form.words, form.is);
    if (end == 0) continue;
    if ((form.number || digit(text[begin])) && !apart(text, begin, end)) return std::nullopt;
    // network.h: "v", "IdV" and the like say version.
    const size_t before = std::min<size_t>(begin, 20);
    if (form.kind == Kind::kIpAddress && text.substr(begin - before, before).find_first_of("vV") != Text::npos) {
      return std::nullopt;
    }
    return Finding{begin, end, form.kind, ""};
  }
  return std::nullopt;
}

bool names_ssn(Text text, const Finding& finding) {
  const size_t first = finding.begin > 64 ? finding.begin - 64 : 0;
  const Text around = text.substr(first, finding.end - first + 32);
  return around.contains("ssn") || around.contains("SSN") || around.contains("ocial");
}

}  // namespace

std::vector<Finding> values_alone(Text text) {
  std::vector<Finding> found;
  for (size_t at = 0; at < text.size(); ++at) {
    if (blank(text[at]) || (at > 0 && !blank(text[at - 1]))) continue;
    if (const auto value = value_at(text, at)) {
      found.push_back(*value);
      at = value->end;
    }
  }
  return found;
}

std::optional<bool> confirmed(Text text, const Finding& finding) {
  const Text value = text.substr(finding.begin, finding.end - finding.begin);
  const bool whole = (finding.begin == 0 || !digit(text[finding.begin - 1])) &&
                     (finding.end == text.size() || !alnum(text[finding.end]));
  switch (finding.kind) {
    case Kind::kEmail:
      return is_email(value);
    case Kind::kCard:
      return whole && is_card(value);
    case Kind::kIban:
      return whole && is_iban(value);
    case Kind::kIpAddress:
      if (finding.detail != "IPV4") return std::nullopt;
      return whole && is_ipv4(value);
    case Kind::kMacAddress:
      return whole && is_mac(value);
    case Kind::kNationalId:
      if (finding.detail == "TR_NATIONAL_ID") return whole && is_turkish_id(value);
      // identifier.h: what is called an SSN is taken for one.
      if (finding.detail != "US_SSN" || names_ssn(text, finding)) return std::nullopt;
      return whole && is_us_ssn(value);
    case Kind::kJwt:
      return is_jwt(value);
    case Kind::kUrlCredentials:
      if (finding.detail != "url_password") return std::nullopt;
      return is_url_credentials(text, finding.begin, finding.end);
    case Kind::kPhone:
      if (!value.starts_with('+')) return std::nullopt;
      return whole && is_international_phone(value);
    case Kind::kApiKey:
      for (const Provider& one : kProviders) {
        if (one.detail == finding.detail && value.starts_with(one.prefix)) return provider_key(one, value, false);
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace gleaner::privacy::testing
