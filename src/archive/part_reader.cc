#include "archive/part_reader.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "archive/parquet/footer.h"

namespace gleaner::archive {
namespace {

constexpr size_t kPadding = record::Decoder::kReadableBehind;
constexpr uint64_t kFetchBytes = uint64_t{1} << 20;

std::string place(size_t block, uint64_t offset) {
  return fmt::format("block {} at byte {}", block, offset);
}

std::string place(size_t block, uint64_t offset, uint64_t line) {
  return fmt::format("{}, line {}", place(block, offset), line + 1);
}

Status fetch_exactly(const Fetch& fetch, uint64_t offset, uint64_t length, std::string& out) {
  TRY(fetch(offset, length, out));
  if (out.size() == length) return {};
  return fail(Code::kDataLoss, fmt::format("{} bytes were asked for and {} came", length, out.size()));
}

}  // namespace

bool PartBlock::next(std::span<char>& line) {
  if (position_ >= size_) return false;
  char* const start = bytes_.data() + position_;
  // Every block ends in a line end: load() has seen to it.
  const auto* const end = static_cast<const char*>(std::memchr(start, '\n', size_ - position_));
  line = {start, static_cast<size_t>(end - start)};
  position_ += line.size() + 1;
  return true;
}

PartCursor::PartCursor(const PartReader& reader, uint32_t from, store::Order order, int threads)
    : reader_(reader),
      from_(from),
      order_(order),
      steps_(order == store::Order::kOldestFirst ? reader.index().blocks().size() - from : from + size_t{1}) {
  const size_t ahead = std::min(static_cast<size_t>(std::max(threads, 0)), steps_);
  if (ahead == 0) {
    own_ = std::make_unique<BlockDecompressor>(reader.codec_);
    return;
  }
  slots_ = std::vector<Slot>(ahead);
  for (size_t i = 0; i < ahead; ++i) workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

PartCursor::~PartCursor() {
  for (std::jthread& worker : workers_) worker.request_stop();
}

uint32_t PartCursor::block_at(size_t step) const {
  return static_cast<uint32_t>(order_ == store::Order::kOldestFirst ? from_ + step : from_ - step);
}

void PartCursor::work(const std::stop_token& stop) {
  BlockDecompressor decompressor(reader_.codec_);
  std::unique_lock lock(mutex_);
  const auto has_room = [this] { return begun_ < steps_ && begun_ < taken_ + slots_.size(); };
  while (room_changed_.wait(lock, stop, has_room) && !stop.stop_requested()) {
    const size_t step = begun_++;
    Slot& slot = slots_[step % slots_.size()];
    lock.unlock();
    slot.status = reader_.load(block_at(step), decompressor, slot.block);
    lock.lock();
    slot.ready = true;
    ready_changed_.notify_one();
  }
}

Result<bool> PartCursor::next(PartBlock& out) {
  if (taken_ >= steps_) return false;
  if (slots_.empty()) {
    const uint32_t number = block_at(taken_);
    taken_ = taken_ + 1;
    auto loaded = reader_.load(number, *own_, out);
    if (loaded) return true;
    taken_ = steps_;
    return std::unexpected(std::move(loaded).error());
  }
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[taken_ % slots_.size()];
  ready_changed_.wait(lock, [&] { return slot.ready; });
  slot.ready = false;
  if (!slot.status) {
    taken_ = begun_ = steps_;
    return std::unexpected(slot.status.error());
  }
  // The slot gets the memory of the block before in exchange.
  std::swap(out, slot.block);
  ++taken_;
  lock.unlock();
  room_changed_.notify_one();
  return true;
}

Result<std::unique_ptr<PartReader>> PartReader::open(PartIndex index, Codec codec, uint64_t object_bytes, Fetch fetch) {
  if (index.packed_bytes() != object_bytes) {
    return fail(Code::kDataLoss,
                fmt::format("the object has {} bytes; its index describes {}", object_bytes, index.packed_bytes()));
  }
  return std::unique_ptr<PartReader>(new PartReader(std::move(index), codec, std::move(fetch)));
}

PartReader::PartReader(PartIndex index, Codec codec, Fetch fetch)
    : index_(std::move(index)), codec_(codec), fetch_(std::move(fetch)) {}

Status PartReader::load(uint32_t number, BlockDecompressor& decompressor, PartBlock& out) const {
  const BlockInfo& info = index_.blocks()[number];
  out.number_ = number;
  out.size_ = out.position_ = 0;
  const auto damaged = [&](Error error) { return fail_in(place(number, info.offset), std::move(error)); };
  if (auto fetched = fetch_exactly(fetch_, info.offset, info.packed_bytes, out.packed_); !fetched)
    return damaged(std::move(fetched).error());
  out.bytes_.resize(info.raw_bytes + kPadding);
  if (auto unpacked = decompressor.decompress(out.packed_, out.bytes_.data(), info.raw_bytes); !unpacked)
    return damaged(std::move(unpacked).error());
  std::memset(out.bytes_.data() + info.raw_bytes, 0, kPadding);
  if (info.raw_bytes == 0 || out.bytes_[info.raw_bytes - 1] != '\n')
    return damaged({Code::kDataLoss, "it does not end in a line end"});
  out.size_ = info.raw_bytes;
  return {};
}

Status PartReader::read_block(uint32_t number, PartBlock& out) const {
  if (number >= index_.blocks().size())
    return fail(Code::kInvalidArgument, fmt::format("block {} of {}", number, index_.blocks().size()));
  BlockDecompressor decompressor(codec_);
  return load(number, decompressor, out);
}

std::unique_ptr<PartCursor> PartReader::walk(uint32_t from, store::Order order, int threads) const {
  const auto blocks = static_cast<uint32_t>(index_.blocks().size());
  // Of no blocks at all both directions are empty: from 0 forward.
  if (blocks == 0) order = store::Order::kOldestFirst;
  from = order == store::Order::kOldestFirst ? std::min(from, blocks) : std::min(from, blocks - 1);
  return std::unique_ptr<PartCursor>(new PartCursor(*this, from, order, threads));
}

Status PartReader::verify(const PartTotals& expected, int threads) const {
  PartTally tally(0);
  const auto cursor = walk(0, store::Order::kOldestFirst, threads);
  PartBlock block;
  std::span<char> line;
  while (true) {
    TRY_ASSIGN(const bool more, cursor->next(block));
    if (!more) break;
    const BlockInfo& info = index_.blocks()[block.number()];
    uint64_t records = 0;
    for (; block.next(line); ++records) {
      if (auto counted = tally.add_line({line.data(), line.size()}); !counted)
        return fail_in(place(block.number(), info.offset, records), std::move(counted).error());
    }
    if (records != info.records) {
      return fail_in(place(block.number(), info.offset),
                     {Code::kDataLoss, fmt::format("{} records; its index says {}", records, info.records)});
    }
    tally.add_packed(block.packed());
    tally.end_block(block.lines());
  }
  const std::string different = difference(expected, tally.totals());
  return different.empty() ? Status{} : fail(Code::kDataLoss, different);
}

namespace {

// Reads an object from its beginning without an index of its blocks.
class Rebuild {
 public:
  Rebuild(const Fetch& fetch, uint64_t object_bytes)
      : fetch_(fetch), object_bytes_(object_bytes), tally_(random_index_seed()) {}

  // Walks over members or frames; they say themselves where they end.
  Result<PartSummary> scan(Codec codec) {
    BlockScanner scanner(codec);
    std::string piece;
    for (uint64_t offset = 0; offset < object_bytes_; offset += piece.size()) {
      TRY(in_block(fetch_exactly(fetch_, offset, std::min(kFetchBytes, object_bytes_ - offset), piece)));
      tally_.add_packed(piece);
      TRY(take(scanner, piece, offset));
    }
    if (scanner.inside()) return std::unexpected(in_block(fail(Code::kDataLoss, "it is cut off")).error());
    return summary();
  }

  // Goes from row group to row group as the metadata at the end says.
  Result<PartSummary> follow_footer() {
    TRY_ASSIGN(const std::vector<parquet::RowGroupPlace> groups, row_groups());
    BlockDecompressor decompressor(Codec::kParquet);
    for (size_t i = 0; i < groups.size(); ++i) {
      const uint64_t end = i + 1 < groups.size() ? groups[i + 1].offset : object_bytes_;
      TRY(in_block(take_group(groups[i], end - block_start_, decompressor)));
      TRY(take_block());
      end_block(end);
    }
    return summary();
  }

 private:
  PartSummary summary() {
    const PartTotals totals = tally_.totals();
    return {totals, tally_.index(packed_bytes_)};
  }

  // They lie one behind the other, without anything between them.
  Result<std::vector<parquet::RowGroupPlace>> row_groups() {
    const auto damaged = [](std::string_view what) { return fail(Code::kDataLoss, std::string(what)); };
    if (object_bytes_ == 0) return std::vector<parquet::RowGroupPlace>();
    std::string footer;
    const uint64_t tail_bytes = std::min<uint64_t>(parquet::kTailBytes, object_bytes_);
    TRY(fetch_exactly(fetch_, object_bytes_ - tail_bytes, tail_bytes, footer));
    if (tail_bytes < parquet::kTailBytes || !footer.ends_with(parquet::kMagic))
      return damaged("it does not end as Parquet: it is cut off");
    const uint64_t metadata_bytes = parquet::get_fixed32(footer.data());
    if (metadata_bytes > std::min<uint64_t>(object_bytes_ - parquet::kTailBytes, kMaxPackedBytes))
      return damaged("it does not end as Parquet: its metadata is too large");
    const uint64_t end = object_bytes_ - parquet::kTailBytes - metadata_bytes;
    TRY(fetch_exactly(fetch_, end, metadata_bytes, footer));
    TRY_ASSIGN(std::vector<parquet::RowGroupPlace> groups, parquet::read_footer(footer));
    uint64_t next = parquet::kMagic.size();
    for (const parquet::RowGroupPlace& group : groups) {
      if (group.offset != next || group.packed_bytes == 0 || group.packed_bytes > end - std::min(next, end))
        return damaged("parquet: row groups do not lie where the metadata says");
      next += group.packed_bytes;
    }
    if (next != end || groups.empty()) return damaged("parquet: row groups do not lie where the metadata says");
    return groups;
  }

  Status take_group(const parquet::RowGroupPlace& group, uint64_t packed_bytes, BlockDecompressor& decompressor) {
    if (packed_bytes > kMaxPackedBytes) return fail(Code::kDataLoss, "it is larger than any block");
    TRY(fetch_exactly(fetch_, block_start_, packed_bytes, packed_));
    tally_.add_packed(packed_);
    if (block_start_ == 0 && !packed_.starts_with(parquet::kMagic))
      return fail(Code::kDataLoss, "it does not begin as Parquet");
    TRY_ASSIGN(const parquet::RowGroupSize size, parquet::row_group_size(packed_));
    if (size.lines_bytes > kMaxBlockBytes || size.rows != group.rows)
      return fail(Code::kDataLoss, "its lines are not as the metadata says");
    lines_.resize(size.lines_bytes);
    return decompressor.decompress(packed_, lines_.data(), lines_.size());
  }

  void end_block(uint64_t end) {
    packed_bytes_.push_back(end - block_start_);
    block_start_ = end;
  }

  Status in_block(Status status) const {
    if (status) return status;
    return fail_in(place(packed_bytes_.size(), block_start_), std::move(status).error());
  }

  // `piece` lies at `offset`.
  Status take(BlockScanner& scanner, std::string_view piece, uint64_t offset) {
    const uint64_t end = offset + piece.size();
    while (!piece.empty()) {
      auto ended = scanner.feed(piece, lines_, kMaxBlockBytes);
      if (!ended) return in_block(std::unexpected(std::move(ended).error()));
      if (!*ended) continue;
      TRY(take_block());
      end_block(end - piece.size());
    }
    return {};
  }

  Status take_block() {
    const size_t size = lines_.size();
    if (size == 0 || lines_.back() != '\n') return in_block(fail(Code::kDataLoss, "it does not end in a line end"));
    lines_.append(kPadding, '\0');
    uint64_t number = 0;
    for (size_t start = 0; start < size; ++number) {
      const size_t length = lines_.find('\n', start) - start;
      if (auto decoded = decoder_.decode({lines_.data() + start, length}, stored_); !decoded)
        return fail_in(place(packed_bytes_.size(), block_start_, number), std::move(decoded).error());
      tally_.add(stored_);
      start += length + 1;
    }
    tally_.end_block(std::string_view(lines_).substr(0, size));
    lines_.clear();
    return {};
  }

  const Fetch& fetch_;
  const uint64_t object_bytes_;
  PartTally tally_;
  LineDecoder decoder_;
  store::Stored stored_;
  std::string packed_;
  std::string lines_;
  std::vector<uint64_t> packed_bytes_;
  uint64_t block_start_ = 0;
};

}  // namespace

Result<PartSummary> rebuild_index(const Fetch& fetch, uint64_t object_bytes, Codec codec) {
  Rebuild rebuild(fetch, object_bytes);
  return codec == Codec::kParquet ? rebuild.follow_footer() : rebuild.scan(codec);
}

}  // namespace gleaner::archive
