#include "archive/part_writer.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace gleaner::archive {
namespace {

constexpr size_t kMinBlockBytes = size_t{4} << 10;
constexpr size_t kMaxOptionBlockBytes = size_t{64} << 20;
constexpr int kMaxThreads = 64;
constexpr int64_t kYear10000Ms = 253402300800000;

Status check(const PartOptions& options) {
  const auto out_of_range = [](std::string_view name, auto value, auto low, auto high) {
    return fail(Code::kInvalidArgument, fmt::format("{}: expected {} to {}, got {}", name, low, high, value));
  };
  if (options.level < 0 || options.level > max_level(options.codec))
    return out_of_range(fmt::format("{} level", codec_name(options.codec)), options.level, 1, max_level(options.codec));
  if (options.block_bytes != 0 && (options.block_bytes < kMinBlockBytes || options.block_bytes > kMaxOptionBlockBytes))
    return out_of_range("block_bytes", options.block_bytes, kMinBlockBytes, kMaxOptionBlockBytes);
  if (options.threads < 1 || options.threads > kMaxThreads)
    return out_of_range("threads", options.threads, 1, kMaxThreads);
  return {};
}

Status check(const store::Stored& stored) {
  const record::Interaction& interaction = stored.interaction;
  if (interaction.id.empty() || !interaction.created_at || to_ms(*interaction.created_at) < 0 ||
      to_ms(*interaction.created_at) >= kYear10000Ms) {
    return fail(Code::kInvalidArgument, "a record without an id or a created_at that can be written is not archived");
  }
  if (stored.signals.size() != stored.signal_hashes.size())
    return fail(Code::kInvalidArgument, fmt::format("{}: signals and their hashes are not as many", interaction.id));
  return {};
}

PartOptions with_defaults(PartOptions options) {
  if (options.level == 0) options.level = default_level(options.codec);
  if (options.block_bytes == 0) options.block_bytes = default_block_bytes(options.codec);
  return options;
}

}  // namespace

Result<std::unique_ptr<PartWriter>> PartWriter::create(const PartOptions& options, Sink sink) {
  TRY(check(options));
  return std::unique_ptr<PartWriter>(new PartWriter(options, std::move(sink)));
}

PartWriter::PartWriter(const PartOptions& options, Sink sink)
    : options_(with_defaults(options)), sink_(std::move(sink)), tally_(random_index_seed()) {
  filling_ = spare_block();
  for (int i = 0; i < options_.threads; ++i) workers_.emplace_back([this](const std::stop_token& stop) { work(stop); });
}

PartWriter::~PartWriter() {
  for (std::jthread& worker : workers_) worker.request_stop();
}

void PartWriter::work(const std::stop_token& stop) {
  std::optional<BlockCompressor> compressor;
  std::optional<parquet::RowGroupWriter> groups;
  if (is_parquet()) {
    groups.emplace(options_.level);
  } else {
    compressor.emplace(options_.codec, options_.level);
  }
  std::unique_lock lock(mutex_);
  while (todo_changed_.wait(lock, stop, [this] { return !todo_.empty(); }) && !stop.stop_requested()) {
    Block& block = *todo_.front();
    todo_.pop_front();
    lock.unlock();
    block.status = groups ? groups->write(block.lines, block.columns, block.packed, block.group)
                          : compressor->compress(block.lines, block.packed);
    lock.lock();
    block.done = true;
    done_changed_.notify_one();
  }
}

Status PartWriter::add(const store::Stored& stored) {
  TRY(failed_);
  TRY(check(stored));
  std::string& lines = filling_->lines;
  const size_t start = lines.size();
  encode_line(stored, lines);
  const size_t size = lines.size() - start;
  if (size >= kMaxBlockBytes || std::memchr(lines.data() + start, '\n', size) != nullptr) {
    lines.resize(start);
    if (size < kMaxBlockBytes)
      return fail(Code::kInvalidArgument, fmt::format("{}: its JSON has a line end in it", stored.interaction.id));
    return fail(Code::kTooLarge, fmt::format("{}: with its signals it has {} bytes, and {} are the most",
                                             stored.interaction.id, size, kMaxBlockBytes - 1));
  }
  lines += '\n';
  if (start > 0 && lines.size() > options_.block_bytes) {
    std::unique_ptr<Block> next = spare_block();
    next->lines.assign(lines, start);
    lines.resize(start);
    TRY(end_block(std::move(next)));
  }
  tally_.add(stored);
  if (is_parquet()) filling_->columns.add(stored);
  if (filling_->lines.size() >= options_.block_bytes) TRY(end_block(spare_block()));
  return {};
}

Status PartWriter::end_block(std::unique_ptr<Block> next) {
  tally_.end_block(filling_->lines);
  sent_.push_back(std::exchange(filling_, std::move(next)));
  {
    const std::lock_guard lock(mutex_);
    todo_.push_back(sent_.back().get());
  }
  todo_changed_.notify_one();
  failed_ = send_done(2 * static_cast<size_t>(options_.threads));
  return failed_;
}

// Sends what is done at the front, and waits until at most `leave` blocks are under way.
Status PartWriter::send_done(size_t leave) {
  while (!sent_.empty()) {
    {
      std::unique_lock lock(mutex_);
      const Block& front = *sent_.front();
      if (!front.done && sent_.size() <= leave) return {};
      done_changed_.wait(lock, [&] { return front.done; });
    }
    std::unique_ptr<Block> block = std::move(sent_.front());
    sent_.pop_front();
    TRY(send(*block));
    keep_spare(std::move(block));
  }
  return {};
}

Status PartWriter::send(const Block& block) {
  TRY(block.status);
  const uint64_t start = offset_;
  if (is_parquet()) {
    if (start == 0) TRY(put(parquet::kMagic));
    footer_.add(block.group, offset_);
  }
  TRY(put(block.packed));
  packed_bytes_.push_back(offset_ - start);
  return {};
}

Status PartWriter::put(std::string_view bytes) {
  tally_.add_packed(bytes);
  offset_ += bytes.size();
  return sink_(bytes);
}

// The metadata of Parquet belongs to the last block.
Status PartWriter::end_file() {
  const std::string footer = footer_.finish();
  packed_bytes_.back() += footer.size();
  if (packed_bytes_.back() > kMaxPackedBytes)
    return fail(Code::kTooLarge, fmt::format("a part of {} blocks: their metadata is too large", packed_bytes_.size()));
  return put(footer);
}

std::unique_ptr<PartWriter::Block> PartWriter::spare_block() {
  if (spare_.empty()) {
    auto block = std::make_unique<Block>();
    block->lines.reserve(options_.block_bytes + options_.block_bytes / 8);
    return block;
  }
  std::unique_ptr<Block> block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

void PartWriter::keep_spare(std::unique_ptr<Block> block) {
  if (block->lines.capacity() > 2 * options_.block_bytes) return;  // of a huge record
  block->lines.clear();
  block->columns.clear();
  block->done = false;
  spare_.push_back(std::move(block));
}

Result<PartSummary> PartWriter::finish() {
  TRY(failed_);
  if (!filling_->lines.empty()) TRY(end_block(spare_block()));
  failed_ = send_done(0);
  if (failed_ && is_parquet() && !packed_bytes_.empty()) failed_ = end_file();
  TRY(failed_);
  const PartTotals totals = tally_.totals();
  return PartSummary{totals, tally_.index(packed_bytes_)};
}

}  // namespace gleaner::archive
