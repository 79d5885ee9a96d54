// Colons and equals signs are everywhere and hardly one stands behind such a word, so the first look is at the last
// two letters only.

#include "privacy/detect/telling_word.h"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {
namespace {

using enum Telling;

struct Word {
  std::string_view text;  // lower case, without what joins its parts
  Telling says;
  bool whole = false;  // not inside a longer word: "pin" but not "spin"
};

constexpr auto kLatin = std::to_array<Word>({
    {"password", kPassword},
    {"passwords", kPassword},
    {"passwort", kPassword},
    {"passwd", kPassword},
    {"passwrd", kPassword},
    {"passphrase", kPassword},
    {"passcode", kPassword},
    {"kennwort", kPassword},
    {"wachtwoord", kPassword},
    {"adgangskode", kPassword},
    {"salasana", kPassword},
    {"katasandi", kPassword},
    {"parola", kPassword, true},
    {"parolam", kPassword, true},
    {"parolasi", kPassword, true},
    {"sifre", kPassword, true},
    {"sifrem", kPassword, true},
    {"sifresi", kPassword, true},
    {"motdepasse", kPassword},
    {"contrasena", kPassword},
    {"contrasenya", kPassword},
    {"senha", kPassword, true},
    {"heslo", kPassword, true},
    {"haslo", kPassword, true},
    {"pwd", kPassword, true},
    {"mdp", kPassword, true},
    {"pass", kLoosePassword, true},
    {"userpass", kLoosePassword},
    {"dbpass", kLoosePassword},
    {"pw", kLoosePassword, true},
    {"clave", kLoosePassword, true},
    {"pin", kPin, true},
    {"pincode", kPin},
    {"secret", kSecret, true},
    {"clientsecret", kSecret},
    {"apisecret", kSecret},
    {"apikey", kKey},
    {"apikeys", kKey},
    {"accesskey", kKey},
    {"accesskeyid", kKey},
    {"secretkey", kKey},
    {"secretaccesskey", kKey},
    {"privatekey", kKey},
    {"accountkey", kKey},
    {"subscriptionkey", kKey},
    {"encryptionkey", kKey},
    {"decryptionkey", kKey},
    {"signingkey", kKey},
    {"masterkey", kKey},
    {"authkey", kKey},
    {"servicekey", kKey},
    {"servicerolekey", kKey},
    {"storagekey", kKey},
    {"consumerkey", kKey},
    {"licensekey", kKey},
    {"applicationkey", kKey},
    {"appkey", kKey},
    {"deploykey", kKey},
    {"integrationkey", kKey},
    {"cryptokey", kKey},
    {"apischl\u00fcssel", kKey},
    {"anahtar\u0131", kKey},
    {"accesstoken", kKey},
    {"authtoken", kKey},
    {"authenticationtoken", kKey},
    {"refreshtoken", kKey},
    {"apitoken", kKey},
    {"bottoken", kKey},
    {"securitytoken", kKey},
    {"sessiontoken", kKey},
    {"secrettoken", kKey},
    {"personaltoken", kKey},
    {"sig", kKey, true},
    {"amzsignature", kKey},
    {"googsignature", kKey},
    {"token", kToken},
    {"bearer", kToken, true},
    {"jwt", kToken, true},
    {"seedphrase", kPhrase},
    {"recoveryphrase", kPhrase},
    {"mnemonic", kPhrase},
    {"mnemonicphrase", kPhrase},
    {"seedwords", kPhrase},
    {"authorization", kAuthorization, true},
});

// With the upper-case letters these scripts may begin them with.
constexpr auto kOther = std::to_array<Word>({
    {"\u015fifre", kPassword},
    {"\u015eifre", kPassword},
    {"\u015fifresi", kPassword},
    {"\u015eifresi", kPassword},
    {"\u015fifrem", kPassword},
    {"\u015eifrem", kPassword},
    {"\u015e\u0130FRE", kPassword},
    {"parolas\u0131", kPassword},
    {"contrase\u00f1a", kPassword},
    {"CONTRASE\u00d1A", kPassword},
    {"palavrapasse", kPassword},
    {"has\u0142o", kPassword},
    {"l\u00f6senord", kPassword},
    {"jelsz\u00f3", kPassword},
    {"parol\u0103", kPassword},
    {"m\u1eadtkh\u1ea9u", kPassword},
    {"\u043f\u0430\u0440\u043e\u043b\u044c", kPassword},  // Russian
    {"\u041f\u0430\u0440\u043e\u043b\u044c", kPassword},  // with a capital
    {"\u041f\u0410\u0420\u041e\u041b\u042c", kPassword},  // in capitals
    {"\u043f\u0430\u0440\u043e\u043b\u0430", kPassword},  // Bulgarian
    {"\u043a\u043e\u0434\u043e\u0432\u043e\u0435\u0441\u043b\u043e\u0432\u043e", kPassword},
    {"\u043f\u0438\u043d\u043a\u043e\u0434", kPin},
    {"\u043a\u043b\u044e\u0447api", kKey},
    {"\u0442\u043e\u043a\u0435\u043d", kToken},
    {"\u0643\u0644\u0645\u0629\u0627\u0644\u0645\u0631\u0648\u0631", kPassword},  // Arabic
    {"\u0643\u0644\u0645\u0629\u0627\u0644\u0633\u0631", kPassword},
    {"\u0627\u0644\u0631\u0642\u0645\u0627\u0644\u0633\u0631\u064a", kPassword},
    {"\u0631\u0645\u0632\u0639\u0628\u0648\u0631", kPassword},  // Persian
    {"\u05e1\u05d9\u05e1\u05de\u05d4", kPassword},              // Hebrew
    {"\u03ba\u03c9\u03b4\u03b9\u03ba\u03cc\u03c2", kPassword},  // Greek
    {"\u092a\u093e\u0938\u0935\u0930\u094d\u0921", kPassword},  // Hindi
    {"\u5bc6\u7801", kPassword},                                // Chinese
    {"\u5bc6\u78bc", kPassword},
    {"\u53e3\u4ee4", kPassword},
    {"\u5bc6\u94a5", kKey},
    {"\u4ee4\u724c", kToken},
    {"\u30d1\u30b9\u30ef\u30fc\u30c9", kPassword},  // Japanese
    {"\u6697\u8a3c\u756a\u53f7", kPin},
    {"\ube44\ubc00\ubc88\ud638", kPassword},  // Korean
});

// They end like a telling word and are none: places in a listing, counts, names of things.
constexpr auto kInnocent = std::to_array<std::string_view>(
    {"pagetoken", "nexttoken", "synctoken", "continuationtoken", "starttoken", "maxtoken", "stoptoken", "eostoken",
     "bostoken", "padtoken", "unktoken", "masktoken", "newtoken", "totaltoken", "pertoken", "bypass", "compass",
     "publictoken"});

constexpr char lower(char c) {
  return is_upper(c) ? static_cast<char>(c + 32) : c;
}
constexpr bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

// Words by the last two bytes, the longest first: one look says that nothing ends so.
constexpr size_t kBuckets = 256;
constexpr size_t bucket_of(char last_but_one, char last) {
  return (static_cast<unsigned char>(last_but_one) * 31U + static_cast<unsigned char>(last) * 7U) % kBuckets;
}

using Buckets = std::array<std::vector<Word>, kBuckets>;

Buckets make_buckets() {
  Buckets result;
  const auto add = [&](const Word& word) {
    const std::string_view text = word.text;
    result[bucket_of(lower(text[text.size() - 2]), lower(text.back()))].push_back(word);
  };
  std::ranges::for_each(kLatin, add);
  std::ranges::for_each(kOther, add);
  for (auto& words : result)
    std::ranges::stable_sort(words, std::greater<>{}, [](const Word& w) { return w.text.size(); });
  return result;
}

const Buckets kWords = make_buckets();

constexpr bool is_joint(char c) {
  return c == '_' || c == '-' || c == ' ' || c == '.';
}

// What may stand between the word and what follows it: "password", `password`, **Password**, config["password"].
size_t without_closers(std::string_view text) {
  size_t end = text.size();
  const size_t least = end > 6 ? end - 6 : 0;
  while (end > least && std::string_view(" \t\"'`*]\\)").contains(text[end - 1])) --end;
  return end;
}

// Whether the name that `text` ends with ends with the word, whatever joins the parts of either.
bool ends_with(std::string_view text, const Word& word) {
  size_t at = text.size();
  for (size_t left = word.text.size(); left > 0; --left) {
    while (at > 0 && left < word.text.size() && is_joint(text[at - 1])) --at;
    const char c = at > 0 ? text[at - 1] : ' ';
    if (c != word.text[left - 1] && lower(c) != word.text[left - 1]) return false;
    --at;
  }
  if (!word.whole || at == 0) return true;
  const char before = text[at - 1];
  if (is_high(before)) return false;
  return !is_letter(before) || (is_lower(before) && is_upper(text[at]));
}

// "password: str = ..." names the type between.
std::string_view without_type(std::string_view text) {
  for (const std::string_view type : {": str", ": string", ": String", ": &str", ": SecretStr", ": Optional[str"}) {
    if (text.ends_with(type)) return text.substr(0, text.size() - type.size());
  }
  return text;
}

// "[PASSWORD]", "[API_KEY_3f2a]": what redaction left says nothing of what follows it. `end` is behind the word.
bool is_placeholder(std::string_view text, size_t end) {
  if (end >= text.size() || text[end] != ']') return false;
  size_t begin = end;
  while (begin > 0 && (is_alnum(text[begin - 1]) || text[begin - 1] == '_')) --begin;
  return begin > 0 && begin < end && text[begin - 1] == '[' && is_upper(text[begin]);
}

}  // namespace

Telling telling_word(std::string_view text) {
  const size_t end = without_closers(text);
  if (is_placeholder(text, end)) return kNothing;
  text = text.substr(0, end);
  if (text.size() < 2) return kNothing;
  if (text.back() == 'r' || text.back() == 'g') text = without_type(text);
  size_t last = text.size();
  while (last > 2 && text.size() - last < 2 && is_digit(text[last - 1])) --last;
  text = text.substr(0, last);
  const auto& words = kWords[bucket_of(lower(text[text.size() - 2]), lower(text.back()))];
  const auto word = std::ranges::find_if(words, [&](const Word& each) { return ends_with(text, each); });
  if (word == words.end()) return kNothing;
  const bool innocent =
      std::ranges::any_of(kInnocent, [&](std::string_view name) { return ends_with(text, {name, kNothing}); });
  return innocent ? kNothing : word->says;
}

}  // namespace gleaner::privacy
