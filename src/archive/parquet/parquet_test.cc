#include <fmt/format.h>
#include <gtest/gtest.h>

#include "archive/layout.h"
#include "archive/parquet/footer.h"
#include "archive/parquet/thrift.h"
#include "archive/part_reader.h"
#include "archive/part_writer.h"

namespace gleaner::archive::parquet {
namespace {

using store::Stored;

TEST(Thrift, ReadsBackWhatWasWritten) {
  std::string out;
  ThriftWriter writer(out);
  writer.i32(1, -7);
  writer.i64(3, INT64_MIN);
  writer.boolean(4, true);
  writer.begin_struct(5);
  writer.binary(2, "inner");
  writer.end_struct();
  writer.begin_list(6, ThriftType::kI32, 20);
  for (int32_t i = 0; i < 20; ++i) writer.element(i);
  writer.begin_list(20, ThriftType::kStruct, 1);
  writer.begin_element();
  writer.i32(1, 9);
  writer.end_struct();
  writer.end_struct();

  ThriftReader reader(out);
  ThriftReader::Field field;
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.id, 1);
  EXPECT_EQ(reader.integer(field), -7);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.id, 3);
  EXPECT_EQ(reader.integer(field), INT64_MIN);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.type, ThriftType::kTrue);
  reader.skip(field);
  ASSERT_TRUE(reader.next(field));
  reader.enter(field);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(reader.binary(field), "inner");
  EXPECT_FALSE(reader.next(field));
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.id, 6);
  reader.skip(field);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(field.id, 20);
  const ThriftReader::List list = reader.list(field);
  ASSERT_EQ(list.size, 1);
  reader.enter_element(list);
  ASSERT_TRUE(reader.next(field));
  EXPECT_EQ(reader.integer(field), 9);
  EXPECT_FALSE(reader.next(field));
  EXPECT_FALSE(reader.next(field));
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.rest().empty());
}

// Whatever a field is, it is passed over; false after a mistake.
bool passes(std::string_view bytes) {
  ThriftReader reader(bytes);
  for (ThriftReader::Field field; reader.next(field);) reader.skip(field);
  return reader.ok() && reader.rest().empty();
}

TEST(Thrift, PassesOverEveryTypeAndTellsMistakes) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(passes("\x00"sv));
  EXPECT_TRUE(passes("\x11\x12\x13\x2a\x16\x07\x00"sv)) << "flags, a byte, a number";
  EXPECT_TRUE(
      passes("\x17"
             "12345678\x00"sv))
      << "a real number";
  EXPECT_TRUE(
      passes("\x1b\x02\x85"
             "\x01"
             "a\x02\x01"
             "b\x04\x00"sv))
      << "a map of texts to numbers";
  EXPECT_TRUE(passes("\x1b\x00\x00"sv)) << "an empty map";
  EXPECT_TRUE(passes("\x19\x31\x01\x02\x01\x00"sv)) << "a list of flags";
  EXPECT_TRUE(passes("\x05\xfe\xff\x03\x02\x00"sv)) << "a field with its number";
  EXPECT_FALSE(passes(""sv));
  EXPECT_FALSE(
      passes("\x18\x7f"
             "short"sv))
      << "a text that is cut off";
  EXPECT_FALSE(passes("\x19\xf5\xff\xff\xff\xff\x0f\x00"sv)) << "a list of more than there is";
  EXPECT_FALSE(passes("\x16\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"sv)) << "a number that does not end";
  EXPECT_FALSE(passes("\x1d\x00"sv)) << "no type";
  EXPECT_FALSE(passes(std::string(1'000'000, '\x1c'))) << "structs without an end";
  EXPECT_FALSE(passes("\x19" + std::string(1'000'000, '\x19'))) << "lists without an end";
}

