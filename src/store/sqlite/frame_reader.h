// The questions one asks of a day's file, over any connection to it: the writer's own, which sees what it has not yet
// committed, or one from the pool of readers. One thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/codec.h"
#include "record/verdict.h"
#include "store/sqlite/database.h"
#include "store/sqlite/frame.h"
#include "store/store.h"

namespace gleaner::store {

// The bytes of a Hash128 as a key of a table.
std::string_view key_bytes(const Hash128& key);

// A Verdict as a row of `verdicts`: its numbers in a fixed order, eight bytes each; a shorter row has zeros at the end.
void encode_verdict_row(const record::Verdict& verdict, std::string& out);
record::Verdict decode_verdict_row(std::string_view bytes);

struct Frame {
  int64_t seq = 0;
  std::string project;
  int64_t raw_bytes = 0;
  int64_t stored_bytes = 0;  // of the payload
  bool compressed = false;
  FrameToc toc;
  std::string payload;  // decompressed

  std::string_view record(const FrameEntry& entry) const {
    return std::string_view(payload).substr(entry.offset, entry.length);
  }
};

struct KnownSignal {
  uint64_t content_hash = 0;
};

class FrameReader {
 public:
  explicit FrameReader(Database& db);

  // Frames that the id index names for `key`; the caller checks their tables of contents.
  Status indexed_frames(uint64_t key, std::vector<int64_t>& out);
  // The last frame the id index covers.
  Result<int64_t> last_indexed_frame();
  Result<int64_t> last_frame();

  enum class Part { kToc, kAll };
  // False if there is no such frame.
  Result<bool> load(int64_t seq, Part part, Frame& out);
  // The next frame of `project` behind `seq` in that order, with its payload.
  Result<bool> load_next(std::string_view project, int64_t seq, Order order, Frame& out);

  Result<bool> has_verdicts();
  Result<record::Verdict> verdict(const Hash128& key);
  // Fills the signals of `out`.
  Status signals(const Hash128& key, Stored& out);
  Result<std::optional<KnownSignal>> find_signal(const Hash128& key, std::string_view signal_id);
  Result<bool> has_viewed(const Hash128& key, std::string_view user);

  // Of the project's archived parts in this day; 0 if there never were any.
  Result<int64_t> generation(std::string_view project);

  // Platform by scope id.
  Result<std::vector<std::string>> platforms();
  Status add_totals(std::string_view project, Totals& totals);

 private:
  Result<bool> read(Statement& statement, Part part, Frame& out);

  record::Decoder decoder_;
  Statement slots_;
  Statement last_indexed_;
  Statement last_frame_;
  Statement toc_;
  Statement frame_;
  Statement after_;
  Statement before_;
  Statement any_verdict_;
  Statement verdict_;
  Statement signals_;
  Statement signal_;
  Statement viewed_;
  Statement counters_;
  Statement facets_;
  Statement platforms_;
  Statement generation_;
  Statement archived_;
};

}  // namespace gleaner::store
