#include "http/jwt.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/hash.h"

namespace gleaner::http {
namespace {

using testing::HasSubstr;

// Keys made for these tests, and tokens signed with their private halves. Their claims: iss "https://ref.supabase.co/
// auth/v1", aud "authenticated", sub "ann", issued at kNow, good for an hour.
constexpr std::string_view kKeys = R"({"keys":[
{"kty":"oct","kid":"shared","k":"AAAA","alg":"HS256"},
{"kty":"OKP","crv":"Ed25519","kid":"ed","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
{"kty":"RSA","kid":"weak","use":"sig","alg":"RS256","n":"xDf5dU2FFkEnY1ZE4P65BIyxgqxYfDRjF4HfEdn6WoG9oIC6lAKJrHJS39RMmGgvAcFXIcd7ZLFX-DyEKW4XVkg0cWMSsz4dQWRI36SCxMDbCWNWRqR5tIi0aL_xIPZfsz_TEqegJ_Ny-FSo5Rp__FV7ZzHhjHgvE7ppdqprmOc","e":"AQAB"},
{"kty":"EC","crv":"P-256","kid":"for-encryption","use":"enc","x":"SLHVYlbnWaSnmAKSFYqGUpY9hUTOsYGh12tf2aSkU10","y":"F0F7faR2-ekvDe9TOMIcFleYddQtw7XToRhmmMuGfjA"},
{"kty":"RSA","kid":"rsa-1","use":"sig","alg":"RS256","n":"uE4lA9t2wUnyf7Qrkf0FJ7N6J_m8cedKA4nmw0Z71YzDoaTKqT3gADrDOmRLkTQiHTRTu-uMoYgAYYO8JkWkyqYHMvwTyWg8KSE6usfLN6Da5VEIWaEbSk-dcjb8g-zfneg_fZFBJn6YSZIQBBVVREYArQ9T4L03RIci4wyLbghCcetfhT50HOlUq0Yn1Noc7KKkp-zO0YYx7LkYyFGtkg7Hf5qLI12TrfS_QW7OeGWxQUMzqcNa_Vvm_j1aZTjBe5Oe59zGW_RyyeTtlFNoE8oE1wzggvLtJHImkUFF5xnsK9Ttn9ao1vqgidlVllXq8oU84iROVSJ41OYI6lmrpQ","e":"AQAB"},
{"kty":"EC","crv":"P-256","kid":"ec-1","key_ops":["verify"],"alg":"ES256","x":"d3nLmHBgiXde6OXmsKaNEWRcAxcmobiJJd4vg_RLMr4","y":"Ti2ype0pF0z1ZV6KyzJ2JxKeqdk0B_Smyxvu3QDh6vw"}]})";
constexpr std::string_view kSecondKey =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"ec-1","x":"d3nLmHBgiXde6OXmsKaNEWRcAxcmobiJJd4vg_RLMr4","y":"Ti2ype0pF0z1ZV6KyzJ2JxKeqdk0B_Smyxvu3QDh6vw"},
{"kty":"EC","crv":"P-256","kid":"ec-2","x":"SLHVYlbnWaSnmAKSFYqGUpY9hUTOsYGh12tf2aSkU10","y":"F0F7faR2-ekvDe9TOMIcFleYddQtw7XToRhmmMuGfjA"}]})";
constexpr std::string_view kClaimsPart =
    "eyJpc3MiOiJodHRwczovL3JlZi5zdXBhYmFzZS5jby9hdXRoL3YxIiwiYXVkIjoiYXV0aGVudGljYXRlZCIsInN1YiI6ImFubiIsInJvbGUiOiJhdX"
    "RoZW50aWNhdGVkIiwiaWF0IjoxNzk1MjYyNDAwLCJleHAiOjE3OTUyNjYwMDB9";