// Records that have everything, and such that have nothing.
Stored stored(int number, size_t bytes = 100) {
  Stored out;
  auto& i = out.interaction;
  i.id = fmt::format("id-{:03}", number);
  i.platform = "web";
  i.created_at = from_ms(1795250400000 + 1000 * (number % 7));
  i.output.text = fmt::format(R"({{"role":"assistant","content":"{}"}})", std::string(bytes, 'a'));
  out.content_hash = mix64(static_cast<uint64_t>(number));
  if (number % 3 == 0) return out;
  i.session_id = "session";
  i.user_id = fmt::format("user-{}", number % 5);
  i.kind = "chat";
  i.model = "a-model";
  i.success = number % 2 == 0;
  i.latency_ms = 12.5 * number;
  i.usage.text = fmt::format(R"({{"prompt_tokens":{},"completion_tokens":7}})", number);
  record::Signal signal;
  signal.id = fmt::format("signal-{}", number);
  signal.interaction_id = i.id;
  signal.kind = record::SignalKind::kThumbsUp;
  out.signals.push_back(std::move(signal));
  out.signal_hashes.push_back(mix64(static_cast<uint64_t>(number) * 10));
  return out;
}

struct File {
  std::string bytes;
  std::string lines;
  PartSummary summary;
};

File write(int records, size_t bytes = 100) {
  File file;
  const PartOptions options{.codec = Codec::kParquet, .block_bytes = 4096, .threads = 1};
  auto writer = PartWriter::create(options, [&](std::string_view piece) {
    file.bytes += piece;
    return Status{};
  });
  for (int i = 0; i < records; ++i) {
    EXPECT_TRUE((*writer)->add(stored(i, bytes)));
    encode_line(stored(i, bytes), file.lines);
    file.lines += '\n';
  }
  auto summary = (*writer)->finish();
  EXPECT_TRUE(summary) << summary.error().message;
  file.summary = *std::move(summary);
  return file;
}

Fetch fetch_from(const std::string& bytes) {
  return [&bytes](uint64_t offset, uint64_t length, std::string& out) {
    out = offset > bytes.size() ? "" : bytes.substr(offset, length);
    return Status{};
  };
}

// All lines, or the error of the first block that cannot be read.
Result<std::string> read_all(const File& file) {
  TRY_ASSIGN(const auto reader,
             PartReader::open(file.summary.index, Codec::kParquet, file.bytes.size(), fetch_from(file.bytes)));
  std::string all;
  PartBlock block;
  const auto cursor = reader->walk(0, store::Order::kOldestFirst, 0);
  while (true) {
    TRY_ASSIGN(const bool more, cursor->next(block));
    if (!more) return all;
    all += block.lines();
  }
}

TEST(ParquetFile, NothingThatIsDamagedIsTakenForWhole) {
  File file = write(12);
  ASSERT_EQ(file.summary.index.blocks().size(), 2U);
  const auto totals = file.summary.totals;
  const std::string whole = file.bytes;
  ASSERT_EQ(read_all(file).value(), file.lines);
  const BlockInfo& last = file.summary.index.blocks().back();
  const size_t metadata = whole.size() - footer_bytes(whole);
  for (size_t i = 0; i < whole.size(); ++i) {
    file.bytes[i] = static_cast<char>(whole[i] ^ (1 << i % 8));
    const auto read = read_all(file);
    if (read) {
      EXPECT_EQ(*read, file.lines) << i;
      // Only of the metadata a block does not need every bit.
      EXPECT_TRUE(i < kMagic.size() || i >= metadata) << i;
    } else {
      EXPECT_EQ(read.error().code, Code::kDataLoss);
    }
    const auto rebuilt = rebuild_index(fetch_from(file.bytes), file.bytes.size(), Codec::kParquet);
    if (rebuilt) {
      EXPECT_NE(rebuilt->totals.sha256, totals.sha256);
      EXPECT_EQ(rebuilt->totals.lines_sha256, totals.lines_sha256) << i;
      EXPECT_GE(i, metadata);
    } else {
      EXPECT_EQ(rebuilt.error().code, Code::kDataLoss) << rebuilt.error().message;
    }
    file.bytes[i] = whole[i];
  }
  EXPECT_GT(metadata, last.offset);
}

