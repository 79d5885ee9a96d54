// Writes one archived part: records as lines, lines in blocks, blocks compressed on threads of their own while the
// caller encodes the next ones (docs/archive-format.md). The same records, options and order give the same bytes.
//
// Memory is bounded to about 2 * threads + 2 blocks, uncompressed and compressed, and 8 bytes for each id; in Parquet
// about 2 KB for each block besides.
//
// Thread contract: one thread at a time. The sink is called on that thread only.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "archive/block_codec.h"
#include "archive/parquet/footer.h"
#include "archive/parquet/row_group.h"
#include "archive/part_summary.h"
#include "base/error.h"
#include "store/store.h"

namespace gleaner::archive {

struct PartOptions {
  Codec codec = Codec::kGzip;
  int level = 0;           // 0 for default_level()
  size_t block_bytes = 0;  // of lines, 4 KiB to 64 MiB; a record that is larger has its own block; 0 for the default
  int threads = 2;         // that compress, 1 to 64
};

class PartWriter {
 public:
  // Takes the object's bytes, in order.
  using Sink = std::function<Status(std::string_view bytes)>;

  // Errors: kInvalidArgument for options out of range.
  static Result<std::unique_ptr<PartWriter>> create(const PartOptions& options, Sink sink);
  // Without finish(): what the sink has got is a part of an object, to be thrown away.
  ~PartWriter();
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;

  // `stored` with its signals; records in order of time make look-ups by time cheap. Errors: kInvalidArgument for a
  // record that is not complete, kTooLarge over kMaxBlockBytes (both leave the part as it was); the sink's error, from
  // then on by every call.
  Status add(const store::Stored& stored);
  // Everything has gone to the sink when it returns. A part without records has no bytes. Errors: those of add(). Call
  // it once.
  Result<PartSummary> finish();

 private:
  // A block on its way. The workers own those in todo_, the caller all others.
  struct Block {
    std::string lines;
    parquet::RowGroupColumns columns;  // of Parquet, as is `group`
    std::string packed;
    parquet::RowGroupInfo group;
    Status status;
    bool done = false;
  };

  PartWriter(const PartOptions& options, Sink sink);
  void work(const std::stop_token& stop);
  // Ends the block that is being filled; `next` is filled from then on.
  Status end_block(std::unique_ptr<Block> next);
  Status send_done(size_t leave);
  Status send(const Block& block);
  Status put(std::string_view bytes);
  Status end_file();
  bool is_parquet() const { return options_.codec == Codec::kParquet; }
  std::unique_ptr<Block> spare_block();
  void keep_spare(std::unique_ptr<Block> block);

  const PartOptions options_;
  const Sink sink_;
  Status failed_;
  PartTally tally_;
  std::vector<uint64_t> packed_bytes_;
  uint64_t offset_ = 0;  // how much the sink has got
  parquet::FooterWriter footer_;
  std::unique_ptr<Block> filling_;
  std::deque<std::unique_ptr<Block>> sent_;  // in order of the object
  std::vector<std::unique_ptr<Block>> spare_;

  std::mutex mutex_;
  std::condition_variable_any todo_changed_;
  std::condition_variable done_changed_;
  std::deque<Block*> todo_;  // guarded by mutex_, as is Block::done of those sent
  std::vector<std::jthread> workers_;
};

}  // namespace gleaner::archive
