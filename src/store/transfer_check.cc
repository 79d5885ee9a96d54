#include "store/transfer_check.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace gleaner::store {
namespace {

constexpr size_t kMaxExamples = 5;

// A record that is there but does not read back, not a store that cannot answer.
bool is_damage(const Error& error) {
  return error.code == Code::kDataLoss || error.code == Code::kInvalidArgument;
}

std::string named(const record::Interaction& interaction) {
  return fmt::format("interaction \"{}\"", one_line(interaction.id));
}

std::string named(const record::Signal& signal, std::string_view of) {
  return fmt::format("signal \"{}\" of \"{}\"", one_line(signal.id), one_line(of));
}

// Calls `body` with every interaction that is asked for, and the bytes looked at for it.
template <typename Body>
Status walk(Store& store, ScanOptions options, Body body) {
  TRY_ASSIGN(const std::unique_ptr<Scan> scan, store.scan(std::move(options)));
  uint64_t seen = 0;
  while (true) {
    Stored stored;
    TRY_ASSIGN(const bool more, scan->next(stored));
    if (!more) return {};
    TRY(body(stored, scan->bytes_seen() - seen));
    seen = scan->bytes_seen();
  }
}

ScanOptions of_day(const std::string& project, Day day) {
  ScanOptions options{.project = project, .with_signals = true};
  options.filter.from = Time(day);
  options.filter.to = Time(day + std::chrono::days(1));
  return options;
}

class Checker {
 public:
  Checker(Side source, Side target, const CheckOptions& options)
      : source_(source), target_(target), options_(options) {}

  Result<TransferCheck> run();

 private:
  Status check_project(ProjectCheck& check);
  Status check_secrets(ProjectCheck& check);
  Result<DayCheck> check_day(const std::string& project, Day day);
  Status tally_day(Store& store, const std::string& project, Day day, Tally& tally);
  Status look_up_each(const std::string& project, DayCheck& check);
  Status look_up(const std::string& project, const Stored& wanted, Findings& findings);
  Status check_waiting(ProjectCheck& check);
  Status find_joined(const std::string& project, std::vector<Write>& missing);
  Status check_rejects(ProjectCheck& check);
  Status check_keys(CountCheck& check);
  void step(uint64_t bytes);

