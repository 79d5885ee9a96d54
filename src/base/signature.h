// Public keys, and the signatures made with their private halves: RS256 and ES256 of RFC 7518 (RSA PKCS #1 v1.5 and
// ECDSA on P-256, both over SHA-256). A key knows the one algorithm it is for.
//
// Thread contract: a PublicKey does not change; safe from any thread.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"

struct evp_pkey_st;

namespace gleaner {

enum class SignatureAlgorithm { kRs256, kEs256 };

class PublicKey {
 public:
  // The numbers are big-endian bytes, as JSON Web Keys have them. Errors: kInvalidArgument for a modulus of fewer than
  // 2048 or more than 8192 bits, or an exponent that is even, 1, or over 64 bits.
  static Result<PublicKey> rsa(std::string_view modulus, std::string_view exponent);
  // 32 bytes each. Errors: kInvalidArgument for a point that is not on the curve.
  static Result<PublicKey> p256(std::string_view x, std::string_view y);

  SignatureAlgorithm algorithm() const { return algorithm_; }

  // An ES256 signature is r and s, 32 bytes each, one behind the other. False for anything that does not verify.
  bool verify(std::string_view message, std::string_view signature) const;

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  using Handle = std::unique_ptr<evp_pkey_st, Free>;

  PublicKey(SignatureAlgorithm algorithm, Handle key) : algorithm_(algorithm), key_(std::move(key)) {}

  SignatureAlgorithm algorithm_;
  Handle key_;
};

}  // namespace gleaner
