#include "base/seal.h"

#include <cstdlib>
#include <memory>

#include <openssl/evp.h>

namespace gleaner {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text, size_t from) {
  return reinterpret_cast<unsigned char*>(text.data() + from);
}

Context context() {
  Context made(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (made == nullptr) std::abort();  // out of memory, as for every other allocation
  return made;
}

}  // namespace

Sha256 derive_key(const Secret& secret, std::string_view purpose) {
  return hmac_sha256(secret.reveal(), purpose);
}

std::string seal(const Sha256& key, std::string_view plain) {
  std::string out = random_bytes(kNonceBytes);
  out.resize(kNonceBytes + plain.size() + kTagBytes);
  const Context c = context();
  int written = 0;
  const bool done =
      EVP_EncryptInit_ex(c.get(), EVP_chacha20_poly1305(), nullptr, key.data(), bytes_of(out, 0)) == 1 &&
      EVP_EncryptUpdate(c.get(), bytes_of(out, kNonceBytes), &written, bytes_of(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(c.get(), bytes_of(out, kNonceBytes + plain.size()), &written) == 1 &&
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, bytes_of(out, kNonceBytes + plain.size())) == 1;
  if (!done) std::abort();  // the algorithm is not there: nothing may be written in clear instead
  return out;
}

Result<std::string> unseal(const Sha256& key, std::string_view sealed) {
  const auto refused = [] { return fail(Code::kDataLoss, "it was not sealed with this key, or it was changed"); };
  if (sealed.size() < kNonceBytes + kTagBytes) return refused();
  std::string nonce(sealed.substr(0, kNonceBytes));
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  sealed = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string out(sealed.size() + 1, '\0');  // never empty: OpenSSL wants a place
  const Context c = context();
  int written = 0;
  int rest = 0;
  const bool done =
      EVP_DecryptInit_ex(c.get(), EVP_chacha20_poly1305(), nullptr, key.data(), bytes_of(nonce, 0)) == 1 &&
      EVP_DecryptUpdate(c.get(), bytes_of(out, 0), &written, bytes_of(sealed), static_cast<int>(sealed.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, bytes_of(tag, 0)) == 1 &&
      EVP_DecryptFinal_ex(c.get(), bytes_of(out, static_cast<size_t>(written)), &rest) == 1;
  if (!done) return refused();
  out.resize(sealed.size());
  return out;
}

}  // namespace gleaner
