#include <gtest/gtest.h>

#include "base/compress.h"
#include "base/hash.h"
#include "base/text.h"
#include "base/time.h"
#include "base/uuid.h"

namespace gleaner {
namespace {

TEST(TimeTest, ReadsTheFormsPeopleWrite) {
  struct Case {
    const char* text;
    const char* expected;
  };
  const Case cases[] = {
      {"2026-11-21T08:40:00Z", "2026-11-21T08:40:00.000Z"},
      {"2024-11-20T10:30:00.123456", "2024-11-20T10:30:00.123Z"},
      {"2024-02-29 23:59:59.9+02:00", "2024-02-29T21:59:59.900Z"},
      {"2024-01-01", "2024-01-01T00:00:00.000Z"},
      {"2024-01-01T00:00:00-0530", "2024-01-01T05:30:00.000Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
  };
  for (const Case& c : cases) {
    const auto time = parse_time(c.text);
    ASSERT_TRUE(time) << c.text << ": " << time.error().message;
    EXPECT_EQ(format_time(*time), c.expected);
  }
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2023-02-29", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
                           "2024-01-01T1:00", "2024-01-01T10:00:00.Z", "2024-01-01T10:00:00Zx", "1969-12-31T23:00:00Z",
                           "1970-01-01T00:00:00+01:00", "9999-12-31T23:58:59-21"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(UuidTest, CarriesItsTimeAndIsUnique) {
  UuidV7Source ids;
  const Time at = *parse_time("2026-11-21T08:40:00.123Z");
  const std::string id = ids.mint(at);
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(uuid_v7_time(id), at);
  EXPECT_NE(id, ids.mint(at));
  EXPECT_FALSE(uuid_v7_time("train_20241120_103000_ab12cd34"));
  EXPECT_FALSE(uuid_v7_time("550e8400-e29b-41d4-a716-446655440000"));
}

TEST(HashTest, MatchesThePublishedVectors) {
  // FIPS 180-2 appendix B.1 and RFC 4231 test cases 2 and 6.
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HashTest, ComparesInConstantTime) {
  EXPECT_TRUE(constant_time_equal("same", "same"));
  EXPECT_FALSE(constant_time_equal("same", "sama"));
  EXPECT_FALSE(constant_time_equal("same", "sam"));
}

TEST(CompressTest, ZstdRoundTrip) {
  ZstdCompressor zstd(1);
  const std::string text(100'000, 'x');
  std::string packed;
  ASSERT_TRUE(zstd.compress(text, packed));
  EXPECT_LT(packed.size(), 1000U);
  std::string out = "kept ";
  ASSERT_TRUE(zstd_decompress_exact(packed, text.size(), out));
  EXPECT_EQ(out, "kept " + text);
  EXPECT_EQ(zstd_decompress_exact(packed, text.size() - 1, out).error().code, Code::kDataLoss);
  EXPECT_EQ(*zstd_decompress(packed, text.size()), text);
  EXPECT_EQ(zstd_decompress(packed, text.size() - 1).error().code, Code::kTooLarge);
  EXPECT_EQ(zstd_decompress(packed.substr(0, packed.size() - 3), text.size()).error().code, Code::kInvalidArgument);
  EXPECT_FALSE(zstd_decompress("not zstd", 100));
  EXPECT_FALSE(zstd_decompress("", 100));
}

TEST(CompressTest, GzipRefusesDamage) {
  EXPECT_FALSE(gzip_decompress("", 100));
  EXPECT_FALSE(gzip_decompress("\x1f\x8b\x08", 100));
  EXPECT_FALSE(gzip_decompress("plain text", 100));
}

TEST(TextTest, CountsAndCutsCharacters) {
  EXPECT_EQ(count_characters("Grüße 👋"), 7U);
  EXPECT_EQ(truncate_utf8("aü", 2), "a");
  EXPECT_EQ(truncate_utf8("aü", 3), "aü");
  EXPECT_EQ(trim("\t a b \n"), "a b");
  EXPECT_EQ(display_bytes(52428800), "50.00 MB");
  EXPECT_EQ(display_bytes(0), "0.00 B");
  EXPECT_EQ(display_count(1234567), "1,234,567");
  EXPECT_EQ(display_count(12), "12");
}

}  // namespace
}  // namespace gleaner
