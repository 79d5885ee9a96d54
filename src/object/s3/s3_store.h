// Objects in a bucket of Amazon S3, Cloudflare R2 or another server that speaks their protocol (docs/object-stores.md).
//
// Thread contract: that of ObjectStore.
#pragma once

#include <memory>
#include <string>

#include "base/time.h"
#include "object/object_store.h"
#include "object/s3/client.h"

namespace gleaner::object {

class S3Store final : public ObjectStore {
 public:
  // Asks nothing of the server yet: probe() does. `clock` outlives the store. Errors: kInvalidArgument, naming the
  // option.
  static Result<std::unique_ptr<S3Store>> open(S3Options options, const Clock& clock);

  Result<std::unique_ptr<ObjectWriter>> create(std::string_view key, PutOptions options) override;
  Result<std::unique_ptr<ObjectReader>> open(std::string_view key, Range range) override;
  Result<ObjectInfo> head(std::string_view key) override;
  Result<ObjectPage> list(std::string_view prefix, std::string_view after, size_t limit) override;
  Status remove(std::string_view key) override;
  Result<uint64_t> erase(std::string_view key) override;
  std::vector<ProbeStep> probe() override;
  std::string describe() const override;

 private:
  S3Store(S3Options options, S3Address address, const Clock& clock)
      : client_(std::move(options), std::move(address), clock) {}

  Result<uint64_t> abort_uploads(const std::string& key);
  Result<uint64_t> erase_versions(const std::string& key);
  Result<uint64_t> erase_single(const std::string& key);

  // probe.cc: false when the rest is meaningless.
  bool probe_server(std::vector<ProbeStep>& steps);

  S3Client client_;
};

}  // namespace gleaner::object
