// The checksums that addresses of crypto currencies carry. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gleaner::privacy {

// Bitcoin's alphabet of 58, and Ripple's order of it.
extern const std::string_view kBase58;
extern const std::string_view kRippleBase58;

// The bytes that `text` (at most 120 bytes) stands for; nothing if it holds another character.
std::optional<std::string> decode_base58(std::string_view text, std::string_view alphabet);

// The bytes before a valid checksum: the first four of SHA-256 twice. https://en.bitcoin.it/wiki/Base58Check_encoding
std::optional<std::string> decode_base58_check(std::string_view text, std::string_view alphabet);

// Whether `text` (one case only) is valid bech32 or bech32m, without their limit of 90, which Cardano does not keep.
// BIP-173, BIP-350.
bool is_bech32(std::string_view text);

// Whether the last two bytes are the CRC-16 (polynomial 0x1021, from 0) of what stands before them, low byte first
// (Stellar: SEP-23) or last (TON: TEP-2).
bool has_crc16(std::string_view bytes, bool low_first);

// RFC 4648; nothing if a character is not of it. Bits that fill no byte are dropped.
std::optional<std::string> decode_base32(std::string_view text);
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace gleaner::privacy
