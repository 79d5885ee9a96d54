#include "privacy/detect/wallet_checksum.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/hash.h"
#include "privacy/detect/detector.h"

namespace gleaner::privacy {

const std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const std::string_view kRippleBase58 = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

namespace {

constexpr size_t kLongestBase58 = 120;
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

uint32_t bech32_step(uint32_t sum, uint32_t value) {
  constexpr std::array<uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  const uint32_t top = sum >> 25;
  sum = (sum & 0x1ffffff) << 5 ^ value;
  for (unsigned bit = 0; bit < kGenerator.size(); ++bit) {
    if ((top >> bit & 1) != 0) sum ^= kGenerator[bit];
  }
  return sum;
}

// Characters of `bits` bits each, most significant first.
template <typename ValueOf>
std::optional<std::string> unpack(std::string_view text, unsigned bits, ValueOf value_of) {
  std::string result;
  uint32_t held = 0;
  unsigned count = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    held = held << bits | static_cast<uint32_t>(value);
    count += bits;
    if (count >= 8) {
      count -= 8;
      result += static_cast<char>(held >> count & 0xff);
    }
  }
  return result;
}

}  // namespace

std::optional<std::string> decode_base58(std::string_view text, std::string_view alphabet) {
  if (text.size() > kLongestBase58) return std::nullopt;
  // Most significant byte last.
  std::array<uint8_t, kLongestBase58> bytes{};
  size_t count = 0;
  for (const char c : text) {
    const size_t digit = alphabet.find(c);
    if (digit == alphabet.npos) return std::nullopt;
    auto carry = static_cast<uint32_t>(digit);
    for (size_t i = 0; i < count; ++i) {
      carry += bytes[i] * 58U;
      bytes[i] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
    while (carry > 0) {
      bytes[count++] = static_cast<uint8_t>(carry);
      carry >>= 8;
    }
  }
  const size_t zeros = std::min(text.find_first_not_of(alphabet[0]), text.size());
  std::string result(zeros, '\0');
  while (count > 0) result += static_cast<char>(bytes[--count]);
  return result;
}

std::optional<std::string> decode_base58_check(std::string_view text, std::string_view alphabet) {
  std::optional<std::string> bytes = decode_base58(text, alphabet);
  if (!bytes || bytes->size() < 5) return std::nullopt;
  const std::string_view payload = std::string_view(*bytes).substr(0, bytes->size() - 4);
  const Sha256 once = sha256(payload);
  const Sha256 twice = sha256({reinterpret_cast<const char*>(once.data()), once.size()});
  if (std::string_view(*bytes).substr(payload.size()) !=
      std::string_view(reinterpret_cast<const char*>(twice.data()), 4)) {
    return std::nullopt;
  }
  bytes->resize(payload.size());
  return bytes;
}

bool is_bech32(std::string_view text) {
  constexpr uint32_t kBech32Sum = 1;
  constexpr uint32_t kBech32mSum = 0x2bc830a3;
  const size_t one = text.rfind('1');
  if (one == text.npos || one == 0 || text.size() - one < 7) return false;
  const bool upper = std::ranges::any_of(text, is_upper);
  if (upper && std::ranges::any_of(text, is_lower)) return false;
  const auto low = [](char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; };
  uint32_t sum = 1;
  for (const char c : text.substr(0, one)) sum = bech32_step(sum, static_cast<uint32_t>(low(c)) >> 5);
  sum = bech32_step(sum, 0);
  for (const char c : text.substr(0, one)) sum = bech32_step(sum, static_cast<uint32_t>(low(c)) & 31);
  for (const char c : text.substr(one + 1)) {
    const size_t value = kBech32.find(low(c));
    if (value == kBech32.npos) return false;
    sum = bech32_step(sum, static_cast<uint32_t>(value));
  }
  return sum == kBech32Sum || sum == kBech32mSum;
}

bool has_crc16(std::string_view bytes, bool low_first) {
  if (bytes.size() < 3) return false;
  uint32_t crc = 0;
  for (const char c : bytes.substr(0, bytes.size() - 2)) {
    crc ^= static_cast<uint32_t>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = ((crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
  }
  const auto first = static_cast<unsigned char>(bytes[bytes.size() - 2]);
  const auto second = static_cast<unsigned char>(bytes[bytes.size() - 1]);
  return low_first ? crc == (first | static_cast<uint32_t>(second) << 8)
                   : crc == (static_cast<uint32_t>(first) << 8 | second);
}

std::optional<std::string> decode_base32(std::string_view text) {
  return unpack(text, 5, [](char c) {
    if (is_upper(c)) return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
  });
}

std::optional<std::string> decode_base64url(std::string_view text) {
  return unpack(text, 6, [](char c) {
    if (is_upper(c)) return c - 'A';
    if (is_lower(c)) return c - 'a' + 26;
    if (is_digit(c)) return c - '0' + 52;
    if (c == '-') return 62;
    return c == '_' ? 63 : -1;
  });
}

}  // namespace gleaner::privacy
