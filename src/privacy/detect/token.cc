// A run of letters is the most frequent anchor of all: images in base64 hold one every few dozen bytes. So the first
// look is at the four bytes it begins with, and a switch on the byte before it for the marks that end in no letter.

#include "privacy/detect/token.h"

#include <algorithm>
#include <array>
#include <string>

#include "privacy/detect/secret_value.h"
#include "privacy/detect/token_shapes.h"
#include "privacy/detect/wallet_checksum.h"

namespace gleaner::privacy {
namespace {

constexpr bool is_base64url(char c) {
  return is_alnum(c) || c == '_' || c == '-';
}

size_t skip_base64url(std::string_view text, size_t at, size_t limit) {
  const size_t end = std::min(text.size(), at + std::min(limit, text.size()));
  while (at < end && is_base64url(text[at])) ++at;
  return at;
}

// header.payload.signature (JWS), header.payload. (unsigned, or cut by whoever logged it), or the five parts of a JWE.
std::optional<Finding> find_jwt(std::string_view text, size_t at) {
  const size_t dot = skip_base64url(text, at, kReach);
  const bool whole = dot < text.size() && text[dot] == '.';
  if (!whole && dot - at < kReach) return std::nullopt;
  const std::string header = decode_base64url(text.substr(at, dot - at)).value_or("");
  if (!header.starts_with("{\"") && !header.starts_with("{ ")) return std::nullopt;
  const auto says = [&](std::string_view name) { return header.find(name) != header.npos; };
  if (!says("\"alg\"") && !says("\"typ\"") && !says("\"enc\"") && !says("\"kid\"")) return std::nullopt;
  size_t end = skip_base64url(text, dot, text.size());
  if (end >= text.size() || text[end] != '.') return std::nullopt;
  size_t parts = 1;
  size_t payload = 0;
  while (parts < 5 && end < text.size() && text[end] == '.') {
    const size_t next = skip_base64url(text, end + 1, text.size());
    if (parts == 1) payload = next - end - 1;
    if (next == end + 1 && !(parts == 1 && says("\"enc\""))) break;
    end = next;
    ++parts;
  }
  if (parts < 2 || (payload < 8 && !says("\"enc\""))) return std::nullopt;
  return Finding{at, end, Kind::kJwt, "jwt"};
}

// Telegram bots: "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw".
std::optional<Finding> find_bot_token(std::string_view text, size_t at) {
  size_t begin = at - 1;
  while (begin > 0 && at - begin < 12 && is_digit(text[begin - 1])) --begin;
  const size_t digits = at - 1 - begin;
  if (digits < 8 || digits > 10 || (begin > 0 && is_digit(text[begin - 1]))) return std::nullopt;
  const size_t end = skip_base64url(text, at, 40);
  if (end - at < 33 || end - at > 37 || !looks_random(text.substr(at, end - at))) return std::nullopt;
  return Finding{begin, end, Kind::kApiKey, "telegram_token"};
}

// Discord bots: the account's number in base64, a time, a signature, with dots between.
std::optional<Finding> find_discord_token(std::string_view text, size_t at) {
  const size_t first = skip_base64url(text, at, 32);
  if (first - at < 23 || first - at > 28 || first >= text.size() || text[first] != '.') return std::nullopt;
  const size_t second = skip_base64url(text, first + 1, 8);
  if (second - first != 7 || second >= text.size() || text[second] != '.') return std::nullopt;
  const size_t end = skip_base64url(text, second + 1, 48);
  if (end - second < 26 || end - second > 42) return std::nullopt;
  const std::string number = decode_base64url(text.substr(at, first - at)).value_or("-");
  if (!std::ranges::all_of(number, is_digit)) return std::nullopt;
  return Finding{at, end, Kind::kApiKey, "discord_token"};
}

// The last part of a webhook's address is its password: "hooks.slack.com/services/T.../B.../...",
// "discord.com/api/webhooks/<number>/...".
std::optional<Finding> find_webhook(std::string_view text, size_t at) {
  size_t part = at - 1;
  while (part > 0 && at - part < 24 && (is_upper(text[part - 1]) || is_digit(text[part - 1]))) --part;
  if (at - part < 9 || part < 16 || text[part - 1] != '/') return std::nullopt;
  const size_t first = part > 48 ? part - 48 : 0;
  const std::string_view before = text.substr(first, part - first);
  const bool slack = text[part] == 'B' && before.contains("hooks.slack.com/");
  const bool discord = is_digit(text[part]) && before.ends_with("/api/webhooks/");
  if (!slack && !discord) return std::nullopt;
  const size_t end = skip_base64url(text, at, 100);
  const std::string_view secret = text.substr(at, end - at);
  if (!looks_random(secret) || is_stand_in(secret)) return std::nullopt;
  return Finding{at, end, Kind::kApiKey, slack ? "slack_webhook" : "discord_webhook"};
}

// "Authorization: Bearer ..." (RFC 6750)
std::optional<Finding> find_bearer(std::string_view text, size_t at) {
  constexpr size_t kWord = 7;
  if (at < kWord || !std::ranges::equal(
                        text.substr(at - kWord, kWord), std::string_view("bearer "),
                        [](char c, char wanted) { return (is_upper(c) ? c + 32 : c) == wanted; })) {
    return std::nullopt;
  }
  size_t end = at;
  while (end < text.size() && end - at < 2048 &&
         (is_base64url(text[end]) || std::string_view("._~+/=").contains(text[end])))
    ++end;
  while (end > at && text[end - 1] == '.') --end;
  const std::string_view token = text.substr(at, end - at);
  if (!looks_random(token.substr(0, kReach)) || is_stand_in(token)) return std::nullopt;
  return Finding{at, end, Kind::kApiKey, "bearer_token"};
}

// Mailchimp: 32 hexadecimal digits and a data centre, "-us12".
std::optional<Finding> find_mailchimp(std::string_view text, size_t at) {
  const std::string_view key = text.substr(at, 38);
  if (key.size() < 36 || !key.substr(32).starts_with("-us") || !is_digit(key[35])) return std::nullopt;
  if (!std::ranges::all_of(key.substr(0, 32), [](char c) { return belongs(Alphabet::kLowerHex, c); })) {
    return std::nullopt;
  }
  const size_t end = at + 36 + (key.size() > 36 && is_digit(key[36]) ? 1 : 0);
  if (!stands_alone(text, at, end) || !looks_random(key.substr(0, 32))) return std::nullopt;
  return Finding{at, end, Kind::kApiKey, "mailchimp_key"};
}

// Airtable: "pat", 14 letters and digits, a dot, 64 hexadecimal digits.
std::optional<Finding> find_airtable(std::string_view text, size_t at) {
  if (text.size() - at < 82 || text[at + 17] != '.') return std::nullopt;
  const auto hex = text.substr(at + 18, 64);
  if (!std::ranges::all_of(hex, is_hex) || !stands_alone(text, at, at + 82)) return std::nullopt;
  return Finding{at, at + 82, Kind::kApiKey, "airtable_token"};
}

// Entra client secrets: three characters, a digit, "Q~" and 31 to 34 more.
std::optional<Finding> find_entra_secret(std::string_view text, size_t at) {
  if (at < 6 || text[at - 2] != 'Q' || !is_digit(text[at - 3])) return std::nullopt;
  size_t end = at;
  while (end < text.size() && end - at < 40 && (is_base64url(text[end]) || text[end] == '.' || text[end] == '~')) ++end;
  while (end > at && text[end - 1] == '.') --end;
  if (end - at < 31 || end - at > 34) return std::nullopt;
  return Finding{at - 6, end, Kind::kApiKey, "entra_secret"};
}

// Marks that end in "." or "/" stand before the run they belong to.
std::optional<Finding> find_behind_mark(std::string_view text, size_t at) {
  for (const size_t back : {3, 5, 4, 6, 2, 7}) {
    if (at < back) continue;
    const size_t begin = at - back;
    if (begin > 0 && (is_base64url(text[begin - 1]) || text[begin - 1] == '.')) continue;
    size_t end = 0;
    const TokenShape* const shape = find_token_shape(text, begin, end);
    if (shape != nullptr && end > at) return Finding{begin, end, Kind::kApiKey, shape->detail};
  }
  return std::nullopt;
}

std::optional<Finding> find_by_what_precedes(std::string_view text, size_t at) {
  switch (text[at - 1]) {
    case ' ':
      return text[at - 2] == 'r' || text[at - 2] == 'R' ? find_bearer(text, at) : std::nullopt;
    case '.':
      return find_behind_mark(text, at);
    case ':':
      return is_digit(text[at - 2]) ? find_bot_token(text, at) : std::nullopt;
    case '~':
      return find_entra_secret(text, at);
    case '/':
      if (text[at - 2] == ' ') return find_bearer(text, at - 1);
      return text[at - 2] == '/' ? find_behind_mark(text, at) : find_webhook(text, at);
    default:
      return std::nullopt;
  }
}

// "\nghp_..." of a JSON text within a JSON text, "%3Dghp_..." of a form.
size_t skip_escape(std::string_view text, size_t at) {
  if (text[at - 1] == '\\' && (text[at] == 'n' || text[at] == 't' || text[at] == 'r')) return at + 1;
  if (text[at - 1] == '%' && is_hex(text[at]) && is_hex(text[at + 1])) return at + 2;
  return at;
}

std::optional<Finding> find_by_shape(std::string_view text, size_t at) {
  const char first = text[at];
  const char second = text[at + 1];
  if (first == 'e' && second == 'y' && text[at + 2] == 'J') return find_jwt(text, at);
  size_t end = 0;
  const TokenShape* const shape = find_token_shape(text, at, end);
  if (shape != nullptr) return Finding{at, end, Kind::kApiKey, shape->detail};
  if (first >= 'M' && first <= 'O') return find_discord_token(text, at);
  if (first == 'p' && second == 'a' && text[at + 2] == 't') return find_airtable(text, at);
  if (is_hex(first) && text.size() > at + 35 && text[at + 32] == '-') return find_mailchimp(text, at);
  return std::nullopt;
}

// The two looks that nearly every run fails.
bool may_begin(std::string_view text, size_t at) {
  const char first = text[at];
  if (first >= 'M' && first <= 'O') return true;
  if (first == 'e' && text[at + 1] == 'y' && text[at + 2] == 'J') return true;
  if (first == 'p' && text[at + 1] == 'a' && text[at + 2] == 't') return true;
  if (text.size() > at + 35 && text[at + 32] == '-' && text[at + 33] == 'u') return true;
  return may_begin_token(text, at);
}

bool may_be_marked(std::string_view text, size_t at) {
  if (at < 2) return false;
  const char before = text[at - 2];
  switch (text[at - 1]) {
    case ' ':
      return before == 'r' || before == 'R';
    case ':':
      return is_digit(before);
    case '~':
      return before == 'Q';
    case '/':
      return before == '/' || before == ' ' || is_digit(before) || is_upper(before);
    case '.':
    case '\\':
    case '%':
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<Finding> find_token(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (text.size() - at < 16 || (!may_begin(text, at) && !may_be_marked(text, at))) return std::nullopt;
  std::optional<Finding> found = find_by_shape(text, at);
  if (!found && at >= 2) {
    found = find_by_what_precedes(text, at);
    if (!found) {
      const size_t inside = skip_escape(text, at);
      if (inside != at && text.size() - inside > 3) found = find_by_shape(text, inside);
    }
  }
  if (found && found->begin < passage.from) return std::nullopt;
  return found;
}

namespace {

// Longer than any key in use (RSA with 16384 bits: 12 KB).
constexpr size_t kLongestKey = 32768;

// What a line of a key may hold beside its base64: quotes and "+" of source code, ">" of mail, "\n" in two characters.
bool is_key_line(std::string_view line) {
  while (line.ends_with("\\n") || line.ends_with("\\r")) line.remove_suffix(2);
  const auto trimming = [](char c) { return std::string_view(" \t\r\"'`>,#*").contains(c); };
  while (!line.empty() && trimming(line.front())) line.remove_prefix(1);
  while (!line.empty() && trimming(line.back())) line.remove_suffix(1);
  if (line.empty()) return true;
  for (const std::string_view header : {"Proc-Type:", "DEK-Info:", "Version:", "Comment:", "Hash:"}) {
    if (line.starts_with(header)) return true;
  }
  const size_t length = line.size();
  return std::ranges::all_of(line, [](char c) { return is_alnum(c) || c == '+' || c == '/' || c == '='; }) &&
         (length >= 24 || (length >= 4 && (line.ends_with('=') || makeup(line).digits > 0)));
}

// Where a key without END stops: behind its last line that looks like one.
size_t end_of_lines(std::string_view text, size_t at) {
  size_t end = at;
  const size_t limit = std::min(text.size(), at + kLongestKey);
  while (at < limit) {
    size_t stop = at;
    while (stop < limit && text[stop] != '\n' && !(text[stop] == '\\' && text.substr(stop, 2) == "\\n")) ++stop;
    const std::string_view line = text.substr(at, stop - at);
    if (!is_key_line(line)) break;
    if (line.find_first_not_of(" \t\r\\\"") != line.npos) end = stop;
    at = stop + (stop < limit && text[stop] == '\\' ? 2 : 1);
  }
  return end;
}

}  // namespace

std::optional<Finding> find_private_key(const Passage& passage, size_t at) {
  constexpr std::string_view kDashes = "-----";
  constexpr std::string_view kBegin = "BEGIN ";
  constexpr std::string_view kEnd = "END ";
  const std::string_view text = passage.text;
  size_t label = at;
  while (label < text.size() && label - at < 8 && text[label] == '-') ++label;
  if (!text.substr(label).starts_with(kBegin) || at < passage.from) return std::nullopt;
  const size_t label_end = text.substr(0, std::min(text.size(), label + 64)).find(kDashes, label);
  if (label_end == text.npos) return std::nullopt;
  if (text.substr(label, label_end - label).find("PRIVATE KEY") == std::string_view::npos) return std::nullopt;
  const size_t body = label_end + kDashes.size();
  // Up to the next dashes, which are the next anchor: every byte is looked at once.
  const size_t dashes = text.substr(0, std::min(text.size(), body + kLongestKey)).find(kDashes, body);
  size_t end = 0;
  if (dashes != text.npos && text.substr(dashes + kDashes.size()).starts_with(kEnd)) {
    const std::string_view tail = text.substr(dashes, 64);
    const size_t closing = tail.find(kDashes, kDashes.size());
    end = closing == tail.npos ? dashes + kDashes.size() + kEnd.size() : dashes + closing + kDashes.size();
  } else {
    end = end_of_lines(text, body);
  }
  const std::string_view inside = text.substr(body, (dashes != text.npos && dashes < end ? dashes : end) - body);
  if (std::ranges::count_if(inside, is_alnum) < 24 || makeup(inside).distinct < 12 ||
      is_stand_in(inside.substr(0, kReach))) {
    return std::nullopt;
  }
  return Finding{at, end, Kind::kPrivateKey, "pem"};
}

}  // namespace gleaner::privacy
