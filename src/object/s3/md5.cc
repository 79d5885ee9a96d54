#include "object/s3/md5.h"

#include <memory>

#include <openssl/evp.h>

namespace gleaner::object {

std::string md5(std::string_view bytes) {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  // Where MD5 is switched off there is nothing to compare, and an empty text equals no ETag.
  if (!context || EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size) != 1) {
    size = 0;
  }
  digest.resize(size);
  return digest;
}

}  // namespace gleaner::object
