// The vectors that AWS publishes: "Examples: Signature Calculations" of the S3 API reference, and the basics of its
// general Signature Version 4 test suite.
#include "object/s3/sigv4.h"

#include <gmock/gmock.h>

#include "base/hash.h"

namespace gleaner::object {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string hash(std::string_view bytes) {
  return to_hex(sha256(bytes));
}

// A request of the S3 examples.
std::string s3_authorization(std::string_view method, std::string_view path, const std::vector<NameValue>& query,
                             std::vector<NameValue> headers, std::string_view body = "") {
  const std::string payload = hash(body);
  const std::string encoded = encode_query(query);
  headers.insert(headers.end(), {{"Host", "examplebucket.s3.amazonaws.com"},
                                 {"x-amz-content-sha256", payload},
                                 {"x-amz-date", "20130524T000000Z"}});
  return authorization({method, path, encoded, headers, payload},
                       {.time = parse_time("2013-05-24T00:00:00Z").value(), .region = "us-east-1"},
                       "AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"));
}

TEST(Sigv4Test, GetObjectOfTheS3Examples) {
  EXPECT_EQ(s3_authorization("GET", "/test.txt", {}, {{"Range", "bytes=0-9"}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(Sigv4Test, PutObjectOfTheS3Examples) {
  EXPECT_THAT(
      s3_authorization("PUT", "/" + encode_path("test$file.text"), {},
                       {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                       "Welcome to Amazon S3."),
      EndsWith("SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
               "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(Sigv4Test, BucketLifecycleOfTheS3Examples) {
  EXPECT_THAT(s3_authorization("GET", "/", {{"lifecycle", ""}}, {}),
              EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(Sigv4Test, ListObjectsOfTheS3Examples) {
  EXPECT_THAT(s3_authorization("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}),
              EndsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

// A request of the general test suite.
std::string suite_authorization(std::string_view method, const std::vector<NameValue>& query,
                                std::vector<NameValue> headers = {}) {
  const std::string payload = hash("");
  const std::string encoded = encode_query(query);
  headers.insert(headers.end(), {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}});
  return authorization(
      {method, "/", encoded, headers, payload},
      {.time = parse_time("2015-08-30T12:36:00Z").value(), .region = "us-east-1", .service = "service"}, "AKIDEXAMPLE",
      Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
}

TEST(Sigv4Test, TheGeneralSuite) {
  EXPECT_THAT(suite_authorization("GET", {}),
              EndsWith("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"));
  EXPECT_THAT(suite_authorization("POST", {}),
              EndsWith("Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"));
  EXPECT_THAT(suite_authorization("GET", {{"Param2", "value2"}, {"Param1", "value1"}}),
              EndsWith("Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"));
  EXPECT_THAT(suite_authorization("GET", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}}),
              EndsWith("Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"));
}

TEST(Sigv4Test, EncodesOnceAndEverything) {
  EXPECT_EQ(encode_path("a/b c+d%/\xc3\xa4~-._"), "a/b%20c%2Bd%25/%C3%A4~-._");
  EXPECT_EQ(encode_query({{"b", ""}, {"a", "x/y"}, {"a-b", "1"}, {"a", "x y"}}), "a=x%20y&a=x%2Fy&a-b=1&b=");
}

TEST(Sigv4Test, TheTextThatIsSigned) {
  const std::vector<NameValue> headers = {{"X-Amz-Meta-A-B", "2"}, {"x-amz-meta-a", "1"}, {"Host", "h"}};
  EXPECT_EQ(canonical_request({"PUT", "/k", "uploads=", headers, "abc"}),
            "PUT\n/k\nuploads=\nhost:h\nx-amz-meta-a:1\nx-amz-meta-a-b:2\n\nhost;x-amz-meta-a;x-amz-meta-a-b\nabc");
}

TEST(Sigv4Test, TheSecretIsNotInIt) {
  EXPECT_THAT(s3_authorization("GET", "/", {}, {}), testing::Not(HasSubstr("wJalr")));
}

}  // namespace
}  // namespace gleaner::object