  Side source_;
  Side target_;
  const CheckOptions& options_;
  std::set<std::string> target_projects_;
  std::vector<Day> days_;
  TransferStep step_;
};

Result<TransferCheck> Checker::run() {
  TransferCheck check;
  TRY_ASSIGN(const std::vector<std::string> projects, source_.registry.projects());
  TRY_ASSIGN(const std::vector<std::string> theirs, target_.registry.projects());
  target_projects_ = {theirs.begin(), theirs.end()};
  TRY_ASSIGN(days_, source_.store.days());
  for (const std::string& project : projects) {
    TRY_ASSIGN(const Totals totals, source_.store.totals(project));
    step_.total_bytes += 2 * static_cast<uint64_t>(totals.all().raw_bytes);
  }
  for (const std::string& project : projects) {
    check.projects.push_back({.project = project});
    TRY(check_project(check.projects.back()));
  }
  TRY(check_keys(check.keys));
  return check;
}

Status Checker::check_project(ProjectCheck& check) {
  TRY(check_secrets(check));
  TRY_ASSIGN(const Totals before, source_.store.totals(check.project));
  Tally read;
  for (const Day day : days_) {
    TRY_ASSIGN(DayCheck one, check_day(check.project, day));
    read.interactions += one.source.interactions;
    read.signals += one.source.signals;
    if (one.source.interactions > 0) check.days.push_back(std::move(one));
  }
  TRY(check_waiting(check));
  TRY(check_rejects(check));
  TRY_ASSIGN(const Totals after, source_.store.totals(check.project));
  check.source_changed = before.all() != after.all();
  if (options_.carried != nullptr) {
    const auto carried = options_.carried->projects.find(check.project);
    check.source_changed |= carried == options_.carried->projects.end() ||
                            carried->second.interactions != read.interactions ||
                            carried->second.signals != read.signals;
  }
  return {};
}

Status Checker::check_secrets(ProjectCheck& check) {
  TRY_ASSIGN(const Project ours, source_.registry.project(check.project));
  check.secrets.source = 1 + std::ssize(ours.rotations);
  // Asking for a project makes it.
  if (!target_projects_.contains(check.project)) {
    check.secrets.findings.miss("the project");
    return {};
  }
  TRY_ASSIGN(const Project theirs, target_.registry.project(check.project));
  check.secrets.target = 1 + std::ssize(theirs.rotations);
  if (!theirs.continues(ours)) check.secrets.findings.differ("the project", "has other secrets");
  return {};
}

Status Checker::tally_day(Store& store, const std::string& project, Day day, Tally& tally) {
  return walk(store, of_day(project, day), [&](const Stored& stored, uint64_t bytes) -> Status {
    tally.add(stored);
    step(bytes);
    return {};
  });
}

Result<DayCheck> Checker::check_day(const std::string& project, Day day) {
  DayCheck check{.day = day};
  TRY(tally_day(source_.store, project, day, check.source));
  if (check.source.interactions == 0) return check;
  const Status read = tally_day(target_.store, project, day, check.target);
  if (!read && !is_damage(read.error())) return std::unexpected(read.error());
  if (!read || check.source != check.target) TRY(look_up_each(project, check));
  return check;
}

Status Checker::look_up_each(const std::string& project, DayCheck& check) {
  return walk(source_.store, of_day(project, check.day),
              [&](const Stored& stored, uint64_t) -> Status { return look_up(project, stored, check.findings); });
}

Status Checker::look_up(const std::string& project, const Stored& wanted, Findings& findings) {
  const auto found = target_.store.find(project, wanted.interaction.id);
  if (!found && found.error().code == Code::kNotFound) {
    findings.miss(named(wanted.interaction));
    return {};
  }
  if (!found && is_damage(found.error())) {
    findings.differ(named(wanted.interaction), "does not read back: " + found.error().message);
    return {};
  }
  if (!found) return std::unexpected(found.error());
  if (digest_of(found->interaction, found->content_hash) != digest_of(wanted.interaction, wanted.content_hash))
    findings.differ(named(wanted.interaction), "differs");
  const std::string& id = wanted.interaction.id;
  std::map<std::string_view, Hash128> theirs;
  for (size_t i = 0; i < found->signals.size(); ++i)
    theirs[found->signals[i].id] = digest_of(found->signals[i], id, found->signal_hashes[i]);
  for (size_t i = 0; i < wanted.signals.size(); ++i) {
    const record::Signal& signal = wanted.signals[i];
    const auto same_id = theirs.find(signal.id);
    if (same_id == theirs.end()) {
      findings.miss(named(signal, id));
    } else if (same_id->second != digest_of(signal, id, wanted.signal_hashes[i])) {
      findings.differ(named(signal, id), "differs");
    }
  }
  return {};
}

Status Checker::check_waiting(ProjectCheck& check) {
  TRY_ASSIGN(std::vector<Write> ours, source_.store.waiting(check.project));
  TRY_ASSIGN(const std::vector<Write> theirs, target_.store.waiting(check.project));
  check.waiting.source = std::ssize(ours);
  check.waiting.target = std::ssize(theirs);
  std::set<Hash128> there;
  const auto digest = [](const Write& write) {
    return digest_of(std::get<record::Signal>(write.record), "", write.content_hash);
  };
  for (const Write& write : theirs) there.insert(digest(write));
  std::erase_if(ours, [&](const Write& write) { return there.contains(digest(write)); });
  if (!ours.empty()) TRY(find_joined(check.project, ours));
  for (const Write& write : ours) {
    const auto& signal = std::get<record::Signal>(write.record);
    check.waiting.findings.miss(named(signal, signal.interaction_id.empty() ? signal.item_id : signal.interaction_id));
  }
  return {};
}

// Takes those out that do not wait in the target because what they waited for has come there. Which interaction that is
// a signal for an item does not say, so all are looked at.
Status Checker::find_joined(const std::string& project, std::vector<Write>& missing) {
  ScanOptions options{.project = project, .with_signals = true};
  const Status read = walk(target_.store, std::move(options), [&missing](const Stored& stored, uint64_t) -> Status {
    for (size_t i = 0; i < stored.signals.size(); ++i) {
      const record::Signal& theirs = stored.signals[i];
      std::erase_if(missing, [&](const Write& write) {
        const auto& ours = std::get<record::Signal>(write.record);
        return ours.id == theirs.id && write.content_hash == stored.signal_hashes[i] &&
               ours.item_id == theirs.item_id &&
               (ours.interaction_id.empty() || ours.interaction_id == theirs.interaction_id);
      });
    }
    return {};
  });
  // What does not read back was found before.
  return read || !is_damage(read.error()) ? read : Status();
}

Status Checker::check_rejects(ProjectCheck& check) {
  TRY_ASSIGN(RejectCounts theirs, count_rejects(target_.store, check.project));
  check.rejects.target = theirs.all;
  const bool full = theirs.all >= kMaxRejects;
  return walk_rejects(source_.store, check.project, [&](const Reject& reject) -> Status {
    ++check.rejects.source;
    if (!theirs.take(reject) && !full) check.rejects.findings.miss("the reject of " + format_time(reject.at));
    return {};
  });
}

Status Checker::check_keys(CountCheck& check) {
  TRY_ASSIGN(const std::vector<ApiKey> ours, source_.registry.keys());
  TRY_ASSIGN(const std::vector<ApiKey> theirs, target_.registry.keys());
  check.source = std::ssize(ours);
  check.target = std::ssize(theirs);
  std::map<std::string_view, const ApiKey*> by_id;
  for (const ApiKey& key : theirs) by_id[key.id] = &key;
  for (const ApiKey& key : ours) {
    const std::string what = fmt::format("key \"{}\"", one_line(key.id));
    const auto found = by_id.find(key.id);
    if (found == by_id.end()) {
      check.findings.miss(what);
    } else if (!found->second->same_key(key)) {
      check.findings.differ(what, "differs");
    } else if (key.revoked_at && !found->second->revoked_at) {
      check.findings.differ(what, "is not revoked");
    }
  }
  return {};
}

void Checker::step(uint64_t bytes) {
  step_.bytes += bytes;
  ++step_.records;
  if (options_.on_step) options_.on_step(step_);
}

Status plan_project(Store& store, ProjectCheck& check, TransferStep& step, const OnStep& on_step) {
  std::map<Day, Tally> days;
  TRY(walk(store, {.project = check.project}, [&](const Stored& stored, uint64_t bytes) -> Status {
    Tally& tally = days[day_of(stored.interaction.created_at.value_or(Time{}))];
    ++tally.interactions;
    tally.signals += stored.verdict.signals;
    step.bytes += bytes;
    ++step.records;
    if (on_step) on_step(step);
    return {};
  }));
  for (const auto& [day, tally] : days) check.days.push_back({.day = day, .source = tally});
  TRY_ASSIGN(const std::vector<Write> waiting, store.waiting(check.project));
  check.waiting.source = std::ssize(waiting);
  return walk_rejects(store, check.project, [&check](const Reject&) -> Status {
    ++check.rejects.source;
    return {};
  });
}

}  // namespace

