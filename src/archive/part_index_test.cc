#include "archive/part_index.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hash.h"

namespace gleaner::archive {
namespace {

constexpr uint64_t kSeed = 0x0102030405060708;

// `blocks` blocks of `records` records each; two in a row are of one person.
PartIndex make(int blocks, int records, uint64_t seed = kSeed) {
  PartIndexBuilder builder(seed);
  std::vector<uint64_t> packed;
  int number = 0;
  for (int block = 0; block < blocks; ++block) {
    for (int i = 0; i < records; ++i, ++number) {
      builder.add_record(from_ms(1795250400000 + int64_t{1000} * number));
      builder.add_id(fmt::format("id-{}", number));
      builder.add_user(fmt::format("user-{}", number / 2));
      builder.add_user("");
    }
    builder.add_user("everywhere");
    builder.end_block(1000 * static_cast<uint64_t>(records));
    packed.push_back(300 + static_cast<uint64_t>(block));
  }
  return builder.finish(packed);
}

bool has(const std::vector<uint32_t>& blocks, uint32_t block) {
  return std::ranges::binary_search(blocks, block);
}

TEST(PartIndex, FindsRecordsAndPeople) {
  const PartIndex index = make(7, 100);
  size_t answers = 0;
  for (uint32_t i = 0; i < 700; ++i) {
    const auto ids = index.find_id(fmt::format("id-{}", i));
    EXPECT_TRUE(has(ids, i / 100)) << i;
    EXPECT_TRUE(has(index.find_user(fmt::format("user-{}", i / 2)), i / 100)) << i;
    answers += ids.size();
  }
  EXPECT_LE(answers, 702) << "hardly any block too many";
  EXPECT_EQ(index.find_user("everywhere"), (std::vector<uint32_t>{0, 1, 2, 3, 4, 5, 6}));
  size_t strangers = 0;
  for (int i = 0; i < 10'000; ++i) strangers += index.find_id(fmt::format("stranger-{}", i)).size();
  EXPECT_LE(strangers, 2);
  EXPECT_TRUE(index.find_user("").empty());
}

TEST(PartIndex, KnowsItsBlocks) {
  const PartIndex index = make(3, 10);
  ASSERT_EQ(index.blocks().size(), 3);
  EXPECT_EQ(index.blocks()[2].offset, 601);
  EXPECT_EQ(index.blocks()[2].packed_bytes, 302);
  EXPECT_EQ(index.blocks()[2].raw_bytes, 10'000);
  EXPECT_EQ(index.blocks()[2].records, 10);
  EXPECT_EQ(index.blocks()[2].first, from_ms(1795250420000));
  EXPECT_EQ(index.blocks()[2].last, from_ms(1795250429000));
  EXPECT_EQ(index.packed_bytes(), 903);
}

TEST(PartIndex, TimesNeedNotBeInOrder) {
  PartIndexBuilder builder(1);
  for (const int64_t ms : {5000, 2000, 9000, 4000}) {
    builder.add_record(from_ms(ms));
    if (ms == 2000) builder.end_block(20);
  }
  builder.end_block(20);
  const std::vector<uint64_t> packed = {9, 9};
  const auto back = PartIndex::decode(builder.finish(packed).encode());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->blocks()[0].first, from_ms(2000));
  EXPECT_EQ(back->blocks()[0].last, from_ms(5000));
  EXPECT_EQ(back->blocks()[1].first, from_ms(4000));
}

TEST(PartIndex, ReadsBackAsItWas) {
  for (const auto& [blocks, records] : {std::pair(0, 0), {1, 1}, {1, 1000}, {300, 40}}) {
    const PartIndex index = make(blocks, records);
    const auto back = PartIndex::decode(index.encode());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, index);
  }
}

// What docs/archive-format.md says it costs.
TEST(PartIndex, CostsFourBytesForAnId) {
  const PartIndex index = make(30, 370);
  const double ids = 30 * 370 * 1.5 + 30;
  EXPECT_LT(static_cast<double>(index.encode().size()) / ids, 4.2);
}

TEST(PartIndex, BytesAreThoseOfTheDocumentation) {
  PartIndexBuilder builder(kSeed);
  builder.add_record(from_ms(1795250400000));
  builder.add_id("a1");
  builder.add_user("u1");
  builder.end_block(300);
  const std::vector<uint64_t> packed = {200};
  EXPECT_EQ(to_hex(builder.finish(packed).encode()),
            "474c4e49"
            "01"
            "0807060504030201"
            "01"
            "c801"
            "ac02"
            "01"
            "80ac99d4bf68"
            "00"
            "01"
            "d3a2c6ea02"
            "01"
            "e68dfad107"
            "ddcc3a22391c8876");
}

TEST(PartIndex, DamageIsTold) {
  const std::string good = make(3, 10).encode();
  for (size_t size = 0; size < good.size(); ++size) {
    const auto cut = PartIndex::decode(std::string_view(good).substr(0, size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, Code::kDataLoss) << size;
  }
  for (size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    const auto decoded = PartIndex::decode(damaged);
    ASSERT_FALSE(decoded) << i;
    EXPECT_EQ(decoded.error().code, i == 4 ? Code::kInvalidArgument : Code::kDataLoss) << i;
  }
  EXPECT_FALSE(PartIndex::decode(good + '\0'));
}

// With its checksum right, a hostile blob is still read within its bounds.
TEST(PartIndex, HostileNumbersAreTold) {
  const auto sealed = [](const std::string& numbers) {
    std::string bytes = std::string("GLNI\x01", 5) + std::string(8, '\0') + numbers;
    const uint64_t sum = keyed_hash64(0, bytes);
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(sum >> (8 * i));
    return PartIndex::decode(bytes);
  };
  const std::string huge = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
  const std::string block = {9, 9, 1, 0, 0};
  EXPECT_TRUE(sealed({0, 0, 0}));
  EXPECT_TRUE(sealed('\x01' + block + std::string(2, '\0')));
  for (const std::string& numbers : {
           std::string(), huge, std::string({0, 1, 0, 0}), std::string({0, 0, 0, 0}),
           '\x02' + block + std::string(2, '\0'), '\x01' + block + huge + std::string(2, '\0'),
           '\x01' + block + std::string({1}) + huge + std::string(1, '\0'),
           '\x01' + std::string({9, 9, 10, 0, 0, 0, 0}),                     // more records than bytes
           '\x01' + std::string({0, 9, 1, 0, 0, 0, 0}),                      // no bytes
           '\x01' + std::string({9, 9, 1, 1, 0, 0, 0}),                      // before 1970
           '\x01' + std::string({9}) + huge + std::string({1, 0, 0, 0, 0}),  // a block of 2^64 bytes
           '\x01' + block + std::string({1, '\x80', 0, 0}),                  // a number in two ways
       }) {
    const auto decoded = sealed(numbers);
    ASSERT_FALSE(decoded) << to_hex(numbers);
    EXPECT_EQ(decoded.error().code, Code::kDataLoss);
  }
}

}  // namespace
}  // namespace gleaner::archive
