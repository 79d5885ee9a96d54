// Digests, keyed hashes and random bytes. Thread contract: every function is safe from any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace gleaner {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(std::string_view bytes);

// HMAC-SHA-256, RFC 2104.
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);
inline std::string to_hex(const Sha256& digest) {
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// Compares in a time that depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

// Cryptographically secure random bytes from the operating system; the process ends if there are none.
std::string random_bytes(size_t count);

struct Hash128 {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const Hash128&, const Hash128&) = default;
};

// XXH3 with a secret seed: fast, and not predictable by whoever does not know the seed. Not for passwords or
// pseudonyms.
Hash128 keyed_hash128(uint64_t seed, std::string_view bytes);
uint64_t keyed_hash64(uint64_t seed, std::string_view bytes);

}  // namespace gleaner
