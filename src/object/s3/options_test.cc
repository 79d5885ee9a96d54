#include "object/s3/options.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "object/s3/s3_store.h"

namespace gleaner::object {
namespace {

using testing::HasSubstr;
using Style = S3Options::Style;

S3Options options_for(const std::string& endpoint, const std::string& bucket = "bucket") {
  return {.endpoint = endpoint, .bucket = bucket, .access_key = "AKID", .secret_key = Secret("s3cret")};
}

// "region url"
std::string resolved(const S3Options& options) {
  const auto address = resolve_address(options);
  return address ? fmt::format("{} {}", address->region, address->url_of(address->base_path)) : address.error().message;
}

TEST(S3OptionsTest, FindsTheBucket) {
  EXPECT_EQ(resolved(options_for("")), "us-east-1 https://bucket.s3.us-east-1.amazonaws.com");
  EXPECT_EQ(resolved(options_for("", "a.b")), "us-east-1 https://s3.us-east-1.amazonaws.com/a.b");
  EXPECT_EQ(resolved(options_for("https://s3.eu-central-1.amazonaws.com/")),
            "eu-central-1 https://bucket.s3.eu-central-1.amazonaws.com");
  EXPECT_EQ(resolved(options_for("https://s3.amazonaws.com")), "us-east-1 https://bucket.s3.amazonaws.com");
  EXPECT_EQ(resolved(options_for("https://s3.dualstack.eu-west-1.amazonaws.com")),
            "eu-west-1 https://bucket.s3.dualstack.eu-west-1.amazonaws.com");
  EXPECT_EQ(resolved(options_for("https://abc.r2.cloudflarestorage.com")),
            "auto https://bucket.abc.r2.cloudflarestorage.com");
  EXPECT_EQ(resolved(options_for("https://MinIO.example.com:443")), "us-east-1 https://minio.example.com/bucket");
  EXPECT_EQ(resolved(options_for("http://127.0.0.1:9000")), "us-east-1 http://127.0.0.1:9000/bucket");
  EXPECT_EQ(resolved(options_for("http://[::1]:9000")), "us-east-1 http://[::1]:9000/bucket");
  EXPECT_EQ(resolved(options_for("http://localhost:80")), "us-east-1 http://localhost/bucket");
}

TEST(S3OptionsTest, TheStyleCanBeChosen) {
  auto options = options_for("https://minio.example.com:9000");
  options.style = Style::kVirtualHosted;
  options.region = "here";
  EXPECT_EQ(resolved(options), "here https://bucket.minio.example.com:9000");
  options = options_for("https://abc.r2.cloudflarestorage.com");
  options.style = Style::kPath;
  EXPECT_EQ(resolved(options), "auto https://abc.r2.cloudflarestorage.com/bucket");
}

TEST(S3OptionsTest, SaysWhatIsWrong) {
  for (const char* endpoint :
       {"host", "ftp://host", "https://", "https://host/bucket", "https://user@host", "https://host:x",
        "https://host:0", "https://host:70000", "https://ho st", "https://host?x"}) {
    EXPECT_THAT(resolved(options_for(endpoint)), HasSubstr("expected something like https://")) << endpoint;
  }
  EXPECT_THAT(resolved(options_for("https://host", "a/b")), HasSubstr("bucket"));
  EXPECT_THAT(resolved(options_for("https://host", "")), HasSubstr("bucket"));
  auto options = options_for("https://host");
  options.access_key = "A\nB";
  EXPECT_THAT(resolved(options), HasSubstr("S3_ACCESS_KEY"));
  options = options_for("https://host");
  options.secret_key = Secret("");
  EXPECT_THAT(resolved(options), HasSubstr("S3_SECRET_KEY"));
  options = options_for("https://host");
  options.region = "a/b";
  EXPECT_THAT(resolved(options), HasSubstr("S3_REGION"));
  options = options_for("https://host");
  options.part_bytes = 1 << 20;
  EXPECT_THAT(resolved(options), HasSubstr("5 to 256 MiB"));
}

TEST(S3OptionsTest, TheStoreSaysWhereItIs) {
  const SystemClock clock;
  EXPECT_EQ(S3Store::open(options_for("http://127.0.0.1:9000"), clock).value()->describe(),
            "s3 http://127.0.0.1:9000/bucket");
}

}  // namespace
}  // namespace gleaner::object
