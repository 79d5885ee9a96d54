// The contract on a real server: versitygw, started by tests/s3/server.
#include "object/s3/s3_store.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/text.h"
#include "object/s3/testing/server.h"
#include "object/testing/object_contract.h"

namespace gleaner::object {
namespace {

using testing::HasSubstr;

const SystemClock kClock;

using Server = S3TestServer;

Server& server() {
  return S3TestServer::shared();
}

[[maybe_unused]] const testing::Environment* const kServer = testing::AddGlobalTestEnvironment(&server());

std::unique_ptr<S3Store> open_store(const S3Options& options) {
  auto store = S3Store::open(options, kClock);
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return *std::move(store);
}

void keep_versions(const S3Options& options) {
  const auto set = Server::client(options).call(
      {.method = "PUT",
       .query = {{"versioning", ""}},
       .body = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status>"
               "</VersioningConfiguration>"});
  ASSERT_TRUE(set) << set.error().message;
}

class S3Harness final : public ObjectHarness {
 public:
  S3Harness() : options_(server().make_bucket()), store_(open_store(options_)) {}
  ObjectStore& store() override { return *store_; }
  void reopen() override { store_ = open_store(options_); }
  std::unique_ptr<ObjectStore> second() override { return open_store(options_); }

 private:
  S3Options options_;
  std::unique_ptr<S3Store> store_;
};

std::unique_ptr<ObjectHarness> make_s3_harness() {
  return std::make_unique<S3Harness>();
}

// Not on a bucket with versions: there versitygw 1.8.0 takes a delete marker for an object when it looks at conditions,
// and fails at deleting a key that is a folder of others.
INSTANTIATE_TEST_SUITE_P(S3, ObjectContract, testing::Values(&make_s3_harness));

TEST(S3StoreTest, ErasesEveryVersion) {
  const S3Options options = server().make_bucket();
  keep_versions(options);
  const auto store = open_store(options);
  for (const char* bytes : {"1", "2", "3"}) ASSERT_TRUE(store->put("k", bytes));
  ASSERT_TRUE(store->put("k2", "other"));
  ASSERT_TRUE(store->remove("k"));
  EXPECT_EQ(store->head("k").error().code, Code::kNotFound);
  auto upload = store->create("k", {}).value();
  ASSERT_TRUE(upload->write(std::string(6 << 20, 'x')));
  // Three versions, a delete marker, an upload.
  EXPECT_EQ(store->erase("k").value_or(0), 5);
  EXPECT_EQ(store->erase("k").value_or(99), 0);
  const auto versions = Server::client(options).call({.method = "GET", .query = {{"versions", ""}}});
  ASSERT_TRUE(versions);
  EXPECT_THAT(versions->body, HasSubstr("<Key>k2</Key>"));
  EXPECT_THAT(versions->body, testing::Not(HasSubstr("<Key>k</Key>")));
}

TEST(S3StoreTest, TheServerRefusesWrongSignatures) {
  S3Options options = server().make_bucket();
  options.secret_key = Secret("not-the-secret");
  Error error = open_store(options)->put("k", "x").error();
  EXPECT_EQ(error.code, Code::kUnauthenticated);
  EXPECT_THAT(error.message, HasSubstr("S3_SECRET_KEY"));
  options.access_key = "nobody";
  error = open_store(options)->put("k", "x").error();
  EXPECT_EQ(error.code, Code::kUnauthenticated);
  EXPECT_THAT(error.message, HasSubstr("S3_ACCESS_KEY"));
}

TEST(S3StoreTest, TheProbeFindsTheReason) {
  S3Options options = server().make_bucket();
  options.secret_key = Secret("not-the-secret");
  EXPECT_EQ(open_store(options)->probe().back().name, "credentials");
  options = server().make_bucket();
  options.bucket = "no-such-bucket";
  EXPECT_EQ(open_store(options)->head("k").error().code, Code::kInvalidArgument);
  const ProbeStep bucket = open_store(options)->probe().back();
  EXPECT_EQ(bucket.name, "bucket");
  EXPECT_THAT(bucket.message, HasSubstr("S3_BUCKET_NAME"));
}

class LateClock final : public Clock {
 public:
  Time now() const override { return kClock.now() - std::chrono::hours(1); }
};

TEST(S3StoreTest, TheProbeFindsAWrongClock) {
  const LateClock clock;
  const auto steps = S3Store::open(server().make_bucket(), clock).value()->probe();
  const auto step = std::ranges::find(steps, "clock", &ProbeStep::name);
  ASSERT_NE(step, steps.end());
  EXPECT_FALSE(step->ok);
  EXPECT_THAT(step->message, HasSubstr("behind the server's"));
  EXPECT_EQ(steps.back().name, "credentials");
  EXPECT_FALSE(steps.back().ok);
}

TEST(S3StoreTest, OutlastsARestartOfTheServer) {
  const auto store = open_store(server().make_bucket());
  ASSERT_TRUE(store->put("k", "before"));
  server().restart();
  std::string bytes;
  const Status status = store->read("k", {}, bytes);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(bytes, "before");
}

TEST(S3StoreTest, TakesAnObjectOfManyParts) {
  const S3Options options = server().make_bucket();
  const auto store = open_store(options);
  const std::string bytes(43 << 20, 'x');
  const auto info = store->put("k", bytes);
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_THAT(info->etag, testing::EndsWith("-9"));
  EXPECT_EQ(store->head("k").value().size, bytes.size());
}

}  // namespace
}  // namespace gleaner::object
