// JSON Web Tokens and key sets. The input is taken as a token; as the claims, and as the header, of a token signed with
// the right secret, for what stands behind the signature is read, too; and as a key set.
#include <string>

#include "base/base64.h"
#include "base/hash.h"
#include "http/jwt.h"
#include "target.h"

using gleaner::fuzz::require;
namespace gl = gleaner;
namespace http = gleaner::http;

namespace {

constexpr std::string_view kSecret = "secret";
// Those of RFC 7515, A.2 and A.3.
constexpr std::string_view kKeys = R"({"keys":[
{"kty":"RSA","kid":"r","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},
{"kty":"EC","crv":"P-256","kid":"e","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

// 2011-03-22, when the tokens of the RFC are good.
class FixedClock final : public gl::Clock {
 public:
  gl::Time now() const override { return gl::from_ms(int64_t{1300819000} * 1000); }
};

class FixedKeys final : public http::KeySource {
 public:
  std::shared_ptr<const http::KeySet> keys() const override { return keys_; }
  void missed() override {}

 private:
  std::shared_ptr<const http::KeySet> keys_ = std::make_shared<const http::KeySet>(http::KeySet::parse(kKeys).value());
};

std::string signed_token(std::string_view header, std::string_view claims) {
  const std::string text = gl::base64url_encode(header) + "." + gl::base64url_encode(claims);
  const gl::Sha256 mac = gl::hmac_sha256(kSecret, text);
  return text + "." + gl::base64url_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

void check_refusal(const gl::Error& error, std::string_view token) {
  require(error.code == gl::Code::kUnauthenticated, "what is refused is not authenticated");
  require(error.message.size() < 200, "a refusal is short, whatever the token");
  const std::string_view first = token.substr(0, token.find('.'));
  // Short words, and words with spaces between them, may be the refusal's own.
  const bool own_words = first.size() < 16 || first.find(' ') != std::string_view::npos;
  require(own_words || error.message.find(first) == std::string::npos, "a refusal shows nothing of the token");
}

void check_claims(const gl::json::Value& claims) {
  require(claims.is_object(), "claims are an object");
  require(claims.find("exp") != nullptr && claims.find("exp")->is_number(), "what is good ends some day");
  require(claims.find("aud") != nullptr, "what is good is for us");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const FixedClock clock;
  static FixedKeys keys;
  static const http::JwtVerifier verifier({gl::Secret(std::string(kSecret)), "", "us"}, &keys, clock);
  static const http::JwtVerifier any_audience({gl::Secret(std::string(kSecret)), "", ""}, &keys, clock);
  const std::string_view text = gl::fuzz::text_of(data, size);

  for (const std::string& token : {std::string(text), signed_token(R"({"alg":"HS256"})", text),
                                   signed_token(text, R"({"exp":1300819380,"aud":["us"]})")}) {
    const auto claims = verifier.verify(token);
    claims ? check_claims(*claims) : check_refusal(claims.error(), token);
    const auto for_anybody = any_audience.verify(token);
    require(!claims || for_anybody.has_value(), "who asks for less refuses no more");
    if (!for_anybody) continue;
    require(token.size() <= http::kMaxTokenBytes, "size is bounded");
    std::string changed = token;
    changed.back() = changed.back() == 'A' ? 'B' : 'A';
    require(!any_audience.verify(changed), "the signature counts");
  }
  if (const auto set = http::KeySet::parse(text)) {
    require(set->size() <= 100, "there is a limit to keys");
    for (const auto algorithm : {gl::SignatureAlgorithm::kRs256, gl::SignatureAlgorithm::kEs256}) {
      const auto found = set->find(algorithm, "");
      if (found) require((*found)->algorithm() == algorithm, "a key is for its algorithm");
    }
  }
  if (const auto bytes = gl::base64url_decode(text)) {
    require(gl::base64url_encode(*bytes) == text, "only one text stands for some bytes");
  }
  require(gl::base64url_decode(gl::base64url_encode(text)) == text, "every byte can be written");
  return 0;
}
