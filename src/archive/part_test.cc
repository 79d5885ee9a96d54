#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "archive/part_reader.h"
#include "archive/part_writer.h"

namespace gleaner::archive {
namespace {

namespace fs = std::filesystem;
using store::Order;
using store::Stored;

constexpr int64_t kStart = 1795250400000;  // 2026-11-21T08:40:00Z

// Texts that compress, but not to nothing.
std::string text(int number, size_t bytes) {
  std::string out;
  for (uint64_t i = 0; out.size() < bytes; ++i)
    out += fmt::format("{} ", mix64(i / 3 + static_cast<uint64_t>(number)) % 9999);
  return out;
}

Stored stored(int number, size_t bytes = 700) {
  Stored out;
  auto& i = out.interaction;
  i.id = fmt::format("id-{}", number);
  i.platform = "web";
  i.user_id = fmt::format("user-{}", number % 50);
  i.created_at = from_ms(kStart + number);
  i.output.text = fmt::format(R"({{"role":"assistant","content":"{}"}})", text(number, bytes));
  if (number % 10 == 0) i.items.text = fmt::format(R"([{{"id":"item-{}"}}])", number);
  out.content_hash = mix64(static_cast<uint64_t>(number));
  for (int s = 0; s < number % 3; ++s) {
    record::Signal signal;
    signal.id = fmt::format("signal-{}-{}", number, s);
    signal.interaction_id = i.id;
    signal.kind = record::SignalKind::kThumbsUp;
    signal.user_id = fmt::format("voter-{}", number);
    out.signals.push_back(std::move(signal));
    out.signal_hashes.push_back(mix64(static_cast<uint64_t>(number * 10 + s)));
  }
  return out;
}

std::string line_of(const Stored& one) {
  std::string line;
  encode_line(one, line);
  return line;
}

struct Part {
  std::string object;
  std::string lines;
  PartSummary summary;
};

Part write(const PartOptions& options, int records, size_t bytes = 700) {
  Part part;
  auto writer = PartWriter::create(options, [&](std::string_view piece) {
    part.object += piece;
    return Status{};
  });
  EXPECT_TRUE(writer) << writer.error().message;
  for (int i = 0; i < records; ++i) {
    const Stored one = stored(i, bytes);
    const auto added = (*writer)->add(one);
    EXPECT_TRUE(added) << added.error().message;
    part.lines += line_of(one) + '\n';
  }
  auto summary = (*writer)->finish();
  EXPECT_TRUE(summary) << summary.error().message;
  if (summary) part.summary = *std::move(summary);
  return part;
}

Fetch fetch_from(const std::string& object) {
  return [&object](uint64_t offset, uint64_t length, std::string& out) {
    out = offset > object.size() ? "" : object.substr(offset, length);
    return Status{};
  };
}

std::unique_ptr<PartReader> open(const Part& part, Codec codec) {
  auto reader = PartReader::open(part.summary.index, codec, part.object.size(), fetch_from(part.object));
  EXPECT_TRUE(reader) << reader.error().message;
  return reader ? *std::move(reader) : nullptr;
}

class PartTest : public testing::TestWithParam<Codec> {
 protected:
  PartOptions options(int threads = 2) const {
    return {.codec = GetParam(), .level = 1, .block_bytes = 8192, .threads = threads};
  }
};

// Of parts that are nothing but compressed lines.
class JsonLinesTest : public PartTest {};

std::string name_of(const testing::TestParamInfo<Codec>& codec) {
  return std::string(codec_name(codec.param));
}
INSTANTIATE_TEST_SUITE_P(Codecs, PartTest, testing::Values(Codec::kGzip, Codec::kZstd, Codec::kParquet), name_of);
INSTANTIATE_TEST_SUITE_P(Codecs, JsonLinesTest, testing::Values(Codec::kGzip, Codec::kZstd), name_of);

TEST_P(PartTest, CountsWhatItHolds) {
  const Part part = write(options(), 100);
  const PartTotals& totals = part.summary.totals;
  EXPECT_EQ(totals.records, 100);
  EXPECT_EQ(totals.signals, 99);
  EXPECT_EQ(totals.raw_bytes, part.lines.size());
  EXPECT_EQ(totals.packed_bytes, part.object.size());
  EXPECT_EQ(totals.sha256, sha256(part.object));
  EXPECT_EQ(totals.lines_sha256, sha256(part.lines));
  EXPECT_EQ(totals.first, from_ms(kStart));
  EXPECT_EQ(totals.last, from_ms(kStart + 99));
  uint64_t content_sum = 0;
  uint64_t signal_sum = 0;
  for (int i = 0; i < 100; ++i) {
    const Stored one = stored(i);
    content_sum += mix64(one.content_hash);
    for (const uint64_t hash : one.signal_hashes) signal_sum += mix64(hash ^ one.content_hash);
  }
  EXPECT_EQ(totals.content_sum, content_sum);
  EXPECT_EQ(totals.signal_sum, signal_sum);
}

TEST_P(PartTest, ReadsBackInBothDirections) {
  const Part part = write(options(), 300);
  const auto reader = open(part, GetParam());
  const auto blocks = static_cast<uint32_t>(reader->index().blocks().size());
  ASSERT_GT(blocks, 20);
  for (const int threads : {0, 1, 2, 5, 64}) {
    for (const Order order : {Order::kOldestFirst, Order::kNewestFirst}) {
      const auto cursor = reader->walk(order == Order::kOldestFirst ? 3 : blocks - 4, order, threads);
      std::string all;
      PartBlock block;
      while (true) {
        const auto more = cursor->next(block);
        ASSERT_TRUE(more) << more.error().message;
        if (!*more) break;
        order == Order::kOldestFirst ? all.append(block.lines()) : all.insert(0, block.lines());
      }
      const size_t skipped = order == Order::kOldestFirst ? part.lines.find(all) : part.lines.size() - all.size();
      EXPECT_TRUE(order == Order::kOldestFirst ? part.lines.ends_with(all) : part.lines.starts_with(all)) << threads;
      EXPECT_GT(skipped, 3 * 4096) << "it starts where it was told to";
      EXPECT_LE(skipped, 4 * 8192);
    }
  }
}

TEST_P(PartTest, DecodesEveryRecord) {
  const Part part = write(options(), 100);
  const auto reader = open(part, GetParam());
  const auto cursor = reader->walk(0, Order::kOldestFirst, 1);
  LineDecoder decoder;
  PartBlock block;
  std::span<char> line;
  Stored out;
  int number = 0;
  while (cursor->next(block).value_or(false)) {
    while (block.next(line)) {
      const auto decoded = decoder.decode(line, out);
      ASSERT_TRUE(decoded) << decoded.error().message;
      EXPECT_EQ(line_of(out), line_of(stored(number)));
      EXPECT_EQ(out.verdict.thumbs_up, number % 3);
      ++number;
    }
  }
  EXPECT_EQ(number, 100);
}

TEST_P(PartTest, FindsTheBlocksOfARecordAnItemAndAPerson) {
  const Part part = write(options(), 200);
  const auto reader = open(part, GetParam());
  PartBlock block;
  const auto holds = [&](const std::vector<uint32_t>& blocks, const std::string& needle) {
    return std::ranges::any_of(blocks, [&](uint32_t number) {
      const auto read = reader->read_block(number, block);
      EXPECT_TRUE(read) << read.error().message;
      return block.lines().find(needle) != std::string_view::npos;
    });
  };
  for (int i = 0; i < 200; ++i) {
    EXPECT_TRUE(holds(reader->index().find_id(fmt::format("id-{}", i)), fmt::format(R"("id":"id-{}")", i)));
    if (i % 10 == 0) {
      EXPECT_TRUE(holds(reader->index().find_id(fmt::format("item-{}", i)), fmt::format("\"item-{}\"", i)));
    }
    if (i % 3 > 0) {
      EXPECT_TRUE(holds(reader->index().find_user(fmt::format("voter-{}", i)), fmt::format("voter-{}\"", i)));
    }
  }
  EXPECT_GE(reader->index().find_user("user-7").size(), 4);
}

TEST_P(PartTest, BlocksKeepTheirSize) {
  const Part part = write(options(), 300);
  for (const BlockInfo& block : part.summary.index.blocks()) EXPECT_LE(block.raw_bytes, 8192);
  const Part large = write(options(), 5, 50'000);
  ASSERT_EQ(large.summary.index.blocks().size(), 5);
  for (const BlockInfo& block : large.summary.index.blocks()) EXPECT_EQ(block.records, 1);
  EXPECT_TRUE(open(large, GetParam())->verify(large.summary.totals, 2));
}

TEST_P(PartTest, AHugeRecordBetweenSmallOnes) {
  std::string object;
  std::string lines;
  auto writer = PartWriter::create(options(), [&](std::string_view piece) {
    object += piece;
    return Status{};
  });
  for (int i = 0; i < 9; ++i) {
    const Stored one = stored(i, i == 4 ? 1 << 20 : 500);
    ASSERT_TRUE((*writer)->add(one));
    lines += line_of(one) + '\n';
  }
  const auto summary = (*writer)->finish();
  ASSERT_TRUE(summary);
  ASSERT_EQ(summary->index.blocks().size(), 3);
  EXPECT_EQ(summary->index.blocks()[1].records, 1);
  EXPECT_EQ(summary->totals.lines_sha256, sha256(lines));
}

TEST_P(PartTest, ThreadsDoNotChangeTheBytes) {
  const Part one = write(options(1), 200);
  for (const int threads : {2, 7}) {
    const Part other = write(options(threads), 200);
    EXPECT_EQ(one.object, other.object);
    EXPECT_EQ(one.summary.totals, other.summary.totals);
  }
}

TEST_P(PartTest, NothingIsNoBytes) {
  const Part part = write(options(), 0);
  EXPECT_TRUE(part.object.empty());
  const auto reader = open(part, GetParam());
  EXPECT_TRUE(reader->verify(part.summary.totals, 2));
  PartBlock block;
  for (const Order order : {Order::kOldestFirst, Order::kNewestFirst})
    EXPECT_EQ(reader->walk(0, order, 2)->next(block).value_or(true), false);
  EXPECT_EQ(reader->read_block(0, block).error().code, Code::kInvalidArgument);
}

TEST_P(JsonLinesTest, OtherProgramsReadIt) {
  const Part part = write(options(), 300);
  const std::string suffix = GetParam() == Codec::kGzip ? ".gz" : ".zst";
  const std::string path = testing::TempDir() + "gleaner_part_" + std::to_string(getpid()) + suffix;
  std::ofstream(path, std::ios::binary) << part.object;
  const std::string program = GetParam() == Codec::kGzip ? "gzip" : "zstd";
  const std::string command = fmt::format("{0} -qt {1} && {0} -dc {1} > {1}.out", program, path);
  if (std::system(fmt::format("command -v {} >/dev/null", program).c_str()) == 0) {  // NOLINT
    ASSERT_EQ(std::system(command.c_str()), 0);                                      // NOLINT
    std::ifstream file(path + ".out", std::ios::binary);
    const std::string out(std::istreambuf_iterator<char>(file), {});
    EXPECT_TRUE(out == part.lines);
  }
  fs::remove(path);
  fs::remove(path + ".out");
}

TEST_P(PartTest, VerifiesWhatWasWritten) {
  const Part part = write(options(), 150);
  const auto reader = open(part, GetParam());
  for (const int threads : {0, 2}) {
    const auto verified = reader->verify(part.summary.totals, threads);
    EXPECT_TRUE(verified) << verified.error().message;
  }
  PartTotals other = part.summary.totals;
  ++other.signal_sum;
  EXPECT_EQ(reader->verify(other, 1).error().code, Code::kDataLoss);
  other = part.summary.totals;
  other.sha256[31] ^= 1;
  EXPECT_EQ(reader->verify(other, 1).error().code, Code::kDataLoss);
}

TEST_P(PartTest, EveryFlippedBitIsToldWithItsPlace) {
  Part part = write(options(), 40);
  const auto blocks = part.summary.index.blocks();
  ASSERT_GE(blocks.size(), 3);
  const auto reader = open(part, GetParam());
  PartBlock block;
  const BlockInfo& second = blocks[1];
  ASSERT_TRUE(reader->read_block(1, block));
  const std::string lines(block.lines());
  size_t harmless = 0;
  for (uint64_t i = 0; i < second.packed_bytes; ++i) {
    char& byte = part.object[second.offset + i];
    const char was = byte;
    byte = static_cast<char>(byte ^ 1 << i % 8);
    const auto read = reader->read_block(1, block);
    if (read) {
      // Bits that say nothing of the content, like gzip's time and system.
      EXPECT_TRUE(block.lines() == lines) << i;
      ++harmless;
    } else {
      EXPECT_EQ(read.error().code, Code::kDataLoss);
      EXPECT_TRUE(read.error().message.starts_with(fmt::format("block 1 at byte {}: ", second.offset)))
          << read.error().message;
    }
    if (i % 97 == 0) {
      const auto verified = reader->verify(part.summary.totals, 2);
      ASSERT_FALSE(verified) << i;
      EXPECT_EQ(verified.error().code, Code::kDataLoss);
    }
    byte = was;
  }
  EXPECT_LE(harmless, 10);
  EXPECT_TRUE(reader->verify(part.summary.totals, 2));
}

TEST_P(PartTest, AnObjectOfAnotherSizeIsTold) {
  const Part part = write(options(), 40);
  for (const int change : {-1, 1}) {
    const auto reader = PartReader::open(part.summary.index, GetParam(),
                                         part.object.size() + static_cast<size_t>(change), fetch_from(part.object));
    ASSERT_FALSE(reader);
    EXPECT_EQ(reader.error().code, Code::kDataLoss);
  }
  Part cut = part;
  const auto reader = open(cut, GetParam());
  cut.object.resize(cut.object.size() - 5);
  EXPECT_EQ(reader->verify(part.summary.totals, 2).error().code, Code::kDataLoss);
}

TEST_P(PartTest, FetchErrorsComeThrough) {
  const Part part = write(options(), 100);
  const auto good = fetch_from(part.object);
  const uint64_t bad = part.summary.index.blocks()[5].offset;
  const auto reader = PartReader::open(part.summary.index, GetParam(), part.object.size(),
                                       [&](uint64_t offset, uint64_t length, std::string& out) {
                                         if (offset == bad) return Status(fail(Code::kUnavailable, "away"));
                                         return good(offset, length, out);
                                       });
  for (const int threads : {0, 3}) {
    const auto cursor = (*reader)->walk(0, Order::kOldestFirst, threads);
    PartBlock block;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(cursor->next(block).value_or(false));
    const auto failed = cursor->next(block);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::kUnavailable);
    EXPECT_EQ(failed.error().message, fmt::format("block 5 at byte {}: away", bad));
    EXPECT_EQ(cursor->next(block).value_or(true), false) << "the walk is over";
  }
}

TEST_P(PartTest, ReadAheadIsBounded) {
  const Part part = write(options(), 300);
  std::atomic<int> fetched = 0;
  const auto good = fetch_from(part.object);
  const auto reader = PartReader::open(part.summary.index, GetParam(), part.object.size(),
                                       [&](uint64_t offset, uint64_t length, std::string& out) {
                                         ++fetched;
                                         return good(offset, length, out);
                                       });
  const auto cursor = (*reader)->walk(0, Order::kOldestFirst, 3);
  PartBlock block;
  for (int taken = 1; taken <= 5; ++taken) {
    ASSERT_TRUE(cursor->next(block).value_or(false));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_LE(fetched, taken + 3);
  }
}

TEST_P(PartTest, TheIndexIsMadeAgainFromTheObject) {
  const Part part = write(options(), 300);
  const auto rebuilt = rebuild_index(fetch_from(part.object), part.object.size(), GetParam());
  ASSERT_TRUE(rebuilt) << rebuilt.error().message;
  EXPECT_EQ(rebuilt->totals, part.summary.totals);
  EXPECT_TRUE(std::ranges::equal(rebuilt->index.blocks(), part.summary.index.blocks()));
  for (int i = 0; i < 300; ++i) {
    for (const std::string& id : {fmt::format("id-{}", i), fmt::format("item-{}", i)})
      EXPECT_EQ(rebuilt->index.find_id(id), part.summary.index.find_id(id));
    EXPECT_EQ(rebuilt->index.find_user(fmt::format("voter-{}", i)),
              part.summary.index.find_user(fmt::format("voter-{}", i)));
  }
}

TEST_P(JsonLinesTest, RebuildTellsDamage) {
  const Part part = write(options(), 60);
  const auto rebuild = [](const std::string& object, Codec codec) {
    const auto rebuilt = rebuild_index(fetch_from(object), object.size(), codec);
    return rebuilt ? std::string("nothing") : std::string(code_name(rebuilt.error().code)) + rebuilt.error().message;
  };
  const auto& second = part.summary.index.blocks()[1];
  std::string cut = part.object.substr(0, second.offset + second.packed_bytes / 2);
  EXPECT_EQ(rebuild(cut, GetParam()), fmt::format("data_lossblock 1 at byte {}: it is cut off", second.offset));
  std::string flipped = part.object;
  flipped[second.offset + second.packed_bytes / 2] ^= 4;
  EXPECT_TRUE(rebuild(flipped, GetParam()).starts_with(fmt::format("data_lossblock 1 at byte {}", second.offset)));
  EXPECT_TRUE(rebuild(part.object + "behind the last one", GetParam()).starts_with("data_lossblock "));
  std::string strange;
  ASSERT_TRUE(BlockCompressor(GetParam(), 1).compress("{\"id\":1}\n", strange));
  EXPECT_TRUE(rebuild(strange, GetParam()).starts_with("data_lossblock 0 at byte 0, line 1: "));
  ASSERT_TRUE(BlockCompressor(GetParam(), 1).compress("", strange));
  EXPECT_TRUE(rebuild(strange, GetParam()).starts_with("data_lossblock 0 at byte 0: "));
}

// Hundreds of megabytes behind a few bytes stop at the limit.
TEST_P(JsonLinesTest, ABombIsTold) {
  std::string bomb;
  ASSERT_TRUE(BlockCompressor(GetParam(), 1).compress(std::string(kMaxBlockBytes + 2, 'x'), bomb));
  const auto rebuilt = rebuild_index(fetch_from(bomb), bomb.size(), GetParam());
  ASSERT_FALSE(rebuilt);
  EXPECT_EQ(rebuilt.error().code, Code::kDataLoss);
}

TEST_P(PartTest, ASinkThatFailsEndsIt) {
  int calls = 0;
  auto writer = PartWriter::create(
      options(), [&](std::string_view) { return ++calls < 3 ? Status{} : Status(fail(Code::kUnavailable, "full")); });
  Status status;
  for (int i = 0; i < 500 && status; ++i) status = (*writer)->add(stored(i));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kUnavailable);
  EXPECT_EQ((*writer)->add(stored(1)).error().message, "full");
  EXPECT_EQ((*writer)->finish().error().message, "full");
  EXPECT_EQ(calls, 3) << "nothing goes to a sink that has failed";
}

TEST_P(PartTest, AWriterCanBeGivenUp) {
  auto writer = PartWriter::create(options(), [](std::string_view) { return Status{}; });
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*writer)->add(stored(i)));
}

