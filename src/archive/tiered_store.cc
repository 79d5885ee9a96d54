#include "archive/tiered_store.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "archive/tiered_scan.h"

namespace gleaner::archive {
namespace {

// A day may be sealed between looking in the archive and writing to the store.
constexpr int kTries = 10;

}  // namespace

TieredStore::TieredStore(const Tiers& tiers, const Clock& clock, EraserOptions options)
    : tiers_(tiers),
      clock_(clock),
      cold_(tiers),
      late_(tiers, cold_),
      eraser_(tiers, cold_, late_, std::move(options)) {}

Status TieredStore::settle(std::string_view project) {
  {
    const std::lock_guard lock(mutex_);
    settle_at_.insert_or_assign(std::string(project), std::chrono::steady_clock::now() + kSettleEvery);
  }
  return late_.settle(project);
}

Status TieredStore::settle_if_due(std::string_view project) {
  {
    const std::lock_guard lock(mutex_);
    const auto due = settle_at_.find(project);
    if (due != settle_at_.end() && std::chrono::steady_clock::now() < due->second) return {};
  }
  return settle(project);
}

// Only a client that sends what it sent before brings an id again, and the time with it: the day says where to look.
Result<std::map<size_t, store::Outcome>> TieredStore::archived(std::vector<store::Write>& writes) {
  std::map<size_t, store::Outcome> out;
  std::map<std::pair<std::string_view, Day>, store::DayParts> days;
  const Day young = day_of(clock_.now()) - kNeverArchived;
  for (size_t i = 0; i < writes.size(); ++i) {
    store::Write& write = writes[i];
    const auto* const interaction = std::get_if<record::Interaction>(&write.record);
    if (interaction == nullptr || write.id_is_fresh) continue;
    const Day day = day_of(interaction->created_at.value_or(Time{}));
    if (day > young) continue;
    const std::pair<std::string_view, Day> name{write.project, day};
    if (!days.contains(name)) {
      TRY_ASSIGN(days[name], tiers_.catalog.parts_of(write.project, day));
    }
    const store::DayParts& parts = days[name];
    write.generation = parts.generation;
    TRY_ASSIGN(const std::optional<Found> found, cold_.find_among(parts.parts, interaction->id));
    if (!found) continue;
    const bool same = found->stored.content_hash == write.content_hash;
    out[i] = same ? store::Outcome::kDuplicate : store::Outcome::kConflict;
  }
  return out;
}

TieredStore::Outcomes TieredStore::append_rest(std::vector<store::Write>& writes,
                                               const std::map<size_t, store::Outcome>& known) {
  if (known.empty()) return tiers_.hot.append(std::move(writes));
  std::vector<store::Write> rest;
  for (size_t i = 0; i < writes.size(); ++i) {
    if (!known.contains(i)) rest.push_back(writes[i]);
  }
  std::vector<store::Outcome> given;
  if (!rest.empty()) {
    TRY_ASSIGN(given, tiers_.hot.append(std::move(rest)));
  }
  std::vector<store::Outcome> out;
  auto next = given.begin();
  for (size_t i = 0; i < writes.size(); ++i) {
    const auto found = known.find(i);
    out.push_back(found != known.end() ? found->second : *next++);
  }
  return out;
}

TieredStore::Outcomes TieredStore::append(std::vector<store::Write>&& writes) {
  const bool signals = std::ranges::any_of(
      writes, [](const store::Write& write) { return std::holds_alternative<record::Signal>(write.record); });
  for (int attempt = 0; attempt < kTries; ++attempt) {
    TRY_ASSIGN(const auto known, archived(writes));
    Outcomes outcomes = append_rest(writes, known);
    if (!outcomes && outcomes.error().code == Code::kConflict) continue;
    if (outcomes && signals) {
      const std::lock_guard lock(mutex_);
      settle_at_.clear();
    }
    return outcomes;
  }
  return fail(Code::kUnavailable, "the days that are written to are being archived; try again");
}

Result<std::optional<store::Stored>> TieredStore::find_cold(std::string_view project, std::string_view id) {
  TRY_ASSIGN(std::optional<Found> found, cold_.find(project, id, ColdRecords::Look::kInteraction));
  if (!found) return std::nullopt;
  TRY(settle_if_due(project));
  TRY(late_.join(project, found->stored));
  return std::move(found->stored);
}

Result<store::Stored> TieredStore::find(std::string_view project, std::string_view id) {
  auto hot = tiers_.hot.find(project, id);
  if (hot || hot.error().code != Code::kNotFound) return hot;
  TRY_ASSIGN(const int64_t version, tiers_.catalog.version(project));
  auto cold = find_cold(project, id);
  if (!cold || !*cold) {
    // It may have moved between the two questions, to the archive or back.
    TRY_ASSIGN(const int64_t now, tiers_.catalog.version(project));
    if (now != version) {
      hot = tiers_.hot.find(project, id);
      if (hot) return hot;
      cold = find_cold(project, id);
    }
  }
  if (!cold) return std::unexpected(std::move(cold).error());
  if (*cold) return **std::move(cold);
  return hot;
}

Result<std::unique_ptr<store::Scan>> TieredStore::scan(store::ScanOptions options) {
  TRY(settle_if_due(options.project));
  TRY_ASSIGN(std::vector<Day> days, tiers_.hot.days());
  TRY_ASSIGN(const ColdRecords::Parts parts, cold_.parts(options.project));
  return TieredScan::open(tiers_, std::move(days), parts, std::move(options));
}

Result<store::Totals> TieredStore::totals(std::string_view project) {
  TRY(settle_if_due(project));
  return tiers_.hot.totals(project);
}

Result<store::Erased> TieredStore::erase(std::string_view project, std::string_view id) {
  // Before the record itself, which would not be found again after a crash between the two.
  TRY(eraser_.erase_derived({ErasureRequest::Kind::kInteraction, std::string(project), {std::string(id)}}));
  TRY_ASSIGN(store::Erased erased, tiers_.hot.erase(project, id));
  if (erased.found) return erased;
  TRY_ASSIGN(const store::Erased cold, eraser_.erase_interaction(project, id));
  return store::Erased{cold.found, erased.signals + cold.signals};
}

}  // namespace gleaner::archive
