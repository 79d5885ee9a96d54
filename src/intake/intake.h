// The way in. Records are prepared on the caller's thread, queued, and committed in groups by a writer thread: under
// load every commit, and so every fsync, carries what gathered during the one before. A submission's callback runs
// after the commit that made it durable.
//
// The queue is bounded in bytes. When it is full, submit() says so at once and the caller passes it on (429); nothing
// is dropped silently.
//
// With a spool, a group that the store cannot take just now is made durable there instead, and so is every group after
// it until the spool is drained: no record overtakes an older one.
//
// Thread contract: prepare, submit, write, check_spool and metrics are safe from any thread. Callbacks run on the
// writer threads and must not block.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/time.h"
#include "base/uuid.h"
#include "intake/drainer.h"
#include "intake/rules.h"
#include "intake/spool.h"
#include "store/registry.h"
#include "store/store.h"

namespace gleaner::intake {

struct IntakeOptions {
  size_t max_queued_bytes = size_t{48} << 20;
  // What one commit takes at most: bounds the memory of a commit and how long the first in it waits.
  size_t max_commit_bytes = size_t{4} << 20;
  // Commits under way at once. More than one keeps a store at work that answers from afar.
  size_t writers = 1;
  // Told of every commit that fails, on a writer thread.
  std::function<void(const Error&)> on_failure;
  // Where records go while the store is away; none: such a commit fails.
  std::unique_ptr<Spool> spool;
  // Told what becomes of the spool, on the writer or the draining thread.
  std::function<void(const std::string&)> on_spool;
};

struct IntakeMetrics {
  uint64_t stored = 0;
  uint64_t duplicates = 0;
  uint64_t conflicts = 0;
  uint64_t rejected = 0;
  uint64_t refused = 0;  // submissions turned away because the queue was full
  uint64_t commits = 0;
  uint64_t failed_commits = 0;
  uint64_t commit_microseconds = 0;
  size_t queued_bytes = 0;
  std::array<uint64_t, privacy::kKindCount> redacted{};  // findings by kind
  bool store_up = true;                                  // it did not fail to answer when last asked
  std::string store_error;
  // Zero without a spool. Records of the spool are interactions, signals and rejects.
  SpoolStats spool;
  uint64_t spooled = 0;
  uint64_t drained = 0;
  uint64_t drain_refused = 0;  // became rejects, as the store would not take them; besides conflicts
};

struct Submission {
  std::vector<store::Write> writes;
  std::vector<store::Reject> rejects;
  size_t bytes = 0;  // about what it holds in memory
  // Nobody waits for it: it may stand in the queue for a moment, so that more of its kind share one commit.
  bool patient = false;
};

class Intake {
 public:
  using Outcomes = Result<std::vector<store::Outcome>>;
  using Done = std::move_only_function<void(Outcomes)>;

  // What is given by reference must outlive the intake.
  Intake(IntakeOptions options, store::Store& store, const Rulebook& rulebook, const Clock& clock, IdSource& ids);
  // Commits what is queued, then ends.
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  // Runs the steps of intake/transform.h and takes the digest that tells a retry from a conflict.
  Result<store::Write> prepare(const store::Project& project, record::Interaction&& interaction) const;
  Result<store::Write> prepare(const store::Project& project, record::Signal&& signal) const;
  // What is kept of a record that was not taken, redacted as it would have been; nothing of one too large to look
  // through.
  store::Reject reject(const store::Project& project, const Error& error, std::string_view text) const;

  // Errors: kResourceExhausted when the queue is full; `done` is then not called.
  Status submit(Submission submission, Done done);
  // The same, and waits for the outcome.
  Outcomes write(Submission submission);

  // Whether there is a spool that takes writes. Errors: kUnavailable.
  Status check_spool() const;

  IntakeMetrics metrics() const;

 private:
  struct Queued {
    Submission submission;
    Done done;
  };

  template <typename Record>
  Result<store::Write> prepare_record(const store::Project& project, Record& record) const;
  void run();
  bool worth_a_commit() const;  // with mutex_ held
  bool may_linger() const;      // the same
  std::deque<Queued> take_group(std::unique_lock<std::mutex>& lock);
  void commit(std::deque<Queued> group);
  // `spooled`: the bytes that went into the spool.
  Outcomes store_group(std::vector<store::Write> writes, std::vector<store::Reject> rejects, uint64_t& spooled);
  Outcomes store_or_spool(std::vector<store::Write> writes, std::vector<store::Reject> rejects, uint64_t& spooled);
  Outcomes spool_group(std::span<const store::Write> writes, std::span<const store::Reject> rejects, uint64_t& spooled);
  void count(const std::deque<Queued>& group, const Outcomes& outcomes, std::chrono::microseconds took);

  const IntakeOptions options_;
  store::Store& store_;
  const Rulebook& rulebook_;
  const Clock& clock_;
  IdSource& ids_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Queued> queue_;  // guarded by mutex_
  size_t queued_bytes_ = 0;   // guarded by mutex_; includes the group being committed
  size_t waiting_bytes_ = 0;  // guarded by mutex_; of queue_
  size_t hurried_ = 0;        // guarded by mutex_; of queue_, those that are not patient
  size_t committing_ = 0;     // guarded by mutex_; groups
  bool stopping_ = false;     // guarded by mutex_
  IntakeMetrics metrics_;     // guarded by mutex_
  mutable std::array<std::atomic<uint64_t>, privacy::kKindCount> redacted_{};
  std::unique_ptr<Drainer> drainer_;  // where there is a spool
  std::mutex spool_mutex_;            // one append to the spool at a time
  std::vector<std::thread> writers_;
};

}  // namespace gleaner::intake
