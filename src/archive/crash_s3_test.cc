// The same on a real S3 server: versitygw, started by tests/s3/server.
#include <map>

#include "archive/testing/crash_contract.h"
#include "object/s3/s3_store.h"
#include "object/s3/testing/server.h"

namespace gleaner::archive {
namespace {

[[maybe_unused]] const testing::Environment* const kServer =
    testing::AddGlobalTestEnvironment(&object::S3TestServer::shared());

// Each folder has its bucket.
std::unique_ptr<object::ObjectStore> open_bucket(const std::string& folder) {
  static std::map<std::string, object::S3Options> buckets;
  static const SystemClock clock;
  if (!buckets.contains(folder)) buckets[folder] = object::S3TestServer::shared().make_bucket();
  auto store = object::S3Store::open(buckets[folder], clock);
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return *std::move(store);
}

INSTANTIATE_TEST_SUITE_P(S3, CrashContract, testing::Values(&open_bucket));

}  // namespace
}  // namespace gleaner::archive
