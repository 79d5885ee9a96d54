#include "archive/late_signals.h"

#include <algorithm>
#include <array>

#include "archive/line.h"

namespace gleaner::archive {
namespace {

// Others may settle signals of the same interaction meanwhile.
constexpr int kTries = 5;

std::string name_of(const record::Signal& signal) {
  return signal.interaction_id + '\0' + signal.item_id + '\0' + signal.id;
}

}  // namespace

Status LateSignals::join(std::string_view project, store::Stored& stored) const {
  const Day day = day_of(stored.interaction.created_at.value_or(Time{}));
  const std::array<std::string, 1> ids = {stored.interaction.id};
  TRY_ASSIGN(std::vector<store::Write> late, tiers_.catalog.late_signals(project, day, ids));
  if (late.empty()) return {};
  for (store::Write& write : late) {
    stored.signals.push_back(std::move(std::get<record::Signal>(write.record)));
    stored.signal_hashes.push_back(write.content_hash);
  }
  stored.verdict = verdict_of(stored.signals);
  return {};
}

Result<std::optional<Found>> LateSignals::find_of(std::string_view project, const record::Signal& signal) {
  using Look = ColdRecords::Look;
  if (!signal.interaction_id.empty()) return cold_.find(project, signal.interaction_id, Look::kInteraction);
  TRY_ASSIGN(std::optional<Found> found, cold_.find(project, signal.item_id, Look::kItem));
  if (found) return found;
  return cold_.find(project, signal.item_id, Look::kInteraction);
}

Status LateSignals::settle_one(const store::Write& waiting, const Found& found) {
  record::Signal signal = std::get<record::Signal>(waiting.record);
  signal.interaction_id = found.stored.interaction.id;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    store::Stored stored = found.stored;
    const size_t archived = stored.signals.size();
    TRY(join(waiting.project, stored));
    store::LateSignal late;
    late.waiting = waiting;
    late.interaction_id = signal.interaction_id;
    late.created_at = stored.interaction.created_at.value_or(Time{});
    late.platform = stored.interaction.platform;
    late.known = static_cast<int64_t>(stored.signals.size() - archived);
    const auto same_id = [&](const record::Signal& one) { return one.id == signal.id; };
    if (std::ranges::none_of(stored.signals, same_id)) {
      const record::Verdict before = verdict_of(stored.signals);
      stored.signals.push_back(signal);
      late.change = store::Counters::change(before, verdict_of(stored.signals));
    }
    TRY_ASSIGN(const std::vector<bool> settled, tiers_.catalog.settle({&late, 1}));
    if (settled.front()) return {};
  }
  return {};
}

Status LateSignals::settle(std::string_view project) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const int64_t version, tiers_.catalog.version(project));
  if (version == 0) return {};
  Homeless& homeless = homeless_.try_emplace(std::string(project)).first->second;
  if (version != homeless.version || homeless.names.size() > kMaxRemembered) homeless.names.clear();
  homeless.version = version;
  TRY_ASSIGN(const std::vector<store::Write> waiting, tiers_.hot.waiting(project));
  for (const store::Write& write : waiting) {
    const auto& signal = std::get<record::Signal>(write.record);
    std::string name = name_of(signal);
    if (homeless.names.contains(name)) continue;
    TRY_ASSIGN(const std::optional<Found> found, find_of(project, signal));
    if (!found) {
      homeless.names.insert(std::move(name));
      continue;
    }
    TRY(settle_one(write, *found));
  }
  return {};
}

}  // namespace gleaner::archive
