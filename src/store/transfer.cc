#include "store/transfer.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "store/transfer_digest.h"

namespace gleaner::store {
namespace {

constexpr size_t kRejectsAtOnce = 200;

size_t text_bytes(const record::Signal& signal) {
  constexpr size_t kOtherFields = 200;
  return kOtherFields + signal.value.text.size() + signal.text.size() + signal.output.text.size() +
         signal.metadata.text.size();
}

}  // namespace

Transfer::Transfer(Side source, Side target, TransferProgress& progress, TransferOptions options)
    : source_(source), target_(target), progress_(progress), options_(std::move(options)) {}

Status Transfer::run() {
  TRY_ASSIGN(const std::vector<std::string> projects, source_.registry.projects());
  TRY(carry_registry(projects));
  for (const std::string& project : projects) {
    TRY_ASSIGN(const Totals totals, source_.store.totals(project));
    step_.total_bytes += static_cast<uint64_t>(totals.all().raw_bytes);
  }
  for (const std::string& project : projects) {
    TRY(carry_interactions(project));
    TRY(carry_waiting(project));
    TRY(carry_rejects(project));
  }
  return {};
}

// First of all: records under other secrets would have other pseudonyms.
Status Transfer::carry_registry(const std::vector<std::string>& projects) {
  for (const std::string& name : projects) {
    TRY_ASSIGN(const Project project, source_.registry.project(name));
    Status restored = target_.registry.restore_project(project);
    if (!restored && restored.error().code == Code::kConflict) {
      return fail(Code::kConflict,
                  fmt::format("project \"{0}\" was made in the target, too, and has other secrets there: people would "
                              "have other pseudonyms; move into a store in which \"{0}\" has not been used",
                              name));
    }
    TRY(std::move(restored));
    ++counts_.projects;
  }
  TRY_ASSIGN(const std::vector<ApiKey> keys, source_.registry.keys());
  for (const ApiKey& key : keys) {
    TRY(target_.registry.add_key(key));
    ++counts_.keys;
  }
  return {};
}

// Whether the progress is that of these two stores, and neither was emptied since.
Result<bool> Transfer::known_on_both_sides(const std::string& project, const std::string& id) {
  for (const Side* const side : {&source_, &target_}) {
    const auto found = side->store.find(project, id);
    if (!found && is_retryable(found.error().code)) return std::unexpected(found.error());
    if (!found) return false;
  }
  return true;
}

Status Transfer::carry_interactions(const std::string& project) {
  ProjectProgress& at = progress_.projects[project];
  if (!at.last_id.empty()) {
    TRY_ASSIGN(const bool known, known_on_both_sides(project, at.last_id));
    if (!known) at = {};
  }
  // A project that had nothing to carry is looked at again.
  if (at.done && !at.last_id.empty()) return {};
  at.done = false;
  ScanOptions options{.project = project, .cursor = at.cursor, .with_signals = true};
  auto scan = source_.store.scan(options);
  if (!scan && scan.error().code == Code::kInvalidArgument) {
    at = {};
    options.cursor.clear();
    scan = source_.store.scan(options);
  }
  if (!scan) return std::unexpected(std::move(scan).error());
  Batch batch;
  uint64_t seen = 0;
  while (!at.done) {
    Stored stored;
    TRY_ASSIGN(const bool more, (*scan)->next(stored));
    const uint64_t bytes = (*scan)->bytes_seen() - seen;
    seen += bytes;
    if (more) {
      ++at.interactions;
      at.signals += std::ssize(stored.signals);
      step(bytes, 1 + stored.signals.size());
      add(batch, project, std::move(stored), bytes);
    }
    const size_t records = batch.interactions.size() + batch.signals.size();
    if (more && records < options_.max_records && batch.bytes < options_.max_bytes) continue;
    TRY(write(project, std::exchange(batch, {})));
    at.cursor = (*scan)->cursor();
    at.done = !more;
    if (options_.save) TRY(options_.save(progress_));
  }
  return {};
}

void Transfer::add(Batch& batch, const std::string& project, Stored stored, size_t bytes) const {
  const size_t owner = batch.interactions.size();
  batch.bytes += bytes;
  for (size_t i = 0; i < stored.signals.size(); ++i) {
    batch.bytes += text_bytes(stored.signals[i]);
    batch.signals.push_back({owner, {project, std::move(stored.signals[i]), stored.signal_hashes[i], false}});
  }
  batch.ids.push_back(stored.interaction.id);
  batch.interactions.push_back({project, std::move(stored.interaction), stored.content_hash, false});
}

// The signals follow in a write of their own: those of an interaction that is in conflict would join the target's,
// which is another.
Status Transfer::write(const std::string& project, Batch batch) {
  if (batch.interactions.empty()) return {};
  TRY_ASSIGN(const std::vector<Outcome> outcomes, target_.store.append(std::move(batch.interactions)));
  ProjectProgress& at = progress_.projects[project];
  for (size_t i = 0; i < outcomes.size(); ++i) {
    counts_.interactions += outcomes[i] == Outcome::kStored ? 1 : 0;
    counts_.there_already += outcomes[i] == Outcome::kDuplicate ? 1 : 0;
    counts_.conflicts += outcomes[i] == Outcome::kConflict ? 1 : 0;
    if (outcomes[i] != Outcome::kConflict) at.last_id = batch.ids[i];
  }
  std::vector<Write> signals;
  for (OwnedSignal& one : batch.signals) {
    if (outcomes[one.owner] == Outcome::kConflict) {
      ++counts_.conflicts;
      continue;
    }
    signals.push_back(std::move(one.write));
  }
  return append(std::move(signals), counts_.signals);
}

Status Transfer::carry_waiting(const std::string& project) {
  TRY_ASSIGN(std::vector<Write> waiting, source_.store.waiting(project));
  return append(std::move(waiting), counts_.waiting);
}

Status Transfer::append(std::vector<Write> writes, int64_t& stored) {
  // One interaction may have any number of signals.
  for (size_t start = 0; start < writes.size(); start += options_.max_records) {
    const auto first = writes.begin() + static_cast<std::ptrdiff_t>(start);
    const auto last = first + static_cast<std::ptrdiff_t>(std::min(options_.max_records, writes.size() - start));
    std::vector<Write> some(std::make_move_iterator(first), std::make_move_iterator(last));
    TRY_ASSIGN(const std::vector<Outcome> outcomes, target_.store.append(std::move(some)));
    stored += std::ranges::count(outcomes, Outcome::kStored);
    counts_.there_already += std::ranges::count(outcomes, Outcome::kDuplicate);
    counts_.conflicts += std::ranges::count(outcomes, Outcome::kConflict);
  }
  return {};
}

// Rejects have no ids: those that the target lacks are added. Its list is bounded and the oldest go first; none of its
// own has to go for one of these.
Status Transfer::carry_rejects(const std::string& project) {
  TRY_ASSIGN(RejectCounts here, count_rejects(target_.store, project));
  RejectCounts left = here;
  int64_t missing = 0;
  TRY(walk_rejects(source_.store, project, [&](const Reject& reject) -> Status {
    left.take(reject) ? ++counts_.there_already : ++missing;
    return {};
  }));
  int64_t skip = std::max<int64_t>(0, missing - std::max<int64_t>(0, kMaxRejects - here.all));
  counts_.rejects_left_out += skip;
  std::vector<Reject> batch;
  const auto flush = [&]() -> Status {
    counts_.rejects += std::ssize(batch);
    return batch.empty() ? Status() : target_.store.add_rejects(std::exchange(batch, {}));
  };
  TRY(walk_rejects(source_.store, project, [&](Reject& reject) -> Status {
    if (here.take(reject) || skip-- > 0) return {};
    batch.push_back(std::move(reject));
    return batch.size() < kRejectsAtOnce ? Status() : flush();
  }));
  return flush();
}

void Transfer::step(uint64_t more_bytes, size_t more_records) {
  step_.bytes += more_bytes;
  step_.records += more_records;
  if (options_.on_step) options_.on_step(step_);
}

}  // namespace gleaner::store
