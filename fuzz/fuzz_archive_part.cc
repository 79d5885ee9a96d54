// What lies in an object store is not ours alone: a line, an index (as it is, and with its checksum put right), a
// block, a row group, the metadata of Parquet, and a whole part of any bytes. Damage is data loss; what is taken is
// written again as it was.
#include <algorithm>
#include <string>

#include "archive/line.h"
#include "archive/parquet/footer.h"
#include "archive/part_reader.h"
#include "base/hash.h"
#include "target.h"

using gleaner::Code;
using gleaner::fuzz::require;
using namespace gleaner::archive;

namespace {

constexpr size_t kSum = 8;
constexpr size_t kSeedAt = 5;

void check_line(std::string_view text) {
  (void)peek_line(text);
  std::string line(text);
  line.append(gleaner::record::Decoder::kReadableBehind, '"');
  LineDecoder decoder;
  gleaner::store::Stored stored;
  const auto decoded = decoder.decode({line.data(), text.size()}, stored);
  require(std::string_view(line).substr(0, text.size()) == text, "the line is afterwards as it was");
  if (!decoded) {
    require(decoded.error().code == Code::kDataLoss, "damage is data loss");
    return;
  }
  require(stored.signals.size() == stored.signal_hashes.size(), "a hash for each signal");
  std::string again;
  encode_line(stored, again);
  const size_t size = again.size();
  again.append(gleaner::record::Decoder::kReadableBehind, '\0');
  gleaner::store::Stored second;
  require(decoder.decode({again.data(), size}, second).has_value(), "what was read can be written and read");
  std::string third;
  encode_line(second, third);
  again.resize(size);
  require(third == again, "and is the same");
}

void check_index(std::string_view bytes) {
  const auto index = PartIndex::decode(bytes);
  if (!index) return;
  require(index->encode() == bytes, "an index is written as it was read");
  for (const uint32_t block : index->find_id("a1")) require(block < index->blocks().size(), "a block that is there");
  uint64_t offset = 0;
  for (const BlockInfo& block : index->blocks()) {
    require(block.offset == offset && block.packed_bytes > 0, "blocks lie one behind the other");
    offset += block.packed_bytes;
  }
}

std::string sealed(std::string_view bytes) {
  std::string out(bytes);
  if (out.size() < kSeedAt + 2 * kSum) return out;
  const auto number = [&](size_t at) {
    uint64_t value = 0;
    for (size_t i = kSum; i-- > 0;) value = value << 8 | static_cast<unsigned char>(out[at + i]);
    return value;
  };
  out.resize(out.size() - kSum);
  const uint64_t sum = gleaner::keyed_hash64(number(kSeedAt), out);
  for (size_t i = 0; i < kSum; ++i) out += static_cast<char>(sum >> (8 * i));
  return out;
}

// A block that reads back is one that the scanner finds, too.
void check_block(std::string_view bytes, Codec codec) {
  constexpr size_t kSize = 64;
  BlockDecompressor decompressor(codec);
  std::string out(kSize, '\0');
  if (!decompressor.decompress(bytes, out.data(), out.size())) return;
  BlockScanner scanner(codec);
  std::string scanned;
  std::string_view rest = bytes;
  const auto ended = scanner.feed(rest, scanned, kSize);
  // The scanner refuses windows that a frame of known size does not need.
  if (ended) require(*ended && rest.empty() && scanned == out, "both read the same");
}

void check_row_group(std::string_view bytes) {
  constexpr uint64_t kMaxSize = 1 << 16;
  const auto size = parquet::row_group_size(bytes);
  if (!size || size->lines_bytes > kMaxSize) return;
  std::string out(size->lines_bytes, '\0');
  parquet::RowGroupReader reader;
  if (!reader.read(bytes, out.data(), out.size())) return;
  require(static_cast<uint64_t>(std::ranges::count(out, '\n')) == size->rows && out.ends_with('\n'), "whole lines");
}

void check_metadata(std::string_view bytes) {
  const auto groups = parquet::read_footer(bytes);
  if (!groups) require(groups.error().code == Code::kDataLoss, "damage is data loss");
}

// A file of nothing but metadata.
std::string as_file(std::string_view metadata) {
  std::string file = std::string(parquet::kMagic) + std::string(metadata);
  parquet::put_fixed32(static_cast<uint32_t>(metadata.size()), file);
  return file + std::string(parquet::kMagic);
}

// What a page of lines holds, with everything around it right: a checksum keeps a fuzzer away from it otherwise.
std::string as_page(std::string_view content, uint32_t rows) {
  std::string frame;
  require(BlockCompressor(Codec::kZstd, 1).compress(content, frame).has_value(), "anything is compressed");
  std::string out;
  parquet::put_page_header({.raw_bytes = static_cast<uint32_t>(content.size()),
                            .packed_bytes = static_cast<uint32_t>(frame.size()),
                            .checksum = parquet::page_checksum(frame),
                            .values = rows},
                           out);
  return out + frame;
}

void check_part(std::string_view bytes, Codec codec) {
  const Fetch fetch = [bytes](uint64_t offset, uint64_t length, std::string& out) {
    out = bytes.substr(offset, length);
    return gleaner::Status{};
  };
  auto rebuilt = rebuild_index(fetch, bytes.size(), codec);
  if (!rebuilt) {
    require(rebuilt.error().code == Code::kDataLoss, "damage is data loss");
    return;
  }
  require(rebuilt->index.packed_bytes() == bytes.size(), "every byte belongs to a block");
  check_index(rebuilt->index.encode());
  const auto reader = PartReader::open(std::move(rebuilt->index), codec, bytes.size(), fetch);
  require(reader && (*reader)->verify(rebuilt->totals, 0), "what was rebuilt verifies");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = gleaner::fuzz::text_of(data, size);
  check_line(bytes);
  check_index(bytes);
  check_index(sealed(bytes));
  for (const Codec codec : {Codec::kGzip, Codec::kZstd}) check_block(bytes, codec);
  for (const Codec codec : {Codec::kGzip, Codec::kZstd, Codec::kParquet}) check_part(bytes, codec);
  check_row_group(bytes);
  for (const uint32_t rows : {1, 2}) check_row_group(as_page(bytes, rows));
  check_metadata(bytes);
  check_part(as_file(bytes), Codec::kParquet);
  return 0;
}