TEST(PartWriter, RefusesWhatItCannotKeep) {
  const auto sink = [](std::string_view) { return Status{}; };
  for (const PartOptions& options :
       {PartOptions{.level = 13}, PartOptions{.level = -1}, PartOptions{.threads = 0},
        PartOptions{.codec = Codec::kZstd, .level = 20}, PartOptions{.codec = Codec::kParquet, .level = 20},
        PartOptions{.block_bytes = 1}, PartOptions{.block_bytes = size_t{1} << 40}, PartOptions{.threads = 1000}}) {
    EXPECT_EQ(PartWriter::create(options, sink).error().code, Code::kInvalidArgument);
  }
  auto writer = PartWriter::create({}, sink);
  ASSERT_TRUE((*writer)->add(stored(1)));
  Stored bad = stored(2);
  bad.interaction.created_at.reset();
  EXPECT_EQ((*writer)->add(bad).error().code, Code::kInvalidArgument);
  bad = stored(2);
  bad.signal_hashes.clear();
  EXPECT_EQ((*writer)->add(bad).error().code, Code::kInvalidArgument);
  bad = stored(3);
  bad.interaction.metadata.text = "{\n}";
  EXPECT_EQ((*writer)->add(bad).error().code, Code::kInvalidArgument);
  bad = stored(4);
  bad.interaction.metadata.text = "\"" + std::string(kMaxBlockBytes, 'x') + "\"";
  EXPECT_EQ((*writer)->add(bad).error().code, Code::kTooLarge);
  const auto summary = (*writer)->finish();
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->totals.records, 1) << "what was refused has left nothing behind";
}

}  // namespace
}  // namespace gleaner::archive
