#include "base/signature.h"

#include <string>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

namespace gleaner {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr int kMaxExponentBits = 64;
constexpr size_t kP256Bytes = 32;

template <auto Function>
struct FreeWith {
  template <typename T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BigNumber number(std::string_view big_endian) {
  return BigNumber(BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

// Null if the parameters make no key.
EVP_PKEY* make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    EVP_PKEY_free(key);
    return nullptr;
  }
  return key;
}

// r and s as the DER that OpenSSL reads; empty if there is no memory for it.
std::string to_der(std::string_view r_and_s) {
  const EcdsaSignature signature(ECDSA_SIG_new());
  BigNumber r = number(r_and_s.substr(0, kP256Bytes));
  BigNumber s = number(r_and_s.substr(kP256Bytes));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();
  (void)s.release();
  const int size = i2d_ECDSA_SIG(signature.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(signature.get(), &out);
  return der;
}

}  // namespace

void PublicKey::Free::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Result<PublicKey> PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > kMaxRsaBits / 8 + 1 || exponent.size() > kMaxExponentBits / 8 + 1) {
    return fail(Code::kInvalidArgument, "an RSA key of more than 8192 bits, or with an exponent of more than 64");
  }
  const BigNumber n = number(modulus);
  const BigNumber e = number(exponent);
  if (!n || !e || BN_num_bits(n.get()) < kMinRsaBits || BN_num_bits(n.get()) > kMaxRsaBits) {
    return fail(Code::kInvalidArgument, "an RSA key must have 2048 to 8192 bits");
  }
  if (BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) || BN_num_bits(e.get()) > kMaxExponentBits) {
    return fail(Code::kInvalidArgument, "the exponent of an RSA key must be odd, over 1, and of 64 bits at most");
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  Handle key;
  if (builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1) {
    key.reset(make_key("RSA", builder.get()));
  }
  if (!key) return fail(Code::kInvalidArgument, "not an RSA key");
  return PublicKey(SignatureAlgorithm::kRs256, std::move(key));
}

Result<PublicKey> PublicKey::p256(std::string_view x, std::string_view y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) {
    return fail(Code::kInvalidArgument, "the coordinates of a P-256 key have 32 bytes each");
  }
  const std::string point = std::string("\x04").append(x).append(y);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  Handle key;
  if (builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1) {
    key.reset(make_key("EC", builder.get()));
  }
  if (!key) return fail(Code::kInvalidArgument, "not a point on P-256");
  return PublicKey(SignatureAlgorithm::kEs256, std::move(key));
}

bool PublicKey::verify(std::string_view message, std::string_view signature) const {
  std::string der;
  if (algorithm_ == SignatureAlgorithm::kEs256) {
    if (signature.size() != 2 * kP256Bytes) return false;
    der = to_der(signature);
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace gleaner