TEST(ParquetFile, WhatIsCutOffIsTold) {
  const File file = write(12);
  for (size_t size = 1; size < file.bytes.size(); ++size) {
    const std::string cut = file.bytes.substr(0, size);
    const auto rebuilt = rebuild_index(fetch_from(cut), size, Codec::kParquet);
    ASSERT_FALSE(rebuilt) << size;
    EXPECT_EQ(rebuilt.error().code, Code::kDataLoss);
  }
  for (const std::string& other : {file.bytes + "behind it", "x" + file.bytes, file.bytes + file.bytes}) {
    const auto rebuilt = rebuild_index(fetch_from(other), other.size(), Codec::kParquet);
    ASSERT_FALSE(rebuilt);
    EXPECT_EQ(rebuilt.error().code, Code::kDataLoss);
  }
}

TEST(ParquetFile, MetadataSaysWhereRowGroupsLie) {
  const File file = write(40);
  const size_t footer = footer_bytes(file.bytes);
  ASSERT_GT(footer, kTailBytes);
  const auto groups = read_footer(std::string_view(file.bytes).substr(file.bytes.size() - footer, footer - kTailBytes));
  ASSERT_TRUE(groups) << groups.error().message;
  const auto blocks = file.summary.index.blocks();
  ASSERT_EQ(groups->size(), blocks.size());
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ((*groups)[i].offset, i == 0 ? kMagic.size() : blocks[i].offset);
    EXPECT_EQ((*groups)[i].rows, blocks[i].records);
    EXPECT_EQ((*groups)[i].offset + (*groups)[i].packed_bytes,
              blocks[i].offset + blocks[i].packed_bytes - (i + 1 == blocks.size() ? footer : 0));
  }
}

TEST(ParquetFile, AHugeRecordIsARowGroup) {
  const File file = write(3, size_t{3} << 20);
  ASSERT_EQ(file.summary.index.blocks().size(), 3U);
  EXPECT_EQ(read_all(file).value(), file.lines);
}

// A file whose lines' page says of itself what it likes.
std::string with_page(const PageHeader& claimed, std::string_view packed) {
  PageHeader header = claimed;
  header.packed_bytes = static_cast<uint32_t>(packed.size());
  header.checksum = page_checksum(packed);
  std::string out(kMagic);
  put_page_header(header, out);
  out += packed;
  RowGroupInfo info;
  info.rows = header.values;
  info.chunks.resize(columns().size());
  info.chunks[0].packed_bytes = out.size() - kMagic.size();
  FooterWriter footer;
  footer.add(info, kMagic.size());
  return out + footer.finish();
}

TEST(ParquetFile, SizesThatLieAreTold) {
  const auto rebuild = [](const std::string& file) {
    const auto rebuilt = rebuild_index(fetch_from(file), file.size(), Codec::kParquet);
    EXPECT_EQ(rebuilt ? Code::kInternal : rebuilt.error().code, Code::kDataLoss);
    return rebuilt ? "" : rebuilt.error().message;
  };
  std::string frame;
  ASSERT_TRUE(BlockCompressor(Codec::kZstd, 1).compress(std::string("\2\0\0\0{}", 6), frame));
  EXPECT_NE(rebuild(with_page({.raw_bytes = 6, .values = 1}, frame)).find("line 1"), std::string::npos) << "it is read";
  EXPECT_NE(rebuild(with_page({.raw_bytes = 0x7fffffff, .values = 1}, frame)).find("as the metadata says"),
            std::string::npos);
  EXPECT_NE(rebuild(with_page({.raw_bytes = 7, .values = 1}, frame)).find("large"), std::string::npos);
  EXPECT_NE(rebuild(with_page({.raw_bytes = 6, .values = 0}, frame)).find("large"), std::string::npos);
  EXPECT_NE(rebuild(with_page({.raw_bytes = 6, .values = 0xffffffff}, frame)).find("large"), std::string::npos);
  EXPECT_NE(rebuild(with_page({.raw_bytes = 6, .values = 1}, frame + frame)).find("frame"), std::string::npos);
  for (const std::string_view lines : {std::string_view("\xff\xff\xff\xff{}", 6), std::string_view("\1\0\0\0{}", 6),
                                       std::string_view("\3\0\0\0{}", 6), std::string_view("\2\0\0\0\n}", 6)}) {
    ASSERT_TRUE(BlockCompressor(Codec::kZstd, 1).compress(lines, frame));
    EXPECT_NE(rebuild(with_page({.raw_bytes = 6, .values = 1}, frame)).find("line"), std::string::npos);
  }
  // Megabytes behind a few bytes.
  ASSERT_TRUE(BlockCompressor(Codec::kZstd, 1).compress(std::string(kMaxBlockBytes + 100, '\0'), frame));
  rebuild(with_page({.raw_bytes = static_cast<uint32_t>(kMaxBlockBytes + 100), .values = 1}, frame));
}

