// Where a walk over one day gets its records from: the store, or one archived part. All sources of a day give their
// records in the order of Stored::position, so that merging them gives the order in which they came, wherever they lie
// by now. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "archive/line.h"
#include "archive/tiers.h"

namespace gleaner::archive {

class DaySource {
 public:
  enum class State {
    kHead,    // head() is the next that passes the filter
    kPaused,  // not at a record: the budget was used up, or the last head was taken
    kEnd,
  };

  DaySource() = default;
  DaySource(const DaySource&) = delete;
  DaySource& operator=(const DaySource&) = delete;
  virtual ~DaySource() = default;

  // Goes on to the next record that passes, looking at not much more than `budget` bytes.
  Status advance(uint64_t budget) {
    auto state = step(budget);
    if (state) state_ = *state;
    return state ? Status() : Status(std::unexpected(std::move(state).error()));
  }
  State state() const { return state_; }
  store::Stored& head() { return head_; }
  // The head was moved away: the next advance() brings another.
  void take_head() { state_ = State::kPaused; }
  // Every record up to here, in walking order, was looked at.
  int64_t seen() const { return seen_; }
  uint64_t bytes_seen() const { return bytes_seen_; }

 protected:
  virtual Result<State> step(uint64_t budget) = 0;

  store::Stored head_;
  int64_t seen_ = 0;
  uint64_t bytes_seen_ = 0;
  State state_ = State::kPaused;
};

// The store's own records of the day, behind `position`.
class HotSource final : public DaySource {
 public:
  // `options` are those of the whole walk.
  HotSource(store::Store& hot, store::ScanOptions options, Day day, int64_t generation, int64_t position);

 private:
  Result<State> step(uint64_t budget) override;

  store::Store& hot_;
  store::ScanOptions options_;
  const Day day_;
  std::unique_ptr<store::Scan> scan_;
};

// Signals that came after their records were archived, of records that are looked at together.
using JoinLate = std::function<Status(std::vector<store::Stored>& block)>;

class PartSource final : public DaySource {
 public:
  // `threads` read ahead. `join` may be empty. Null if the part holds nobody whom the filter asks for.
  static Result<std::unique_ptr<PartSource>> open(const Tiers& tiers, const store::Part& part,
                                                  const store::ScanOptions& options, int64_t position, int threads,
                                                  JoinLate join);

 private:
  PartSource(std::string key, std::unique_ptr<PartReader> reader, const store::ScanOptions& options, int64_t position,
             JoinLate join);
  // Errors name the object.
  Result<State> step(uint64_t budget) override;
  Result<State> look(uint64_t budget);
  Result<uint32_t> first_block(int64_t position) const;
  Result<bool> load_block();
  Status join_block();
  Result<bool> take(std::span<char> line);
  bool ascending() const { return options_.order == store::Order::kOldestFirst; }
  bool is_behind(int64_t position) const { return ascending() ? position > start_ : position < start_; }

  const std::string key_;
  const store::ScanOptions options_;
  const int64_t start_;
  const std::unique_ptr<PartReader> reader_;
  std::unique_ptr<PartCursor> cursor_;
  const JoinLate join_;
  PartBlock block_;
  std::vector<std::span<char>> lines_;  // of the block, in walking order
  size_t next_line_ = 0;
  std::vector<store::Stored> joined_;  // of the lines, where late signals are joined
  LineDecoder decoder_;
};

}  // namespace gleaner::archive
