// The words that say what follows is a secret: "password:", "DB_PASSWD =", "clientSecret", "Kennwort", "パスワード".
// In Latin, Cyrillic, Arabic, Hebrew, Greek, Devanagari and East Asian scripts. Safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gleaner::privacy {

enum class Telling : uint8_t {
  kNothing,
  kPassword,
  kLoosePassword,  // also means other things: pass, pw, clave
  kPin,
  kSecret,
  kKey,
  kToken,
  kPhrase,         // twelve or more words
  kAuthorization,  // the header
};

// The word that `text` ends with. Of a name of several parts ("user_password", "accessToken", "API key") the last
// decide; quotes, brackets and asterisks behind it do not matter. Looks at the last 48 bytes.
Telling telling_word(std::string_view text);

}  // namespace gleaner::privacy
