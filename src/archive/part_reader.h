// Reads archived parts: single blocks, all of them in either direction with the next ones made ready on threads of
// their own, and an object whose index is lost from its beginning. Whatever is not as it was written is an error that
// names the block and where it lies; nothing is passed over.
//
// Memory: a block under way, and one more for each thread that reads ahead, compressed and uncompressed.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "archive/block_codec.h"
#include "archive/part_index.h"
#include "archive/part_summary.h"
#include "base/error.h"
#include "store/store.h"

namespace gleaner::archive {

// Replaces `out` by `length` bytes of the object from `offset` on. It is called on several threads at once if blocks
// are read ahead. Its errors reach the caller with the block's number in front; fewer bytes than asked for are
// kDataLoss.
using Fetch = std::function<Status(uint64_t offset, uint64_t length, std::string& out)>;

// A block's lines. One thread at a time; keep it for the next block, it keeps its memory.
class PartBlock {
 public:
  uint32_t number() const { return number_; }
  // All lines, each with its line end.
  std::string_view lines() const { return {bytes_.data(), size_}; }
  // As it lies in the object.
  std::string_view packed() const { return packed_; }

  // The next line without its line end, as LineDecoder takes it. False after the last one.
  bool next(std::span<char>& line);
  void rewind() { position_ = 0; }

 private:
  friend class PartReader;
  std::string packed_;
  std::string bytes_;  // with what a decoder may read behind them
  size_t size_ = 0;
  size_t position_ = 0;
  uint32_t number_ = 0;
};

class PartReader;

// A walk over blocks. One thread at a time; it must not outlive its reader.
class PartCursor {
 public:
  ~PartCursor();
  PartCursor(const PartCursor&) = delete;
  PartCursor& operator=(const PartCursor&) = delete;

  // False after the last block. Errors: as PartReader::read_block; the walk is over then.
  Result<bool> next(PartBlock& out);

 private:
  friend class PartReader;
  struct Slot {
    PartBlock block;
    Status status;
    bool ready = false;
  };

  PartCursor(const PartReader& reader, uint32_t from, store::Order order, int threads);
  uint32_t block_at(size_t step) const;
  void work(const std::stop_token& stop);

  const PartReader& reader_;
  const uint32_t from_;
  const store::Order order_;
  const size_t steps_;  // blocks in this walk
  size_t taken_ = 0;    // written by the caller under mutex_

  std::mutex mutex_;
  std::condition_variable_any room_changed_;
  std::condition_variable ready_changed_;
  size_t begun_ = 0;         // guarded by mutex_, as is Slot::ready
  std::vector<Slot> slots_;  // of step n at n % size; none when nothing is read ahead
  std::unique_ptr<BlockDecompressor> own_;
  std::vector<std::jthread> workers_;
};

// Safe from any thread, if `fetch` is.
class PartReader {
 public:
  // Errors: kDataLoss when the object is longer or shorter than its index says.
  static Result<std::unique_ptr<PartReader>> open(PartIndex index, Codec codec, uint64_t object_bytes, Fetch fetch);
  PartReader(const PartReader&) = delete;
  PartReader& operator=(const PartReader&) = delete;

  const PartIndex& index() const { return index_; }

  // Errors: kDataLoss, kInvalidArgument for a number past the last block, those of fetch.
  Status read_block(uint32_t number, PartBlock& out) const;

  // From block `from` to the last one, or back to the first; `from` past the end is none, and the last one
  // respectively. `threads` read ahead, a block each; 0 reads on the caller's thread.
  std::unique_ptr<PartCursor> walk(uint32_t from, store::Order order, int threads) const;

  // Reads the whole object and compares it with what was written. Errors: kDataLoss, saying what differs.
  Status verify(const PartTotals& expected, int threads) const;

 private:
  friend class PartCursor;
  PartReader(PartIndex index, Codec codec, Fetch fetch);
  Status load(uint32_t number, BlockDecompressor& decompressor, PartBlock& out) const;

  const PartIndex index_;
  const Codec codec_;
  const Fetch fetch_;
};

// Reads and decodes the whole of an object that has no index, and makes one. Errors: kDataLoss, naming the place; those
// of fetch.
Result<PartSummary> rebuild_index(const Fetch& fetch, uint64_t object_bytes, Codec codec);

}  // namespace gleaner::archive
