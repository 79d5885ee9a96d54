#include "intake/intake.h"

#include <cstring>
#include <future>
#include <numeric>

#include "base/hash.h"
#include "base/text.h"
#include "intake/transform.h"
#include "privacy/record_redaction.h"
#include "record/codec.h"

namespace gleaner::intake {
namespace {

// Digest of what the client said, under a key of its project: equal digests mean a retry.
template <typename Record>
uint64_t content_hash(const store::Project& project, const Record& record) {
  thread_local std::string text;
  text.clear();
  record::encode(record, text);
  uint64_t seed = 0;
  std::memcpy(&seed, project.secret.reveal().data(), std::min(sizeof seed, project.secret.reveal().size()));
  return keyed_hash64(seed, text);
}

constexpr size_t kWorthAnother = size_t{512} << 10;
// How long a patient submission waits for company.
constexpr auto kPatience = std::chrono::milliseconds(50);

constexpr size_t kLookedThrough = size_t{1} << 20;

}  // namespace

Intake::Intake(IntakeOptions options, store::Store& store, const Rulebook& rulebook, const Clock& clock, IdSource& ids)
    : options_(std::move(options)), store_(store), rulebook_(rulebook), clock_(clock), ids_(ids) {
  if (options_.spool) drainer_ = std::make_unique<Drainer>(*options_.spool, store_, clock_, options_.on_spool);
  for (size_t i = 0; i < std::max<size_t>(options_.writers, 1); ++i) writers_.emplace_back([this] { run(); });
}

Intake::~Intake() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (drainer_) drainer_->stop();
  for (std::thread& writer : writers_) writer.join();
}

template <typename Record>
Result<store::Write> Intake::prepare_record(const store::Project& project, Record& record) const {
  const std::shared_ptr<const Rules> rules = rulebook_.rules(project.name);
  const bool fresh = record.id.empty();
  const uint64_t hash = fresh ? 0 : content_hash(project, record);
  privacy::KindCounts redacted{};
  TRY(apply_steps({project, *rules, clock_.now(), ids_, redacted}, record));
  for (size_t i = 0; i < redacted.size(); ++i) {
    if (redacted[i] > 0) redacted_[i].fetch_add(redacted[i], std::memory_order_relaxed);
  }
  return store::Write{project.name, std::move(record), hash, fresh};
}

Result<store::Write> Intake::prepare(const store::Project& project, record::Interaction&& interaction) const {
  return prepare_record(project, interaction);
}

Result<store::Write> Intake::prepare(const store::Project& project, record::Signal&& signal) const {
  return prepare_record(project, signal);
}

store::Reject Intake::reject(const store::Project& project, const Error& error, std::string_view text) const {
  const std::shared_ptr<const Rules> rules = rulebook_.rules(project.name);
  std::string kept;
  if (text.size() <= kLookedThrough) {
    const privacy::UnreadSteps steps{.places = rules->generalise_places, .sessions = rules->pseudonymise_sessions};
    kept = privacy::redact_unread(rules->redaction, project.secret, text, steps);
  }
  // A message may quote the record.
  const std::string reason = privacy::redact_message(rules->redaction, project.secret, error.message);
  return {0, project.name, clock_.now(), reason, std::string(truncate_utf8(kept, store::kMaxRejectBytes))};
}

Status Intake::submit(Submission submission, Done done) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    // One submission may be larger than the whole queue; it is then let in alone.
    if (queued_bytes_ > 0 && queued_bytes_ + submission.bytes > options_.max_queued_bytes) {
      ++metrics_.refused;
      return fail(Code::kResourceExhausted, "the intake queue is full; try again in a second");
    }
    queued_bytes_ += submission.bytes;
    waiting_bytes_ += submission.bytes;
    if (!submission.patient) ++hurried_;
    queue_.push_back({std::move(submission), std::move(done)});
    // Somebody waits already, and will look by itself, when there are other patient ones.
    wake = worth_a_commit() && (!may_linger() || queue_.size() == 1);
  }
  if (wake) wake_.notify_one();
  return {};
}

Intake::Outcomes Intake::write(Submission submission) {
  std::promise<Outcomes> promise;
  auto result = promise.get_future();
  TRY(submit(std::move(submission), [&promise](Outcomes outcomes) { promise.set_value(std::move(outcomes)); }));
  return result.get();
}

// A commit beside another one is for much at once: the little that gathers meanwhile goes into one commit after it.
bool Intake::worth_a_commit() const {
  return !queue_.empty() && (committing_ == 0 || waiting_bytes_ >= kWorthAnother);
}

bool Intake::may_linger() const {
  return !stopping_ && hurried_ == 0 && waiting_bytes_ < kWorthAnother;
}

std::deque<Intake::Queued> Intake::take_group(std::unique_lock<std::mutex>& lock) {
  do {
    wake_.wait(lock, [this] { return stopping_ || worth_a_commit(); });
    wake_.wait_for(lock, kPatience, [this] { return !may_linger(); });
  } while (!stopping_ && !worth_a_commit());  // another writer has taken it
  std::deque<Queued> group;
  size_t bytes = 0;
  while (!queue_.empty() && (group.empty() || bytes + queue_.front().submission.bytes <= options_.max_commit_bytes)) {
    bytes += queue_.front().submission.bytes;
    if (!queue_.front().submission.patient) --hurried_;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  waiting_bytes_ -= bytes;
  if (!group.empty()) ++committing_;
  if (worth_a_commit()) wake_.notify_one();
  return group;
}

void Intake::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    std::deque<Queued> group = take_group(lock);
    if (group.empty()) return;  // stopping, and nothing is left
    lock.unlock();
    commit(std::move(group));
    lock.lock();
    --committing_;
  }
}

