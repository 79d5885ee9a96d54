// What a secret's value looks like, and what stands in its place in documentation and code: "****", "<your key>",
// "${API_KEY}", "os.environ". Lengths are bytes. Thread contract: pure functions, safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gleaner::privacy {

// What a value is made of. Bytes beyond ASCII count as lower-case letters.
struct Makeup {
  uint32_t lower = 0;
  uint32_t upper = 0;
  uint32_t digits = 0;
  uint32_t symbols = 0;   // what is neither letter nor digit
  uint32_t strong = 0;    // of these, what rarely stands inside an ordinary word: ! @ # $ % ^ & * + = ? ~
  uint32_t changes = 0;   // neighbours of which one is lower case, upper case or a digit and the other something else
  uint32_t distinct = 0;  // different bytes
  uint32_t longest = 0;   // the longest stretch of letters and digits
  uint32_t letters() const { return lower + upper; }
  uint32_t classes() const { return (lower > 0) + (upper > 0) + (digits > 0) + (symbols > 0); }
};
Makeup makeup(std::string_view value);

// A mask, a template, a variable, an expression, a phrase such as "your_password", or a placeholder of ours.
bool is_stand_in(std::string_view value);

// A machine's secret of 16 bytes or more: not words, however they are joined.
bool looks_random(std::string_view value);

// A word that people put behind "password:" without meaning one ("required", "string", "None"), the name of an
// algorithm or type ("sha256"), or a name for a password itself ("db_password").
bool is_ordinary(std::string_view value);

// How much a value must look like a password to be one, from where it stands.
enum class Doubt {
  kLittle,  // it is quoted, or the whole value of a member that is called so
  kSome,    // it follows directly
  kMuch,    // some words stand between
};
bool looks_like_password(std::string_view value, Doubt doubt);

// "name@host.tld" and nothing else.
bool is_mail_address(std::string_view value);

}  // namespace gleaner::privacy