Value value_of(std::string_view column, const Stored& stored) {
  for (const Column& one : columns()) {
    if (one.name == column) return one.value(Row(stored));
  }
  ADD_FAILURE() << column;
  return {};
}

TEST(ParquetColumns, SayWhatTheRecordSays) {
  const Stored full = stored(4);
  EXPECT_EQ(value_of("id", full), Value(std::string_view("id-004")));
  EXPECT_EQ(value_of("created_at", full), Value(int64_t{1795250404000}));
  EXPECT_EQ(value_of("success", full), Value(true));
  EXPECT_EQ(value_of("latency_ms", full), Value(50.0));
  EXPECT_EQ(value_of("prompt_tokens", full), Value(int64_t{4}));
  EXPECT_EQ(value_of("thumbs_up", full), Value(int64_t{1}));
  EXPECT_EQ(value_of("positive", full), Value(true));
  Stored other = full;
  other.interaction.usage.text = R"({"input_tokens":3,"output_tokens":2.5})";
  EXPECT_EQ(value_of("prompt_tokens", other), Value(int64_t{3}));
  EXPECT_EQ(value_of("completion_tokens", other), Value()) << "not a whole number";
  const Stored bare = stored(3);
  for (const Column& column : columns()) {
    if (column.optional) {
      EXPECT_EQ(column.value(Row(bare)), Value()) << column.name;
    }
  }
  EXPECT_EQ(value_of("signals", bare), Value(int64_t{0}));
  EXPECT_EQ(value_of("negative", bare), Value(false));
}

TEST(ParquetLayout, LiesInHivesPartitions) {
  const Day day = parse_day("2026-03-05").value();
  const auto key = [&](std::string_view platform, int number = 1) {
    return object_key("default", platform, day, number, "parquet");
  };
  EXPECT_EQ(key("web"), "archives/platform=web/year=2026/month=3/2026-03-05.parquet");
  EXPECT_EQ(key("web", 2), "archives/platform=web/year=2026/month=3/2026-03-05.2.parquet");
  EXPECT_EQ(object_key("shop", "a/b =日.", day, 1, "parquet"),
            "projects/shop/archives/platform=a%2Fb %3D日./year=2026/month=3/2026-03-05.parquet");
  EXPECT_EQ(key(""), "archives/platform=/year=2026/month=3/2026-03-05.parquet");
  std::string longest;
  for (int i = 0; i < 42; ++i) longest += "日";
  EXPECT_EQ(key(longest), "archives/platform=" + longest + "/year=2026/month=3/2026-03-05.parquet");
  for (const std::string& longer : {longest + "日", longest + "日x", std::string(100, '/')}) {
    const std::string cut = key(longer).substr(std::string_view("archives/platform=").size());
    EXPECT_EQ(cut.find('~'), 93U) << "whole characters: " << cut;
    EXPECT_LE(cut.find('/'), 128U);
  }
  EXPECT_NE(key(longest + "日"), key(longest + "本"));

  const std::string manifest = manifest_key(key("web"));
  EXPECT_EQ(manifest, "archives/platform=web/year=2026/month=3/_2026-03-05.parquet.manifest.json");
  EXPECT_TRUE(is_manifest_key(manifest));
  EXPECT_EQ(object_of_manifest(manifest), key("web"));
}

}  // namespace
}  // namespace gleaner::archive::parquet