void Findings::miss(const std::string& what) {
  ++missing;
  if (examples.size() < kMaxExamples) examples.push_back(what + " is missing");
}

void Findings::differ(const std::string& what, std::string_view how) {
  ++different;
  if (examples.size() < kMaxExamples) examples.push_back(fmt::format("{} {}", what, how));
}

bool TransferCheck::all_there() const {
  return keys.findings.none() && std::ranges::all_of(projects, [](const ProjectCheck& one) {
           return one.secrets.findings.none() && one.waiting.findings.none() && one.rejects.findings.none() &&
                  std::ranges::all_of(one.days, [](const DayCheck& day) { return day.findings.none(); });
         });
}

bool TransferCheck::source_changed() const {
  return std::ranges::any_of(projects, &ProjectCheck::source_changed);
}

Result<TransferCheck> check_transfer(Side source, Side target, const CheckOptions& options) {
  return Checker(source, target, options).run();
}

Result<TransferCheck> plan_transfer(Side source, const OnStep& on_step) {
  TransferCheck plan;
  TransferStep step;
  TRY_ASSIGN(const std::vector<std::string> projects, source.registry.projects());
  for (const std::string& project : projects) {
    TRY_ASSIGN(const Totals totals, source.store.totals(project));
    step.total_bytes += static_cast<uint64_t>(totals.all().raw_bytes);
  }
  for (const std::string& name : projects) {
    ProjectCheck& check = plan.projects.emplace_back(ProjectCheck{.project = name});
    TRY_ASSIGN(const Project project, source.registry.project(name));
    check.secrets.source = 1 + std::ssize(project.rotations);
    TRY(plan_project(source.store, check, step, on_step));
  }
  TRY_ASSIGN(const std::vector<ApiKey> keys, source.registry.keys());
  plan.keys.source = std::ssize(keys);
  return plan;
}

}  // namespace gleaner::store
