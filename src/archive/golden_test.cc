// Parts that earlier versions wrote (tests/golden/archive) are read as they were written: from the object and its
// manifest alone, through an index that is made again, record for record.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "archive/layout.h"
#include "archive/manifest.h"
#include "archive/part_reader.h"
#include "archive/tiers.h"
#include "record/codec.h"

namespace gleaner::archive {
namespace {

const std::string kFolder = std::string(GLEANER_SOURCE_DIR) + "/tests/golden/archive/";

std::string bytes_of(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(kFolder + name, std::ios::binary).rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

// As GET /v1/interactions gives them, a line each.
std::string listed(const PartReader& reader) {
  std::string out;
  const auto cursor = reader.walk(0, store::Order::kOldestFirst, 0);
  PartBlock block;
  LineDecoder decoder;
  store::Stored stored;
  while (cursor->next(block).value()) {
    std::span<char> line;
    while (block.next(line)) {
      const Status decoded = decoder.decode(line, stored);
      EXPECT_TRUE(decoded) << decoded.error().message;
      out += R"({"interaction":)";
      record::encode(stored.interaction, out);
      out += R"(,"signals":[)";
      for (const record::Signal& signal : stored.signals) {
        if (out.back() != '[') out += ',';
        record::encode(signal, out);
      }
      out += "]}\n";
    }
  }
  return out;
}

class GoldenPart : public testing::TestWithParam<const char*> {};

TEST_P(GoldenPart, IsReadAsItWasWritten) {
  const std::string object = bytes_of(GetParam());
  const auto manifest = decode_manifest(bytes_of(manifest_key(GetParam())));
  ASSERT_TRUE(manifest) << manifest.error().message;
  const auto codec = codec_of(manifest->part.format);
  ASSERT_TRUE(codec) << codec.error().message;
  const Fetch fetch = [&object](uint64_t offset, uint64_t length, std::string& out) -> Status {
    out.assign(object, offset, length);
    return {};
  };
  auto summary = rebuild_index(fetch, object.size(), *codec);
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(difference(manifest->totals, summary->totals), "");
  EXPECT_EQ(summary->index.find_id("golden-1"), std::vector<uint32_t>{0});
  EXPECT_EQ(summary->index.find_id("item-1"), std::vector<uint32_t>{0});
  EXPECT_TRUE(summary->index.find_id("golden-9").empty());
  const auto reader = PartReader::open(std::move(summary->index), *codec, object.size(), fetch);
  ASSERT_TRUE(reader) << reader.error().message;
  const Status same = (*reader)->verify(manifest->totals, 1);
  EXPECT_TRUE(same) << same.error().message;
  EXPECT_EQ(listed(**reader), bytes_of("expected.jsonl"));
}

INSTANTIATE_TEST_SUITE_P(Version1, GoldenPart, testing::Values("1.jsonl.gz", "1.jsonl.zst", "1.parquet"));

}  // namespace
}  // namespace gleaner::archive
