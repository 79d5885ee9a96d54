// Moves what the spool holds into the store, in order, on a thread of its own, so that a store that hangs holds up no
// intake. While the store is away it tries again, at first after 0.2 s and at most every 5 s.
//
// A record that the store refuses for good, or whose id was taken meanwhile by other content, becomes a reject with the
// reason; the rest of its chunk goes through. When several are refused and none goes through, the store is to blame
// rather than the records, and it is tried again.
//
// Thread contract: construction and destruction on one thread, the rest from any. The destructor ends draining after
// the store call under way; what is left stays in the spool.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "intake/spool.h"
#include "record/codec.h"
#include "store/store.h"

namespace gleaner::intake {

struct DrainMetrics {
  uint64_t drained = 0;  // records, whatever became of them
  uint64_t stored = 0;
  uint64_t duplicates = 0;
  uint64_t conflicts = 0;  // became rejects, like the refused
  uint64_t refused = 0;
  bool store_up = true;     // the last store call, of the drainer or told to it, went through
  std::string store_error;  // of that call
};

class Drainer {
 public:
  // Told, on the thread it happens on, what an operator should know: the store goes away, comes back, refuses a record.
  using Notice = std::function<void(const std::string&)>;

  Drainer(Spool& spool, store::Store& store, const Clock& clock, Notice notice);
  ~Drainer();
  Drainer(const Drainer&) = delete;
  Drainer& operator=(const Drainer&) = delete;

  // Says whether a store call went through.
  void note_store(const Status& status);
  // There is something in the spool.
  void wake();
  // Holds up whoever has just spooled so many bytes until twice as much is drained, so that the spool shrinks under any
  // load. Returns at once while the store is away or hangs, and when the spool is empty.
  void pace(uint64_t spooled_bytes);
  void stop();

  DrainMetrics metrics() const;

 private:
  using Steady = std::chrono::steady_clock;

  // What is under way of the chunk: kept over failures of the store, so that nothing is done twice.
  struct Progress {
    SpoolChunk chunk;
    std::vector<std::pair<size_t, size_t>> todo;  // ranges of entries to append, the next one last
    std::vector<std::pair<size_t, Error>> refused;
    std::vector<store::Reject> rejects;
    uint64_t stored = 0;
    uint64_t duplicates = 0;
    uint64_t conflicts = 0;
    bool collected = false;  // all that become rejects are in `rejects`
    bool accepted = false;   // the store took an append
  };

  void run();
  Status step();
  Status append_all();
  Status append_range(size_t begin, size_t end);
  Status keep_rejects();
  Status add_one_by_one();
  void collect_rejects();
  bool store_is_to_blame();
  void finish();
  store::Reject reject_of(const SpoolEntry& entry, std::string reason) const;
  void tell(const std::string& message);
  void begin_call();

  Spool& spool_;
  store::Store& store_;
  const Clock& clock_;
  const Notice notice_;

  // Of the draining thread.
  record::Decoder decoder_;
  Progress progress_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable progressed_;
  bool stopping_ = false;  // guarded by mutex_, like all below
  uint64_t drained_bytes_ = 0;
  uint64_t paced_to_ = 0;                         // of drained_bytes_
  Steady::time_point active_at_ = Steady::now();  // when the store call under way began, or the last one ended
  DrainMetrics metrics_;
  std::thread thread_;
};

}  // namespace gleaner::intake