const std::string kRsaToken =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYS0xIiwidHlwIjoiSldUIn0." + std::string(kClaimsPart) +
    ".Xona1-q3Nq5YarHg_lZKs_cMi5EujZXgBBMPjHJLY4If3YHAgSeQWbmjRG5iVPtZa7Ib-1JDzJgUhDjfWmU0aw_z2d7kfXo70f4Si1rMfM2v5WUPi"
    "K8DbY_DApeJtef9NfU-vdHC-QMSLw8dmtEbuOCqGn2f_UaaVXwEdSzst6Hypdcff_kxYx7tcQLxq42Iu5eLpu93hHaf5z7C8apGKoj6BwJNpWdMcic"
    "3hu3z7X-wKgXrQFxZty8I0SZCYgsbSnG9ZmnHvP5nl1etdwiIdQJ_yaZvF_BWMQJuEimw_1RhJZgvg1oMplim54_a_B5bOyim1zTd6hAhLb0UKioln"
    "w";
const std::string kEcToken = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTEiLCJ0eXAiOiJKV1QifQ." + std::string(kClaimsPart) +
                             ".YitP05XubrIzFU32goyqIPIuT2IznY7zfKCtsHgBY--BRh6x97MyVoajWIXJCVgmFqdFhs_w9Hg9WaL4RTrsDA";
const std::string kSecondEcToken =
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjLTIiLCJ0eXAiOiJKV1QifQ." + std::string(kClaimsPart) +
    ".w9jmkniRZgbIjFJawbeCXm3qaqqmSB8bikLbR7MLnaFIsBYn_sxKhrC-XZ1HFNxFhaVLLu3No2Eg12VsUc4k7A";
const std::string kEcTokenWithoutKeyId =
    "eyJhbGciOiJFUzI1NiJ9." + std::string(kClaimsPart) +
    ".Yum-OfkWXdwweoO8bqjCShHI3SeeW5xDN0C4O8sPi6yh8jjJRKkywpbiID1ScIpfaPDseAyP0fvpYxu7XOZ7-w";
// The public RSA key as it stands in a file: what the well-known attack takes for the secret of HS256.
constexpr std::string_view kRsaPem = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuE4lA9t2wUnyf7Qrkf0F
J7N6J/m8cedKA4nmw0Z71YzDoaTKqT3gADrDOmRLkTQiHTRTu+uMoYgAYYO8JkWk
yqYHMvwTyWg8KSE6usfLN6Da5VEIWaEbSk+dcjb8g+zfneg/fZFBJn6YSZIQBBVV
REYArQ9T4L03RIci4wyLbghCcetfhT50HOlUq0Yn1Noc7KKkp+zO0YYx7LkYyFGt
kg7Hf5qLI12TrfS/QW7OeGWxQUMzqcNa/Vvm/j1aZTjBe5Oe59zGW/RyyeTtlFNo
E8oE1wzggvLtJHImkUFF5xnsK9Ttn9ao1vqgidlVllXq8oU84iROVSJ41OYI6lmr
pQIDAQAB
-----END PUBLIC KEY-----
)";
constexpr std::string_view kSecret = "a secret of thirty-two bytes or more";
constexpr int64_t kNow = 1795262400;  // 2026-11-21T12:00:00Z

class FixedClock final : public Clock {
 public:
  Time now() const override { return from_ms(seconds * 1000); }
  int64_t seconds = kNow;
};

class FixedKeys final : public KeySource {
 public:
  explicit FixedKeys(std::string_view text) { set(text); }
  void set(std::string_view text) { set_ = std::make_shared<const KeySet>(KeySet::parse(text).value()); }
  void clear() { set_.reset(); }
  std::shared_ptr<const KeySet> keys() const override { return set_; }
  void missed() override { ++misses; }
  int misses = 0;

 private:
  std::shared_ptr<const KeySet> set_;
};

