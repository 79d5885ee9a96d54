#include "base/signature.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace gleaner {
namespace {

std::string bytes(std::string_view base64url) {
  return base64url_decode(base64url).value();
}

// RFC 7515, appendix A.2 and A.3: the keys, what is signed, and the signatures.
constexpr std::string_view kModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
    "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg6"
    "65xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyu"
    "XpoQ";
constexpr std::string_view kClaims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
constexpr std::string_view kRsaSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1d"
    "nZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwu"
    "sC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
    "IoypGlUPQGe77Rw";
constexpr std::string_view kX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view kEcSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

std::string signed_text(std::string_view header) {
  return base64url_encode(header) + "." + std::string(kClaims);
}

TEST(Base64Test, EncodesAndDecodes) {
  for (const auto& [plain, encoded] :
       {std::pair{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"?>~", "Pz5-"}}) {
    EXPECT_EQ(base64url_encode(plain), encoded);
    EXPECT_EQ(base64url_decode(encoded), plain);
  }
  const std::string zeros_and_ones("\0\xff\0\xff\xff", 5);
  EXPECT_EQ(base64url_decode(base64url_encode(zeros_and_ones)), zeros_and_ones);
}

TEST(Base64Test, RefusesWhatNoBytesEncodeTo) {
  for (const char* text : {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm 8", "Zm+8", "Zm/8", "Zm8\n", "Zm9vZ"}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
}

TEST(SignatureTest, VerifiesTheExamplesOfTheRfc) {
  const auto rsa = PublicKey::rsa(bytes(kModulus), bytes("AQAB"));
  ASSERT_TRUE(rsa) << rsa.error().message;
  EXPECT_EQ(rsa->algorithm(), SignatureAlgorithm::kRs256);
  EXPECT_TRUE(rsa->verify(signed_text(R"({"alg":"RS256"})"), bytes(kRsaSignature)));
  EXPECT_FALSE(rsa->verify(signed_text(R"({"alg":"RS257"})"), bytes(kRsaSignature)));
  const auto ec = PublicKey::p256(bytes(kX), bytes(kY));
  ASSERT_TRUE(ec) << ec.error().message;
  EXPECT_EQ(ec->algorithm(), SignatureAlgorithm::kEs256);
  EXPECT_TRUE(ec->verify(signed_text(R"({"alg":"ES256"})"), bytes(kEcSignature)));
  EXPECT_FALSE(ec->verify(signed_text(R"({"alg":"ES257"})"), bytes(kEcSignature)));
}

TEST(SignatureTest, RefusesSignaturesOfAnyOtherShape) {
  const auto rsa = PublicKey::rsa(bytes(kModulus), bytes("AQAB")).value();
  const auto ec = PublicKey::p256(bytes(kX), bytes(kY)).value();
  const std::string rsa_text = signed_text(R"({"alg":"RS256"})");
  const std::string ec_text = signed_text(R"({"alg":"ES256"})");
  for (const size_t size : {0, 1, 32, 63, 64, 65, 128, 255, 256, 257}) {
    for (const char byte : {'\0', '\1', '\xff'}) {
      EXPECT_FALSE(rsa.verify(rsa_text, std::string(size, byte))) << size;
      EXPECT_FALSE(ec.verify(ec_text, std::string(size, byte))) << size;
    }
  }
  const std::string good = bytes(kEcSignature);
  EXPECT_FALSE(ec.verify(ec_text, good.substr(32) + good.substr(0, 32)));
  EXPECT_FALSE(ec.verify(ec_text, good + '\0'));
  EXPECT_FALSE(rsa.verify(rsa_text, bytes(kRsaSignature) + '\0'));
}

TEST(SignatureTest, RefusesWeakAndBrokenKeys) {
  const std::string modulus = bytes(kModulus);
  EXPECT_TRUE(PublicKey::rsa('\0' + modulus, bytes("AQAB")));
  EXPECT_FALSE(PublicKey::rsa(modulus.substr(0, 128), bytes("AQAB")));
  EXPECT_FALSE(PublicKey::rsa(std::string(1025, '\xff'), bytes("AQAB")));
  EXPECT_FALSE(PublicKey::rsa(std::string(5000, '\xff'), bytes("AQAB")));
  EXPECT_FALSE(PublicKey::rsa("", ""));
  for (const char* exponent : {"", "\1", "\4", "\1\1\1\1\1\1\1\1\1", "\1\1\1\1\1\1\1\1\1\1"}) {
    EXPECT_FALSE(PublicKey::rsa(modulus, exponent));
  }
  EXPECT_FALSE(PublicKey::p256(bytes(kX), bytes(kX)));
  EXPECT_FALSE(PublicKey::p256(bytes(kX), bytes(kY).substr(1)));
  EXPECT_FALSE(PublicKey::p256(std::string(32, '\0'), std::string(32, '\0')));
  EXPECT_FALSE(PublicKey::p256(std::string(32, '\xff'), std::string(32, '\xff')));
  EXPECT_FALSE(PublicKey::p256("", ""));
}

}  // namespace
}  // namespace gleaner
