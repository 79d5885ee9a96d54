#include "base/seal.h"

#include <gtest/gtest.h>

namespace gleaner {
namespace {

const Sha256 kKey = derive_key(Secret("a project's secret of 32 bytes...."), "test");

TEST(SealTest, GivesBackWhatWasSealed) {
  for (const std::string& plain : {std::string(), std::string("a"), std::string(1 << 20, 'x')}) {
    const std::string sealed = seal(kKey, plain);
    EXPECT_EQ(sealed.size(), plain.size() + 28);
    const auto back = unseal(kKey, sealed);
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, plain);
  }
  EXPECT_NE(seal(kKey, "same"), seal(kKey, "same"));
}

// Made with the ChaCha20Poly1305 of another library, Python's cryptography.
TEST(SealTest, IsChaCha20Poly1305) {
  Sha256 key;
  for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<unsigned char>(i);
  const std::string hex = "738ad29e915b654842d57ad48398d7530abf78a681895bf11f651321e8df";
  std::string sealed = "abcdefghijkl";
  for (size_t i = 0; i < hex.size(); i += 2) sealed += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  EXPECT_EQ(unseal(key, sealed).value_or("refused"), "spans of a run");
}

TEST(SealTest, EveryByteCounts) {
  const std::string sealed = seal(kKey, "spans");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(kKey, changed)) << i;
    EXPECT_FALSE(unseal(kKey, sealed.substr(0, i))) << i;
  }
  const auto other = unseal(derive_key(Secret("a project's secret of 32 bytes...."), "other"), sealed);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Code::kDataLoss);
}

}  // namespace
}  // namespace gleaner
