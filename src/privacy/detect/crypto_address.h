// Finds addresses of crypto currencies, and the private keys of wallets. With their checksums where they have one that
// SHA-256 or a CRC makes: Bitcoin, Litecoin, Dogecoin, Dash, Zcash, Tron, Tezos, Ripple (base58check), Bitcoin,
// Litecoin, Cardano, Cosmos (bech32), Stellar, TON (CRC-16), keys in WIF and BIP-32 form. Without: Ethereum (its
// checksum is in the case of the letters, which many programs do not keep) and Monero, by form; Solana, whose addresses
// are any 32 bytes, only beside a word that says so. Safe from any thread.
#pragma once

#include <optional>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Anchor: the first byte of a run of at least 16 of A-Z a-z 0-9 _ -. Private keys are Kind::kPrivateKey, all else
// Kind::kCryptoAddress.
std::optional<Finding> find_crypto_address(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
