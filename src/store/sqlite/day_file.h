// One UTC day: a SQLite file of its own with everything about the interactions of that day, so that dropping a day is
// removing a file and no day slows another.
//
// A batch goes: begin, any number of add_* calls, then commit (durable when it returns) or rollback. What a batch adds
// is invisible to readers until its commit.
//
// Thread contract: the writing half belongs to whoever holds the store's write lock; find and the readers are safe from
// any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/compress.h"
#include "base/time.h"
#include "store/sqlite/database.h"
#include "store/sqlite/frame_reader.h"
#include "store/sqlite/id_index.h"

namespace gleaner::store {

// Where a record stands inside its day.
struct Located {
  int64_t frame = 0;
  size_t row = 0;
  FrameEntry entry;
};

// The frame being filled for one project.
class FrameBuilder {
 public:
  bool full() const { return payload_.size() >= kMaxFrameBytes; }
  bool empty() const { return toc_.entries.empty(); }

 private:
  friend class DayFile;
  FrameToc toc_;
  std::string payload_;
};

class DayFile : public std::enable_shared_from_this<DayFile> {
 public:
  struct Options {
    int zstd_level = 1;
    size_t compression_threshold = 1024;  // frames below this many bytes are stored as they are
  };

  static Result<std::shared_ptr<DayFile>> open(const std::string& path, Day day, Options options);
  ~DayFile();
  DayFile(const DayFile&) = delete;
  DayFile& operator=(const DayFile&) = delete;

  Day day() const { return day_; }
  const std::string& path() const { return path_; }

  // --- Writing ---
  // Takes in what another process has committed since.
  Status refresh();
  Status begin();
  bool in_batch() const { return in_batch_; }
  // Of all projects' parts together.
  Result<int64_t> generations();
  // Errors: kConflict if the project's parts in this day are of another generation.
  Status expect_generation(std::string_view project, int64_t generation);
  Status add_interaction(std::string_view project, const record::Interaction& interaction, const Hash128& key,
                         std::span<const Hash128> item_keys, uint64_t content_hash);
  // Writes out the frames begun; needed before a batch's own interactions can be located.
  Status finish_frames();
  Result<std::optional<Located>> locate_for_write(const Hash128& key);
  // The id of the record that stands there.
  Result<std::string> interaction_id(const Located& located);
  Result<Outcome> add_signal(const Located& of, const record::Signal& signal, uint64_t content_hash);
  Status commit();
  void rollback();

  // Removes one record and its signals; one transaction of its own.
  Result<Erased> erase(const Located& located);

  // Whether something committed may have `key`. Reads the day's ids once, on first use. Safe from any thread.
  Result<bool> maybe_contains(uint64_t key);

  // Writes the file anew without what was removed from it.
  Status scrub();
  // Gives back what the writer has cached.
  void release_memory() { writer_->release_memory(); }

  bool wants_checkpoint() const;
  Status checkpoint(Database::Checkpoint mode) { return writer_->checkpoint(mode); }

  // --- Reading ---
  struct Connection {
    std::unique_ptr<Database> db;
    std::unique_ptr<FrameReader> frames;
  };
  // A connection from the day's pool, which goes back by itself. It shares the day, because a scan may still be reading
  // when the day is dropped.
  class Reader {
   public:
    static Result<std::unique_ptr<Reader>> open(std::shared_ptr<DayFile> day);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    FrameReader* operator->() { return connection_.frames.get(); }
    Database& database() { return *connection_.db; }
    Result<std::optional<Located>> locate(const Hash128& key);

   private:
    Reader(std::shared_ptr<DayFile> day, Connection connection);
    std::shared_ptr<DayFile> day_;
    Connection connection_;
  };

 private:
  friend class DayArchive;
  struct Statements;
  DayFile(std::string path, Day day, Options options);
  Status prepare();
  Result<int64_t> scope(std::string_view project, std::string_view platform);
  Status write_frame(std::string_view project, FrameBuilder& builder);
  Status insert_signal(const Hash128& key, const record::Signal& signal, uint64_t content_hash, std::string_view json);
  Status store_verdict(const Hash128& key, const record::Verdict& verdict);
  Status forget_signals(const Hash128& key);
  Status write_counters();
  Status write_facet(int64_t scope, std::string_view facet, std::string_view value, int64_t change);
  Status write_run_if_due();
  Status replace_frame(Frame& frame, size_t row);
  Status remove_counts(const record::Interaction& interaction, const FrameEntry& entry, const record::Verdict& verdict,
                       int64_t stored_bytes);
  void count_facets(int64_t scope, const record::Interaction& interaction, int64_t change);
  static Result<std::optional<Located>> check_candidates(FrameReader& frames, const Hash128& key,
                                                         std::span<const int64_t> candidates);

  const std::string path_;
  const Day day_;
  const Options options_;

  std::unique_ptr<Database> writer_;
  std::unique_ptr<FrameReader> writer_frames_;
  std::unique_ptr<Statements> sql_;
  ZstdCompressor zstd_;
  bool in_batch_ = false;
  bool restoring_ = false;        // in this batch: what is added is counted already, but for its place
  int64_t last_frame_ = 0;        // committed
  int64_t batch_last_frame_ = 0;  // with the batch's own
  int64_t last_indexed_ = 0;      // the last frame in a run of the id index
  bool run_written_ = false;      // in this batch
  std::map<std::string, FrameBuilder, std::less<>> builders_;
  std::map<std::pair<std::string, std::string>, int64_t> scopes_;
  std::unordered_map<int64_t, Counters> counter_changes_;
  std::map<std::tuple<int64_t, std::string_view, std::string>, int64_t> facet_changes_;

  IdIndex ids_;

  std::mutex pool_mutex_;
  std::vector<Connection> pool_;  // guarded by pool_mutex_
};

}  // namespace gleaner::store