std::string hs256(std::string_view claims, std::string_view header = R"({"alg":"HS256","typ":"JWT"})",
                  std::string_view secret = kSecret) {
  const std::string text = base64url_encode(header) + "." + base64url_encode(claims);
  const Sha256 mac = hmac_sha256(secret, text);
  return text + "." + base64url_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

class JwtTest : public testing::Test {
 protected:
  // Why a token is refused; empty if it is not. Never says anything of the token.
  std::string refusal(std::string_view token) {
    const auto claims = verifier_.verify(token);
    if (claims) return "";
    EXPECT_EQ(claims.error().code, Code::kUnauthenticated);
    for (std::string_view left = token; !left.empty();) {
      const std::string_view part = left.substr(0, left.find('.'));
      left.remove_prefix(std::min(left.size(), part.size() + 1));
      const bool told = part.size() > 4 && claims.error().message.find(part) != std::string::npos;
      EXPECT_FALSE(told) << claims.error().message;
    }
    return claims.error().message;
  }

  // Claims that are good for an hour, with more of them.
  static std::string good(std::string_view more = "") {
    return fmt::format(R"({{"exp":{},"aud":"authenticated","sub":"ann"{}}})", kNow + 3600, more);
  }

  FixedClock clock_;
  FixedKeys keys_{kKeys};
  JwtVerifier verifier_{{Secret(std::string(kSecret)), "", "authenticated"}, &keys_, clock_};
};

TEST_F(JwtTest, TakesWhatIsSignedByAnyOfTheKeys) {
  for (const std::string& token : {hs256(good()), kRsaToken, kEcToken, kEcTokenWithoutKeyId}) {
    const auto claims = verifier_.verify(token);
    ASSERT_TRUE(claims) << claims.error().message;
    EXPECT_EQ(claims->find_string("sub"), "ann");
  }
  // The issuer may name the shared secret, too.
  EXPECT_EQ(refusal(hs256(good(), R"({"alg":"HS256","kid":"whatever"})")), "");
  EXPECT_EQ(keys_.misses, 0);
}

TEST_F(JwtTest, AnAlgorithmBelongsToItsKey) {
  EXPECT_THAT(refusal(hs256(good(), R"({"alg":"none"})")), HasSubstr("HS256, RS256 or ES256"));
  const std::string none = base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(good()) + ".";
  EXPECT_THAT(refusal(none), HasSubstr("no signature"));
  for (const char* algorithm : {"NONE", "hs256", "HS384", "HS512", "RS512", "PS256", "ES384", "EdDSA", ""}) {
    EXPECT_NE(refusal(hs256(good(), fmt::format(R"({{"alg":"{}"}})", algorithm))), "") << algorithm;
  }
  EXPECT_NE(refusal(hs256(good(), R"({})")), "");
  EXPECT_NE(refusal(hs256(good(), R"({"alg":["HS256"]})")), "");
  // The public key as the secret of HS256.
  EXPECT_THAT(refusal(hs256(good(), R"({"alg":"HS256","kid":"rsa-1"})", kRsaPem)), HasSubstr("signature is wrong"));
  EXPECT_NE(refusal(hs256(good(), R"({"alg":"HS256"})", "")), "");
  // The key of one algorithm with the name of the other.
  const std::string behind_header = kEcToken.substr(kEcToken.find('.'));
  EXPECT_THAT(refusal(base64url_encode(R"({"alg":"RS256","kid":"ec-1"})") + behind_header),
              HasSubstr("not that of its key"));
  EXPECT_NE(refusal(base64url_encode(R"({"alg":"HS256","kid":"ec-1"})") + behind_header), "");
  EXPECT_EQ(keys_.misses, 0);
}

TEST_F(JwtTest, WhatIsNotConfiguredIsNotTaken) {
  const JwtVerifier only_secret({Secret(std::string(kSecret)), "", ""}, nullptr, clock_);
  EXPECT_TRUE(only_secret.verify(hs256(good())));
  EXPECT_THAT(only_secret.verify(kRsaToken).error().message, HasSubstr("not signed with HS256,"));
  EXPECT_FALSE(only_secret.verify(kEcToken));
  const JwtVerifier only_keys({Secret(), "", ""}, &keys_, clock_);
  EXPECT_TRUE(only_keys.verify(kRsaToken));
  EXPECT_TRUE(only_keys.verify(kEcToken));
  EXPECT_THAT(only_keys.verify(hs256(good())).error().message, HasSubstr("not signed with RS256 or ES256,"));
  EXPECT_FALSE(only_keys.verify(hs256(good(), R"({"alg":"HS256"})", "")));
}

TEST_F(JwtTest, ExtensionsThatAreCriticalAreNotKnown) {
  EXPECT_THAT(refusal(hs256(good(), R"({"alg":"HS256","crit":["b64"],"b64":true})")), HasSubstr("critical"));
  EXPECT_THAT(refusal(hs256(good(), R"({"alg":"HS256","crit":[]})")), HasSubstr("critical"));
  EXPECT_NE(refusal(hs256(good(), R"({"alg":"HS256","kid":5})")), "");
}

TEST_F(JwtTest, TimesAreHeldToHalfAMinute) {
  clock_.seconds = kNow + 3600 + 29;
  EXPECT_EQ(refusal(hs256(good())), "");
  clock_.seconds = kNow + 3600 + 30;
  EXPECT_THAT(refusal(hs256(good())), HasSubstr("expired"));
  clock_.seconds = kNow;
  EXPECT_EQ(refusal(hs256(good(fmt::format(R"(,"nbf":{})", kNow + 30)))), "");
  EXPECT_THAT(refusal(hs256(good(fmt::format(R"(,"nbf":{})", kNow + 31)))), HasSubstr("nbf"));
  EXPECT_EQ(refusal(hs256(good(fmt::format(R"(,"iat":{}.25)", kNow + 29)))), "");
  EXPECT_THAT(refusal(hs256(good(fmt::format(R"(,"iat":{})", kNow + 31)))), HasSubstr("iat"));
  EXPECT_THAT(refusal(hs256(R"({"aud":"authenticated"})")), HasSubstr("exp is missing"));
  for (const char* value : {R"("1795266000")", "null", "true", "{}", "1e999", "-1e999", "-1"}) {
    EXPECT_NE(refusal(hs256(fmt::format(R"({{"aud":"authenticated","exp":{}}})", value))), "") << value;
  }
  EXPECT_NE(refusal(hs256(good(R"(,"nbf":1e999)"))), "");
  EXPECT_NE(refusal(hs256(good(R"(,"nbf":"0")"))), "");
}

TEST_F(JwtTest, TheAudienceMustBeUs) {
  const auto with_audience = [](std::string_view audience) {
    return hs256(fmt::format(R"({{"exp":{},"aud":{}}})", kNow + 1, audience));
  };
  EXPECT_EQ(refusal(with_audience(R"("authenticated")")), "");
  EXPECT_EQ(refusal(with_audience(R"(["other","authenticated"])")), "");
  for (const char* wrong : {R"("other")", R"("")", "[]", R"(["other"])", R"({"authenticated":true})", "null",
                            R"([["authenticated"]])", R"("authenticated ")"}) {
    EXPECT_THAT(refusal(with_audience(wrong)), HasSubstr("aud")) << wrong;
  }
  EXPECT_THAT(refusal(hs256(fmt::format(R"({{"exp":{}}})", kNow + 1))), HasSubstr("aud"));
  const JwtVerifier any({Secret(std::string(kSecret)), "", ""}, nullptr, clock_);
  EXPECT_TRUE(any.verify(with_audience(R"("other")")));
  EXPECT_TRUE(any.verify(hs256(fmt::format(R"({{"exp":{}}})", kNow + 1))));
}

TEST_F(JwtTest, TheIssuerMustBeOurs) {
  const JwtVerifier ours({Secret(std::string(kSecret)), "https://ref.supabase.co/auth/v1", ""}, &keys_, clock_);
  EXPECT_TRUE(ours.verify(kEcToken));
  EXPECT_TRUE(ours.verify(hs256(good(R"(,"iss":"https://ref.supabase.co/auth/v1")"))));
  EXPECT_FALSE(ours.verify(hs256(good(R"(,"iss":"https://ref.supabase.co/auth/v1/")"))));
  EXPECT_FALSE(ours.verify(hs256(good(R"(,"iss":["https://ref.supabase.co/auth/v1"])"))));
  EXPECT_THAT(ours.verify(hs256(good())).error().message, HasSubstr("iss"));
}

TEST_F(JwtTest, EveryByteIsSigned) {
  for (const std::string& token : {hs256(good()), kEcToken}) {
    for (size_t i = 0; i < token.size(); ++i) {
      std::string changed = token;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      EXPECT_NE(refusal(changed), "") << i;
      EXPECT_NE(refusal(std::string_view(token).substr(0, i)), "") << i;
    }
    EXPECT_NE(refusal(token + "A"), "");
    EXPECT_NE(refusal(token + "="), "");
    EXPECT_NE(refusal(token + ".AAAA"), "");
    EXPECT_NE(refusal(" " + token), "");
  }
}

TEST_F(JwtTest, WhatIsNoTokenIsRefused) {
  for (const char* text :
       {"", ".", "..", "...", "a.b.c", "e30.e30.", "e30.e30.AAAA", "W10.e30.AAAA", "bnVsbA.e30.AAAA"}) {
    EXPECT_NE(refusal(text), "") << text;
  }
  EXPECT_THAT(refusal(hs256("[1]")), HasSubstr("payload"));
  EXPECT_THAT(refusal(hs256("{")), HasSubstr("payload"));
  EXPECT_THAT(refusal(hs256(good(R"(,"sub":"ben")"))), HasSubstr("twice"));
  EXPECT_THAT(refusal(hs256(good(R"(,"app_metadata":{"a":[{"b":1,"b":2}]})"))), HasSubstr("twice"));
  EXPECT_THAT(refusal(hs256(good(), R"({"alg":"none","alg":"HS256"})")), HasSubstr("twice"));
}

TEST_F(JwtTest, SizeAndDepthAreBounded) {
  const std::string filler(5900, 'x');
  EXPECT_EQ(refusal(hs256(good(R"(,"x":")" + filler + "\""))), "");
  EXPECT_THAT(refusal(hs256(good(R"(,"x":")" + filler + filler + "\""))), HasSubstr("longer than 8192"));
  EXPECT_THAT(refusal(std::string(1 << 20, '.')), HasSubstr("longer"));
  EXPECT_NE(refusal(hs256(good(R"(,"x":)" + std::string(1000, '[') + std::string(1000, ']')))), "");
}

TEST_F(JwtTest, AnUnknownKeyIsAskedFor) {
  EXPECT_THAT(refusal(kSecondEcToken), HasSubstr("try again in a moment"));
  EXPECT_EQ(keys_.misses, 1);
  keys_.set(kSecondKey);
  EXPECT_EQ(refusal(kSecondEcToken), "");
  EXPECT_EQ(refusal(kEcToken), "");
  EXPECT_THAT(refusal(kEcTokenWithoutKeyId), HasSubstr("which of several keys"));
  EXPECT_EQ(keys_.misses, 1);
  EXPECT_THAT(refusal(kRsaToken), HasSubstr("try again in a moment"));
  EXPECT_EQ(keys_.misses, 2);
  keys_.clear();
  EXPECT_EQ(verifier_.verify(kEcToken).error().code, Code::kUnavailable);
  EXPECT_EQ(refusal(hs256(good())), "");
}

TEST(KeySetTest, PassesOverWhatItCannotUse) {
  const auto keys = KeySet::parse(kKeys);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->size(), 2U);
  EXPECT_TRUE(keys->find(SignatureAlgorithm::kRs256, "rsa-1"));
  EXPECT_EQ(keys->find(SignatureAlgorithm::kRs256, "ec-1").error(), KeySet::Miss::kMismatch);
  EXPECT_EQ(keys->find(SignatureAlgorithm::kRs256, "weak").error(), KeySet::Miss::kUnknown);
  EXPECT_EQ(KeySet::parse(R"({"keys":[]})")->size(), 0U);
  EXPECT_EQ(KeySet::parse(R"({"keys":[1,null,{},{"kty":"RSA"},{"kty":"EC","crv":"P-256","x":"AA","y":"!"}]})")->size(),
            0U);
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", "<html>"}) EXPECT_FALSE(KeySet::parse(text)) << text;
}

}  // namespace
}  // namespace gleaner::http
