#include "object/s3/answer.h"

#include <gmock/gmock.h>

namespace gleaner::object {
namespace {

TEST(S3AnswerTest, AnEtagLosesItsQuotes) {
  EXPECT_EQ(etag_of("\"abc-2\""), "abc-2");
  EXPECT_EQ(etag_of(" W/\"abc\" "), "abc");
  EXPECT_EQ(etag_of("abc"), "abc");
  for (const char* bad : {"", "\"\"", "\"a\"b\"", "a b", "\"a\r\nb\"", "\xff"}) EXPECT_EQ(etag_of(bad), "") << bad;
}

TEST(S3AnswerTest, DatesOfHttp) {
  EXPECT_EQ(parse_http_date("Fri, 24 May 2013 01:02:03 GMT"), parse_time("2013-05-24T01:02:03Z").value());
  for (const char* bad :
       {"", "Fri, 24 Mai 2013 01:02:03 GMT", "Fri, 24 May 2013 01:02:03 CET", "Fri, 99 May 2013 01:02:03 GMT"}) {
    EXPECT_FALSE(parse_http_date(bad)) << bad;
  }
}

TEST(S3AnswerTest, HeadersOfAnObject) {
  HttpResponse response{.status = 206,
                        .headers = {{"content-length", "5"},
                                    {"content-range", "bytes 0-4/443"},
                                    {"etag", "\"e\""},
                                    {"x-amz-meta-a", "1"},
                                    {"content-type", "text/plain"}}};
  const ObjectInfo info = info_of("k", response).value();
  EXPECT_EQ(info.size, 443);
  EXPECT_EQ(info.metadata, (Metadata{{"a", "1"}}));
  response.status = 200;
  EXPECT_EQ(info_of("k", response).value().size, 5);
  response.headers.erase("etag");
  EXPECT_EQ(info_of("k", response).error().code, Code::kDataLoss);
  response = {.status = 206, .headers = {{"etag", "\"e\""}, {"content-range", "bytes 0-4/*"}}};
  EXPECT_EQ(info_of("k", response).error().code, Code::kDataLoss);
}

TEST(S3AnswerTest, OnlySomeEtagsAreMd5) {
  const std::string sum = "5d41402abc4b2a76b9719d911017c592";
  EXPECT_TRUE(is_md5_etag(sum, {}));
  EXPECT_TRUE(is_md5_etag(sum, {.headers = {{"x-amz-server-side-encryption", "AES256"}}}));
  EXPECT_FALSE(is_md5_etag(sum, {.headers = {{"x-amz-server-side-encryption", "aws:kms"}}}));
  EXPECT_FALSE(is_md5_etag(sum, {.headers = {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}}}));
  EXPECT_FALSE(is_md5_etag(sum + "-2", {}));
}

TEST(S3AnswerTest, APageHasOurKeysOnly) {
  const auto page = parse_page(
      "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<Contents><Key>a%2Fb+c%2B</Key><Size>5</Size><ETag>\"e\"</ETag><LastModified>2026-11-20T10:00:00.000Z</"
      "LastModified>"
      "</Contents><Contents><Key>folder%2F</Key></Contents></ListBucketResult>");
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->objects.size(), 1);
  EXPECT_EQ(page->objects[0].key, "a/b c+");
  EXPECT_EQ(page->objects[0].etag, "e");
  EXPECT_EQ(page->last_key, "folder/");
  EXPECT_TRUE(page->more);
  EXPECT_FALSE(parse_page("<ListBucketResult><Contents><Key>a</Key><Size>-1</Size></Contents></ListBucketResult>"));
  EXPECT_FALSE(parse_page(
      "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%4</Key></Contents></ListBucketResult>"));
  EXPECT_EQ(parse_page("<ListBucketResult><Contents><Key>a+%20</Key><Size>1</Size>"
                       "<LastModified>2026-11-20T10:00:00Z</LastModified></Contents></ListBucketResult>")
                .value()
                .objects[0]
                .key,
            "a+%20");
}

TEST(S3AnswerTest, TracesOfAKey) {
  const auto versions = parse_versions(
                            "<ListVersionsResult><Version><Key>a</Key><VersionId>1</VersionId></Version><Other/>"
                            "<DeleteMarker><Key>b</Key><VersionId>2</VersionId></DeleteMarker></ListVersionsResult>")
                            .value();
  ASSERT_EQ(versions.size(), 2);
  EXPECT_EQ(versions[1].key, "b");
  EXPECT_EQ(versions[1].id, "2");
}

}  // namespace
}  // namespace gleaner::object