void Intake::commit(std::deque<Queued> group) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<store::Write> writes;
  std::vector<store::Reject> rejects;
  std::vector<size_t> counts;
  counts.reserve(group.size());
  for (const Queued& queued : group) counts.push_back(queued.submission.writes.size());
  writes.reserve(std::accumulate(counts.begin(), counts.end(), size_t{0}));
  for (Queued& queued : group) {
    std::ranges::move(queued.submission.rejects, std::back_inserter(rejects));
    std::ranges::move(queued.submission.writes, std::back_inserter(writes));
    queued.submission.writes = {};
  }
  uint64_t spooled = 0;
  const Outcomes outcomes = store_group(std::move(writes), std::move(rejects), spooled);
  if (!outcomes && options_.on_failure) options_.on_failure(outcomes.error());
  count(group, outcomes,
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start));
  size_t first = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    if (outcomes) {
      const auto from = outcomes->begin() + static_cast<std::ptrdiff_t>(first);
      group[i].done(std::vector<store::Outcome>(from, from + static_cast<std::ptrdiff_t>(counts[i])));
    } else {
      group[i].done(std::unexpected(outcomes.error()));
    }
    first += counts[i];
  }
  if (spooled > 0) drainer_->pace(spooled);
}

// Rejects first, so that whoever is told of one can look it up.
Intake::Outcomes Intake::store_group(std::vector<store::Write> writes, std::vector<store::Reject> rejects,
                                     uint64_t& spooled) {
  if (options_.spool) return store_or_spool(std::move(writes), std::move(rejects), spooled);
  if (!rejects.empty()) TRY(store_.add_rejects(std::move(rejects)));
  if (writes.empty()) return std::vector<store::Outcome>{};
  return store_.append(std::move(writes));
}

// Only an empty spool lets a group through to the store. Groups that are under way at the same time have no order.
Intake::Outcomes Intake::store_or_spool(std::vector<store::Write> writes, std::vector<store::Reject> rejects,
                                        uint64_t& spooled) {
  if (!options_.spool->empty()) return spool_group(writes, rejects, spooled);
  Status status = rejects.empty() ? Status() : store_.add_rejects(rejects);
  Outcomes outcomes = std::vector<store::Outcome>{};
  if (status) {
    rejects.clear();
    if (!writes.empty()) outcomes = store_.append(std::move(writes));
    if (!outcomes) status = std::unexpected(outcomes.error());
  }
  if (status) {
    drainer_->note_store({});
    return outcomes;
  }
  if (!is_retryable(status.error().code)) return std::unexpected(std::move(status).error());
  drainer_->note_store(status);
  // What the store could not take is still here.
  return spool_group(writes, rejects, spooled);
}

Intake::Outcomes Intake::spool_group(std::span<const store::Write> writes, std::span<const store::Reject> rejects,
                                     uint64_t& spooled) {
  {
    const std::lock_guard lock(spool_mutex_);
    TRY_ASSIGN(spooled, options_.spool->append(writes, rejects));
  }
  {
    const std::lock_guard lock(mutex_);
    metrics_.spooled += writes.size() + rejects.size();
  }
  drainer_->wake();
  return std::vector<store::Outcome>(writes.size(), store::Outcome::kSpooled);
}

void Intake::count(const std::deque<Queued>& group, const Outcomes& outcomes, std::chrono::microseconds took) {
  const std::lock_guard lock(mutex_);
  for (const Queued& queued : group) {
    queued_bytes_ -= queued.submission.bytes;
    metrics_.rejected += queued.submission.rejects.size();
  }
  ++metrics_.commits;
  metrics_.commit_microseconds += static_cast<uint64_t>(took.count());
  metrics_.failed_commits += outcomes ? 0 : 1;
  metrics_.store_up = outcomes || !is_retryable(outcomes.error().code);
  metrics_.store_error = metrics_.store_up ? std::string() : outcomes.error().message;
  for (const store::Outcome outcome : outcomes.value_or(std::vector<store::Outcome>{})) {
    metrics_.stored += outcome == store::Outcome::kStored ? 1 : 0;
    metrics_.duplicates += outcome == store::Outcome::kDuplicate ? 1 : 0;
    metrics_.conflicts += outcome == store::Outcome::kConflict ? 1 : 0;
  }
}

Status Intake::check_spool() const {
  if (!options_.spool) return fail(Code::kUnavailable, "there is no spool");
  return options_.spool->check_room();
}

IntakeMetrics Intake::metrics() const {
  const std::lock_guard lock(mutex_);
  IntakeMetrics snapshot = metrics_;
  snapshot.queued_bytes = queued_bytes_;
  for (size_t i = 0; i < redacted_.size(); ++i) snapshot.redacted[i] = redacted_[i].load(std::memory_order_relaxed);
  if (!drainer_) return snapshot;
  const DrainMetrics drained = drainer_->metrics();
  snapshot.spool = options_.spool->stats();
  snapshot.stored += drained.stored;
  snapshot.duplicates += drained.duplicates;
  snapshot.conflicts += drained.conflicts;
  snapshot.drained = drained.drained;
  snapshot.drain_refused = drained.refused;
  snapshot.store_up = drained.store_up;
  snapshot.store_error = drained.store_error;
  return snapshot;
}

}  // namespace gleaner::intake
