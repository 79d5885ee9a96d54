#include <algorithm>
#include <array>

#include "base/text.h"
#include "privacy/detect/credential.h"
#include "privacy/detect/secret_value.h"

namespace gleaner::privacy {
namespace {

constexpr bool ends_authority(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '?' || c == '#' || c == '"' || c == '\'' ||
         c == '<' || c == '>' || c == '`' || c == '\\';
}

// What documentation writes for a user or a password.
bool is_documentation(std::string_view part) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"user",     "username", "usr",        "name",   "login",   "pass",        "password", "passwd", "pwd",
       "passwort", "secret",   "token",      "apikey", "api_key", "key",         "x",        "foo",    "bar",
       "user1",    "myuser",   "mypassword", "mypass", "db_user", "db_password", "dbuser",   "dbpass", "dbpassword"});
  const std::string low = ascii_lower(part);
  return std::ranges::find(kWords, std::string_view(low)) != kWords.end();
}

bool has_scheme(std::string_view text, size_t at) {
  size_t begin = at;
  while (begin > 0 && at - begin < 24 &&
         (is_alnum(text[begin - 1]) || text[begin - 1] == '+' || text[begin - 1] == '-')) {
    --begin;
  }
  return at - begin >= 2;
}

}  // namespace

std::optional<Finding> find_url_credentials(const Passage& passage, size_t at) {
  const std::string_view text = passage.text;
  if (text.size() - at < 6 || text[at + 1] != '/' || text[at + 2] != '/') return std::nullopt;
  const size_t begin = at + 3;
  const size_t limit = std::min(text.size(), begin + kReach);
  size_t sign = 0;
  size_t stop = begin;
  for (; stop < limit && !ends_authority(text[stop]); ++stop) {
    if (text[stop] == '@') sign = stop;
  }
  if (sign <= begin || sign + 1 >= stop || begin < passage.from || !has_scheme(text, at)) return std::nullopt;
  const bool beyond_ascii = static_cast<unsigned char>(text[sign + 1]) >= 0x80;
  if (!beyond_ascii && !is_alnum(text[sign + 1]) && text[sign + 1] != '[' && text[sign + 1] != '{' &&
      text[sign + 1] != '$')
    return std::nullopt;
  const std::string_view part = text.substr(begin, sign - begin);
  const size_t colon = part.find(':');
  if (colon == part.npos) {
    if (part.size() < 16 || !looks_random(part) || is_stand_in(part)) return std::nullopt;
    return Finding{begin, sign, Kind::kUrlCredentials, "url_token"};
  }
  const std::string_view user = part.substr(0, colon);
  const std::string_view password = part.substr(colon + 1);
  if (password.empty()) {
    // "https://<key>:@host", as command-line examples of payment services have it.
    if (!looks_random(user) || is_stand_in(user)) return std::nullopt;
    return Finding{begin, sign, Kind::kUrlCredentials, "url_token"};
  }
  if (is_stand_in(password) || (is_documentation(password) && (user.empty() || is_documentation(user)))) {
    return std::nullopt;
  }
  return Finding{begin, sign, Kind::kUrlCredentials, "url_password"};
}

}  // namespace gleaner::privacy
