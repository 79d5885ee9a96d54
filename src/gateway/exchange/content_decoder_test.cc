#include "gateway/exchange/content_decoder.h"

#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/compress.h"

namespace gleaner::gateway::exchange {
namespace {

constexpr std::string_view kText = "data: {\"a\":1}\n\ndata: {\"a\":1}\n\ndata: {\"a\":1}\n\n";

// kText, by the tools that go with each encoding.
std::string encoded(std::string_view encoding) {
  if (encoding == "gzip") {
    return *base64url_decode("H4sIAAAAAAACA0tJLEm0UqhWSlSyMqzl4krBywUA5TU-eS0AAAA");
  }
  if (encoding == "deflate") return *base64url_decode("eJxLSSxJtFKoVkpUsjKs5eJKwcsFACgHDDE");
  if (encoding == "raw") return *base64url_decode("S0ksSbRSqFZKVLIyrOXiSsHLBQA");
  if (encoding == "br") return *base64url_decode("GywA-B0HdjPXQicWBv-I3FpBJIxMg8Ts9SkdumgqBAg3ZHIA");
  std::string out;
  EXPECT_TRUE(ZstdCompressor(3).compress(kText, out));
  return out;
}

Result<std::string> decoded(std::string_view encoding, std::string_view bytes, size_t piece, size_t limit = 1000) {
  auto decoder = ContentDecoder::make(encoding, limit);
  if (!decoder) return std::unexpected(decoder.error());
  std::string out;
  for (size_t at = 0; at < bytes.size(); at += piece) TRY(decoder->decode(bytes.substr(at, piece), out));
  return out;
}

TEST(ContentDecoder, TakesEncodingsOffHoweverPiecesAreCut) {
  for (const size_t piece : {size_t{1}, size_t{5}, size_t{1000}}) {
    EXPECT_EQ(decoded("gzip", encoded("gzip"), piece).value(), kText);
    EXPECT_EQ(decoded("X-GZIP", encoded("gzip") + encoded("gzip"), piece).value(),
              std::string(kText) + std::string(kText));
    EXPECT_EQ(decoded("deflate", encoded("deflate"), piece).value(), kText);
    EXPECT_EQ(decoded("deflate", encoded("raw"), piece).value(), kText);
    EXPECT_EQ(decoded("br", encoded("br"), piece).value(), kText);
    EXPECT_EQ(decoded("zstd", encoded("zstd"), piece).value(), kText);
    EXPECT_EQ(decoded("", kText, piece).value(), kText);
    EXPECT_EQ(decoded("identity", kText, piece).value(), kText);
  }
}

TEST(ContentDecoder, TakesSeveralOffInTurn) {
  std::string twice;
  ASSERT_TRUE(ZstdCompressor(3).compress(encoded("br"), twice));
  EXPECT_EQ(decoded("br, zstd", twice, 3).value(), kText);
}

TEST(ContentDecoder, GivesWhatThereIsOfABodyThatIsCut) {
  const std::string bytes = encoded("gzip");
  const auto half = decoded("gzip", std::string_view(bytes).substr(0, bytes.size() - 9), 1);
  ASSERT_TRUE(half);
  EXPECT_TRUE(kText.starts_with(*half));
}

TEST(ContentDecoder, HasBounds) {
  EXPECT_EQ(decoded("gzip", encoded("gzip"), 100, 20).error().code, Code::kTooLarge);
  EXPECT_EQ(decoded("", kText, 100, 20).error().code, Code::kTooLarge);
  EXPECT_EQ(decoded("gzip", "no gzip at all", 100).error().code, Code::kInvalidArgument);
  EXPECT_EQ(decoded("zstd", "no zstd at all", 100).error().code, Code::kInvalidArgument);
  EXPECT_EQ(ContentDecoder::make("compress", 1).error().message,
            "content-encoding: expected gzip, deflate, br or zstd, got \"compress\"");
  auto decoder = *ContentDecoder::make("gzip", 1000);
  std::string out;
  EXPECT_FALSE(decoder.decode("no gzip", out));
  EXPECT_FALSE(decoder.decode(encoded("gzip"), out));  // what comes later has no meaning
}

}  // namespace
}  // namespace gleaner::gateway::exchange
