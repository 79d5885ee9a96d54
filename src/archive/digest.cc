#include "archive/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace gleaner::archive {

struct Sha256Stream::State {
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  if (EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1)
    OPENSSL_die("SHA-256 failed", __FILE__, __LINE__);
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(std::string_view bytes) {
  if (EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1)
    OPENSSL_die("SHA-256 failed", __FILE__, __LINE__);
}

Sha256 Sha256Stream::finish() {
  Sha256 digest{};
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(state_->context.get(), digest.data(), &size) != 1)
    OPENSSL_die("SHA-256 failed", __FILE__, __LINE__);
  return digest;
}

}  // namespace gleaner::archive
