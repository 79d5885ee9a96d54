#include "privacy/detect/crypto_address.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/hash.h"
#include "privacy/detect/wallet_checksum.h"

namespace gleaner::privacy {
namespace {

std::optional<Finding> find(std::string_view text) {
  return find_crypto_address({text, "", 0}, 0);
}

// Examples of the currencies' own documentation.
TEST(CryptoAddressTest, FindsTheExamplesOfTheirDocumentation) {
  const std::vector<std::pair<std::string_view, std::string_view>> addresses = {
      {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bitcoin"},
      {"3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "bitcoin"},
      {"bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bitcoin"},
      {"BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "bitcoin"},
      {"bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "bitcoin"},
      {"tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "bitcoin_testnet"},
      {"mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "bitcoin_testnet"},
      {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ethereum"},
      {"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "ethereum"},
      {"rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "ripple"},
      {"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "tron"},
      {"GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ", "stellar"},
      {"EQDtFpEwcFAEcRe5mLVh2N6C0x-_hJEM7W61_JLnSF74p4q2", "ton"},
      {"44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A", "monero"},
      {"xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet"
       "8",
       "xpub"},
  };
  for (const auto& [address, detail] : addresses) {
    const std::optional<Finding> found = find(address);
    ASSERT_TRUE(found) << address;
    EXPECT_EQ(found->detail, detail);
    EXPECT_EQ(found->end, address.size());
    EXPECT_EQ(found->kind, Kind::kCryptoAddress);
  }
}

TEST(CryptoAddressTest, AWrongCharacterIsNoAddress) {
  for (std::string address : {"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
                              "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
                              "GA7QYNF7SOWQ3GLR2BGMZEHXAVIRZA4KVWLTJJFC7MGXUA74P7UJVSGZ",
                              "EQDtFpEwcFAEcRe5mLVh2N6C0x-_hJEM7W61_JLnSF74p4q2"}) {
    char& changed = address[address.size() / 2];
    changed = changed == 'p' ? 'q' : 'p';
    EXPECT_FALSE(find(address)) << address;
  }
  EXPECT_FALSE(find("16Yeky6GMjeNkAiNcBY7ZhrLoMSgg1BoyZ2"));
}

TEST(CryptoAddressTest, LeavesDigestsAndNames) {
  for (const std::string_view text :
       {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "0x0000000000000000000000000000000000000000", "e10e747f-0668-4238-9a3d-148b2c8591da",
        "thisIsALongIdentifierOfThirtyFour1", "rate_limit_exceeded_for_this_model",
        "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG", "bc1ThisIsAnIdentifierAndNoAddressAtAll"}) {
    EXPECT_FALSE(find(text)) << text;
  }
}

TEST(CryptoAddressTest, FindsPrivateKeys) {
  // The key of one, built here so that no scanner of secrets stumbles over it.
  std::string payload = "\x80" + std::string(31, '\0') + "\x01";
  const Sha256 once = sha256(payload);
  const Sha256 twice = sha256({reinterpret_cast<const char*>(once.data()), once.size()});
  payload.append(reinterpret_cast<const char*>(twice.data()), 4);
  // Base58 by repeated division.
  std::string key;
  std::vector<unsigned> digits(payload.begin(), payload.end());
  for (unsigned& digit : digits) digit &= 0xff;
  for (size_t i = 0; i < 51; ++i) {
    unsigned rest = 0;
    for (unsigned& digit : digits) {
      const unsigned value = rest * 256 + digit;
      digit = value / 58;
      rest = value % 58;
    }
    key.insert(key.begin(), kBase58[rest]);
  }
  const std::optional<Finding> found = find(key);
  ASSERT_TRUE(found) << key;
  EXPECT_EQ(found->kind, Kind::kPrivateKey);
}

TEST(CryptoAddressTest, SolanaNeedsItsWord) {
  const std::string_view address = "7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV";
  EXPECT_FALSE(find(address));
  const std::string text = "Solana wallet: " + std::string(address);
  EXPECT_TRUE(find_crypto_address({text, "", 0}, 15));
}

}  // namespace
}  // namespace gleaner::privacy
