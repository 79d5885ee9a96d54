// The public keys by which tokens are verified: a JSON Web Key Set (RFC 7517), and where one comes from.
//
// Thread contract: a KeySet does not change once it was parsed; safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/signature.h"

namespace gleaner::http {

class KeySet {
 public:
  // Keys that are not for verifying RS256 or ES256 signatures, or are broken, are passed over: a key of a new kind must
  // not shut out those we know. Shared secrets ("oct") are never taken from a key set. Errors: kInvalidArgument when it
  // is no key set at all.
  static Result<KeySet> parse(std::string_view text);

  enum class Miss {
    kUnknown,    // no such key; a newer set may have it
    kMismatch,   // the key of that id is for another algorithm
    kAmbiguous,  // no id was given, and several keys would do
  };
  // The key of that id for that algorithm; without an id, the only key for that algorithm.
  std::expected<const PublicKey*, Miss> find(SignatureAlgorithm algorithm, std::string_view id) const;
  size_t size() const { return keys_.size(); }

 private:
  struct Entry {
    std::string id;
    PublicKey key;
  };

  std::vector<Entry> keys_;
};

// Thread contract: safe from any thread, and quick: it is asked for every request.
class KeySource {
 public:
  KeySource() = default;
  KeySource(const KeySource&) = delete;
  KeySource& operator=(const KeySource&) = delete;
  virtual ~KeySource() = default;
  // The set as it is now; null while there never was one.
  virtual std::shared_ptr<const KeySet> keys() const = 0;
  // A token named a key that is not in the set: a newer set should be looked for soon. Does not wait for it.
  virtual void missed() = 0;
};

}  // namespace gleaner::http
