#include "privacy/detect/crypto_address.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "privacy/detect/secret_value.h"
#include "privacy/detect/wallet_checksum.h"

namespace gleaner::privacy {
namespace {

// What base58check begins with as text, how long it is, and the version and size of what it stands for.
struct Base58Form {
  char first;
  uint8_t shortest;
  uint8_t longest;
  std::string_view version;
  uint8_t size;  // with the version
  Kind kind;
  std::string_view detail;
};

using namespace std::string_view_literals;

// Version bytes: https://en.bitcoin.it/wiki/List_of_address_prefixes, https://github.com/satoshilabs/slips SLIP-0132,
// and the chainparams of the other currencies.
constexpr auto kForms = std::to_array<Base58Form>({
    {'1', 25, 34, "\x00"sv, 21, Kind::kCryptoAddress, "bitcoin"},
    {'3', 33, 35, "\x05"sv, 21, Kind::kCryptoAddress, "bitcoin"},
    {'m', 33, 35, "\x6f"sv, 21, Kind::kCryptoAddress, "bitcoin_testnet"},
    {'n', 33, 35, "\x6f"sv, 21, Kind::kCryptoAddress, "bitcoin_testnet"},
    {'2', 34, 36, "\xc4"sv, 21, Kind::kCryptoAddress, "bitcoin_testnet"},
    {'L', 33, 35, "\x30"sv, 21, Kind::kCryptoAddress, "litecoin"},
    {'M', 33, 35, "\x32"sv, 21, Kind::kCryptoAddress, "litecoin"},
    {'D', 33, 35, "\x1e"sv, 21, Kind::kCryptoAddress, "dogecoin"},
    {'9', 33, 35, "\x16"sv, 21, Kind::kCryptoAddress, "dogecoin"},
    {'A', 33, 35, "\x16"sv, 21, Kind::kCryptoAddress, "dogecoin"},
    {'X', 33, 35, "\x4c"sv, 21, Kind::kCryptoAddress, "dash"},
    {'t', 34, 36, "\x1c\xb8"sv, 22, Kind::kCryptoAddress, "zcash"},
    {'t', 34, 36, "\x1c\xbd"sv, 22, Kind::kCryptoAddress, "zcash"},
    {'t', 36, 36, "\x06\xa1\x9f"sv, 23, Kind::kCryptoAddress, "tezos"},
    {'t', 36, 36, "\x06\xa1\xa1"sv, 23, Kind::kCryptoAddress, "tezos"},
    {'t', 36, 36, "\x06\xa1\xa4"sv, 23, Kind::kCryptoAddress, "tezos"},
    {'T', 33, 35, "\x41"sv, 21, Kind::kCryptoAddress, "tron"},
    {'5', 51, 51, "\x80"sv, 33, Kind::kPrivateKey, "wif"},
    {'K', 52, 52, "\x80"sv, 34, Kind::kPrivateKey, "wif"},
    {'L', 52, 52, "\x80"sv, 34, Kind::kPrivateKey, "wif"},
    {'6', 58, 58, "\x01"sv, 39, Kind::kPrivateKey, "bip38"},
    {'x', 111, 112, "\x04\x88\xb2\x1e"sv, 78, Kind::kCryptoAddress, "xpub"},
    {'y', 111, 112, "\x04\x9d\x7c\xb2"sv, 78, Kind::kCryptoAddress, "ypub"},
    {'z', 111, 112, "\x04\xb2\x47\x46"sv, 78, Kind::kCryptoAddress, "zpub"},
    {'x', 111, 112, "\x04\x88\xad\xe4"sv, 78, Kind::kPrivateKey, "xprv"},
    {'y', 111, 112, "\x04\x9d\x78\x78"sv, 78, Kind::kPrivateKey, "yprv"},
    {'z', 111, 112, "\x04\xb2\x43\x0c"sv, 78, Kind::kPrivateKey, "zprv"},
});

struct Bech32Form {
  std::string_view prefix;
  std::string_view detail;
  Kind kind = Kind::kCryptoAddress;
};

constexpr auto kBech32Forms = std::to_array<Bech32Form>({{"bc1", "bitcoin"},
                                                         {"tb1", "bitcoin_testnet"},
                                                         {"ltc1", "litecoin"},
                                                         {"addr1", "cardano"},
                                                         {"stake1", "cardano"},
                                                         {"cosmos1", "cosmos"},
                                                         {"osmo1", "osmosis"},
                                                         {"bnb1", "binance"},
                                                         {"zs1", "zcash"},
                                                         {"erd1", "multiversx"},
                                                         {"nsec1", "nostr_key", Kind::kPrivateKey}});

constexpr size_t kLongest = 128;

constexpr bool is_base58(char c) {
  return is_alnum(c) && c != '0' && c != 'O' && c != 'I' && c != 'l';
}

std::optional<Finding> find_base58(std::string_view run, size_t at) {
  for (const Base58Form& form : kForms) {
    if (form.first != run[0] || run.size() < form.shortest || run.size() > form.longest) continue;
    if (!std::ranges::all_of(run, is_base58)) return std::nullopt;
    const std::optional<std::string> bytes = decode_base58_check(run, kBase58);
    if (!bytes) return std::nullopt;
    for (const Base58Form& same : kForms) {
      if (same.first == run[0] && bytes->size() == same.size && bytes->starts_with(same.version)) {
        return Finding{at, at + run.size(), same.kind, same.detail};
      }
    }
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Finding> find_bech32(std::string_view run, size_t at) {
  if (run.size() < 38) return std::nullopt;
  for (const Bech32Form& form : kBech32Forms) {
    const std::string_view start = run.substr(0, form.prefix.size());
    const bool same = std::ranges::equal(start, form.prefix, [](char c, char wanted) {
      return (is_upper(c) ? static_cast<char>(c + 32) : c) == wanted;
    });
    if (same && is_bech32(run)) return Finding{at, at + run.size(), form.kind, form.detail};
  }
  return std::nullopt;
}

std::optional<Finding> find_ethereum(std::string_view run, size_t at) {
  const std::string_view digits = run.substr(2);
  if (!std::ranges::all_of(digits, is_hex) || makeup(digits).distinct < 6) return std::nullopt;
  return Finding{at, at + run.size(), Kind::kCryptoAddress, "ethereum"};
}

// Account numbers (version 6 << 3) and secret seeds (18 << 3).
std::optional<Finding> find_stellar(std::string_view run, size_t at) {
  const std::optional<std::string> bytes = decode_base32(run);
  if (!bytes || !has_crc16(*bytes, true)) return std::nullopt;
  if (bytes->front() == static_cast<char>(6 << 3)) return Finding{at, at + 56, Kind::kCryptoAddress, "stellar"};
  if (bytes->front() == static_cast<char>(18 << 3)) return Finding{at, at + 56, Kind::kPrivateKey, "stellar_seed"};
  return std::nullopt;
}

std::optional<Finding> find_ton(std::string_view run, size_t at) {
  const std::optional<std::string> bytes = decode_base64url(run);
  if (!bytes || bytes->size() != 36 || !has_crc16(*bytes, false)) return std::nullopt;
  return Finding{at, at + run.size(), Kind::kCryptoAddress, "ton"};
}

std::optional<Finding> find_monero(std::string_view run, size_t at) {
  if (!std::ranges::all_of(run, is_base58) || !looks_random(run)) return std::nullopt;
  if (!is_digit(run[1]) && run[1] != 'A' && run[1] != 'B') return std::nullopt;
  return Finding{at, at + run.size(), Kind::kCryptoAddress, "monero"};
}

std::optional<Finding> find_ripple(std::string_view run, size_t at) {
  const std::optional<std::string> bytes = decode_base58_check(run, kRippleBase58);
  if (!bytes || bytes->size() != 21 || bytes->front() != '\0') return std::nullopt;
  return Finding{at, at + run.size(), Kind::kCryptoAddress, "ripple"};
}

std::optional<Finding> find_solana(const Passage& passage, std::string_view run, size_t at) {
  static constexpr auto kWords = std::to_array<std::string_view>(
      {"solana", "sol", "spl", "phantom", "solflare", "wallet", "c\xc3\xbczdan", "cuzdan", "crypto", "blockchain"});
  if (!std::ranges::all_of(run, is_base58)) return std::nullopt;
  const Makeup parts = makeup(run);
  if (parts.digits == 0 || parts.upper < 4 || parts.lower < 4) return std::nullopt;
  if (!near_word(passage, at, at + run.size(), kWords)) return std::nullopt;
  const std::optional<std::string> bytes = decode_base58(run, kBase58);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  return Finding{at, at + run.size(), Kind::kCryptoAddress, "solana"};
}

// What an address can begin with. Solana's, which any character of base58 begins, are told by their length.
constexpr std::array<bool, 256> kMayBegin = [] {
  std::array<bool, 256> result{};
  for (const Base58Form& form : kForms) result[static_cast<unsigned char>(form.first)] = true;
  for (const Bech32Form& form : kBech32Forms) {
    result[static_cast<unsigned char>(form.prefix[0])] = true;
    result[static_cast<unsigned char>(form.prefix[0] - 32)] = true;
  }
  for (const char c : {'0', 'G', 'S', '4', '8', 'r', 'E', 'U'}) result[static_cast<unsigned char>(c)] = true;
  return result;
}();

bool ends_at(std::string_view rest, size_t length) {
  return rest.size() == length || (rest.size() > length && !is_alnum(rest[length]) && is_alnum(rest[length - 1]));
}

}  // namespace

std::optional<Finding> find_crypto_address(const Passage& passage, size_t at) {
  const std::string_view rest = passage.text.substr(at, kLongest + 1);
  const bool may_be_solana = ends_at(rest, 43) || ends_at(rest, 44);
  if ((!kMayBegin[static_cast<unsigned char>(rest[0])] && !may_be_solana) || at < passage.from) return std::nullopt;
  if ((rest[0] == 'E' || rest[0] == 'U') && rest[1] == 'Q') {
    if (rest.size() < 48 || (rest.size() > 48 && !stands_alone(passage.text, at, at + 48))) return std::nullopt;
    return find_ton(rest.substr(0, 48), at);
  }
  // "1A1z...-donate" ends at its hyphen.
  size_t length = 0;
  while (length < rest.size() && is_alnum(rest[length])) ++length;
  if (length < 25 || length > kLongest || (length < rest.size() && rest[length] == '_')) return std::nullopt;
  const std::string_view run = rest.substr(0, length);
  if (auto found = find_base58(run, at)) return found;
  if (length == 42 && run.starts_with("0x")) return find_ethereum(run, at);
  if (length == 56 && (run[0] == 'G' || run[0] == 'S')) return find_stellar(run, at);
  if (length == 95 && (run[0] == '4' || run[0] == '8')) return find_monero(run, at);
  if (length <= 35 && run[0] == 'r') return find_ripple(run, at);
  if (may_be_solana) {
    if (auto found = find_solana(passage, run, at)) return found;
  }
  return find_bech32(run, at);
}

}  // namespace gleaner::privacy
