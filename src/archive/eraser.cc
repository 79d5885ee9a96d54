#include "archive/eraser.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "archive/layout.h"
#include "archive/line.h"
#include "base/json.h"
#include "record/codec.h"
#include "store/stored_counts.h"

namespace gleaner::archive {
namespace {

using Kind = ErasureRequest::Kind;

// A part that others change meanwhile is looked up again so often.
constexpr int kTries = 5;

int64_t size_of(const record::Signal& signal) {
  std::string json;
  record::encode(signal, json);
  return std::ssize(json);
}

bool has(std::span<const std::string> names, std::string_view name) {
  return !name.empty() && std::ranges::find(names, name) != names.end();
}

// `archived` of its signals lie in the part, the others in the store.
void count_removed(const store::Stored& stored, size_t archived, store::Recount& recount) {
  std::string json;
  record::encode(stored.interaction, json);
  store::Counters change = store::Counters::change(stored.verdict, {});
  change.interactions = -1;
  change.succeeded = stored.interaction.succeeded() ? -1 : 0;
  change.raw_bytes = -std::ssize(json);
  for (size_t i = 0; i < stored.signals.size(); ++i) {
    const int64_t bytes = size_of(stored.signals[i]);
    change.raw_bytes -= bytes;
    change.stored_bytes -= i < archived ? 0 : bytes;
  }
  recount.change += change;
  store::for_each_facet(stored.interaction,
                        [&](const char* facet, const std::string& value) { --recount.facets[{facet, value}]; });
}

}  // namespace

Eraser::Eraser(const Tiers& tiers, ColdRecords& cold, LateSignals& late, EraserOptions options)
    : tiers_(tiers),
      cold_(cold),
      late_(late),
      options_(std::move(options)),
      objects_(tiers.objects, [this] { return stopping_.load(); }),
      upload_({tiers.hot, tiers.catalog, objects_}, *options_.clock, options_.upload) {}

void Eraser::step(std::string_view name) {
  if (options_.upload.on_step) options_.upload.on_step(name);
}

Result<Receipt> Eraser::erase(const ErasureRequest& request) {
  const std::lock_guard lock(mutex_);
  TRY(objects_.go_on());
  TRY_ASSIGN(ErasureJournal journal, ErasureJournal::begin(options_.journal, request, options_.clock->now()));
  step("begun");
  TRY(run(journal));
  return journal.receipt();
}

Result<std::vector<Receipt>> Eraser::resume() {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(std::vector<ErasureJournal> journals, ErasureJournal::unfinished(options_.journal));
  std::vector<Receipt> out;
  for (ErasureJournal& journal : journals) {
    TRY(objects_.go_on());
    TRY(end_exchanges(journal));
    TRY(run(journal));
    out.push_back(journal.receipt());
  }
  return out;
}

Result<store::Erased> Eraser::erase_interaction(std::string_view project, std::string_view id) {
  TRY_ASSIGN(const std::optional<Found> found, cold_.find(project, id, ColdRecords::Look::kInteraction));
  if (!found) return store::Erased{};
  TRY_ASSIGN(const Receipt receipt, erase({Kind::kInteraction, std::string(project), {std::string(id)}}));
  return store::Erased{receipt.interactions() > 0, receipt.signals()};
}

Result<std::vector<Removal>> Eraser::erase_derived(const ErasureRequest& request) const {
  if (!options_.derived) return std::vector<Removal>();
  return options_.derived(request);
}

Status Eraser::run(ErasureJournal& journal) {
  Status done = remove(journal);
  if (done || !stopping_) return done;
  return fail(
      Code::kUnavailable,
      "the erasure was stopped before its end; the server goes on with it when it starts again, as does `gleaner "
      "erase --resume`");
}

Status Eraser::remove(ErasureJournal& journal) {
  // Signals that wait for archived records are with them from here on.
  TRY(late_.settle(journal.receipt().request.project));
  switch (journal.receipt().request.kind) {
    case Kind::kInteraction:
      TRY(erase_one(journal));
      break;
    case Kind::kUser:
      TRY(erase_person(journal));
      break;
    case Kind::kProject:
      TRY(erase_project(journal));
      break;
  }
  TRY_ASSIGN(const std::vector<Removal> derived, erase_derived(journal.receipt().request));
  for (const Removal& removal : derived) TRY(journal.note(removal));
  TRY(scrub(journal));
  return journal.finish(options_.clock->now());
}

Status Eraser::erase_one(ErasureJournal& journal) {
  const ErasureRequest request = journal.receipt().request;
  for (const std::string& id : request.subjects) {
    TRY_ASSIGN(const store::Erased erased, tiers_.hot.erase(request.project, id));
    if (erased.found || erased.signals > 0) {
      Removal removal;
      removal.where = "store";
      removal.interactions = erased.found ? 1 : 0;
      removal.signals = erased.signals;
      TRY(journal.note(removal));
    }
    step("store");
    for (int attempt = 0; attempt < kTries; ++attempt) {
      TRY_ASSIGN(const std::optional<Found> found, cold_.find(request.project, id, ColdRecords::Look::kInteraction));
      if (!found) break;
      TRY_ASSIGN(const bool done, rewrite(journal, found->part, [&](const store::Stored& stored, auto&) {
                   return stored.interaction.id == id;
                 }));
      if (done) break;
    }
    // As a whole string of JSON: a short id stands in many a text.
    std::string quoted;
    json::Writer(quoted).string(id);
    TRY(drop_rejects(journal, {&quoted, 1}));
  }
  return {};
}

Status Eraser::erase_hot(ErasureJournal& journal, const record::Filter& filter) {
  const std::string project = journal.receipt().request.project;
  Removal removal;
  removal.where = "store";
  Status going;
  while (going) {
    TRY_ASSIGN(const std::unique_ptr<store::Scan> scan, tiers_.hot.scan({.project = project, .filter = filter}));
    std::vector<std::string> ids;
    store::Stored stored;
    constexpr size_t kAtOnce = 1000;
    while (ids.size() < kAtOnce) {
      TRY_ASSIGN(const bool more, scan->next(stored));
      if (!more) break;
      ids.push_back(stored.interaction.id);
    }
    if (ids.empty()) break;
    for (const std::string& id : ids) {
      going = objects_.go_on();
      if (!going) break;
      TRY_ASSIGN(const store::Erased erased, tiers_.hot.erase(project, id));
      removal.interactions += erased.found ? 1 : 0;
      removal.signals += erased.signals;
    }
  }
  // What is gone is noted even so: it is not found a second time.
  if (removal.interactions > 0) TRY(journal.note(removal));
  step("store");
  return going;
}

// With the verdict and the counters as they are without these signals; how many they were.
Result<int64_t> Eraser::drop_signals(const std::string& project, const std::string& interaction_id,
                                     const std::set<std::string>& signal_ids) {
  auto stored = tiers_.hot.find(project, interaction_id);
  size_t archived = 0;
  if (!stored) {
    if (stored.error().code != Code::kNotFound) return std::unexpected(std::move(stored).error());
    TRY_ASSIGN(std::optional<Found> found, cold_.find(project, interaction_id, ColdRecords::Look::kInteraction));
    if (!found) return 0;
    archived = found->stored.signals.size();
    TRY(late_.join(project, found->stored));
    stored = std::move(found->stored);
  }
  std::vector<record::Signal> left;
  std::vector<std::string> ids;
  store::Recount recount;
  for (size_t i = 0; i < stored->signals.size(); ++i) {
    const record::Signal& signal = stored->signals[i];
    // Those in the part go when it is written anew.
    if (i < archived || !signal_ids.contains(signal.id)) {
      left.push_back(signal);
      continue;
    }
    ids.push_back(signal.id);
    recount.change.raw_bytes -= size_of(signal);
    recount.change.stored_bytes -= size_of(signal);
  }
  if (ids.empty()) return 0;
  const record::Verdict after = verdict_of(left);
  recount.change += store::Counters::change(verdict_of(stored->signals), after);
  TRY(tiers_.catalog.drop_signals(project, interaction_id, stored->interaction.created_at.value_or(Time{}), ids, after,
                                  stored->interaction.platform, recount));
  return std::ssize(ids);
}

Status Eraser::erase_signals(ErasureJournal& journal, Users users) {
  const std::string project = journal.receipt().request.project;
  TRY_ASSIGN(const std::vector<store::PlacedSignal> signals, tiers_.catalog.signals_of(project, users));
  std::map<std::string, std::set<std::string>> by_interaction;
  for (const store::PlacedSignal& one : signals) {
    if (!one.waits) by_interaction[one.signal.interaction_id].insert(one.signal.id);
  }
  Removal removal;
  removal.where = "store";
  Status going;
  for (const auto& [interaction_id, ids] : by_interaction) {
    going = objects_.go_on();
    if (!going) break;
    TRY_ASSIGN(const int64_t dropped, drop_signals(project, interaction_id, ids));
    removal.signals += dropped;
  }
  if (removal.signals > 0) TRY(journal.note(removal));
  TRY(going);
  removal = {};
  removal.where = "waiting";
  TRY_ASSIGN(removal.signals, tiers_.catalog.drop_waiting(project, users));
  if (removal.signals > 0) TRY(journal.note(removal));
  step("signals");
  return {};
}

Status Eraser::erase_person(ErasureJournal& journal) {
  const ErasureRequest request = journal.receipt().request;
  const Users users = request.subjects;
  record::Filter filter;
  filter.user_ids = request.subjects;
  TRY(erase_hot(journal, filter));
  TRY(erase_signals(journal, users));
  const Decide decide = [users](const store::Stored& stored, std::set<std::string>& drop) {
    for (const record::Signal& signal : stored.signals) {
      if (has(users, signal.user_id)) drop.insert(signal.id);
    }
    return has(users, stored.interaction.user_id);
  };
  for (int attempt = 0; attempt < kTries; ++attempt) {
    bool all = true;
    TRY_ASSIGN(const ColdRecords::Parts parts, cold_.parts(request.project));
    for (const store::Part& part : *parts) {
      TRY_ASSIGN(const bool maybe, cold_.may_hold(part, users));
      if (!maybe) continue;
      TRY_ASSIGN(const bool done, rewrite(journal, part, decide));
      all = all && done;
    }
    if (all) return drop_rejects(journal, users);
  }
  return fail(Code::kUnavailable, "archived parts change all the time; the erasure is to be resumed");
}

Status Eraser::erase_project(ErasureJournal& journal) {
  const std::string project = journal.receipt().request.project;
  TRY(erase_hot(journal, {}));
  const Decide all = [](const store::Stored&, std::set<std::string>&) { return true; };
  for (int attempt = 0; attempt < kTries; ++attempt) {
    TRY_ASSIGN(const ColdRecords::Parts parts, cold_.parts(project));
    if (parts->empty()) break;
    for (const store::Part& part : *parts) TRY(rewrite(journal, part, all));
  }
  TRY_ASSIGN(const std::vector<store::Write> waiting, tiers_.hot.waiting(project));
  std::set<std::string> targets;
  for (const store::Write& write : waiting) {
    const auto& signal = std::get<record::Signal>(write.record);
    targets.insert(signal.interaction_id.empty() ? signal.item_id : signal.interaction_id);
  }
  Removal removal;
  removal.where = "waiting";
  for (const std::string& target : targets) {
    TRY_ASSIGN(const store::Erased erased, tiers_.hot.erase(project, target));
    removal.signals += erased.signals;
  }
  if (removal.signals > 0) TRY(journal.note(removal));
  const std::string anything;
  return drop_rejects(journal, {&anything, 1});
}

// Whether the line stays, and without which of its signals.
Result<bool> Eraser::keep_line(store::Stored& stored, std::string_view project, const Decide& decide,
                               Rewrite& rewrite) {
  std::set<std::string> drop;
  const bool gone = decide(stored, drop);
  if (!gone && drop.empty()) return true;
  const size_t archived = stored.signals.size();
  store::Stored with_late = stored;
  TRY(late_.join(project, with_late));
  if (gone) {
    rewrite.forgotten.push_back(stored.interaction.id);
    ++rewrite.removal.interactions;
    rewrite.removal.signals += std::ssize(with_late.signals);
    count_removed(with_late, archived, rewrite.recount);
    return false;
  }
  std::vector<record::Signal> left;
  store::Stored kept;
  for (size_t i = 0; i < with_late.signals.size(); ++i) {
    const record::Signal& signal = with_late.signals[i];
    if (i < archived && drop.contains(signal.id)) {
      ++rewrite.removal.signals;
      rewrite.recount.change.raw_bytes -= size_of(signal);
      continue;
    }
    left.push_back(signal);
    if (i >= archived) continue;
    kept.signals.push_back(signal);
    kept.signal_hashes.push_back(with_late.signal_hashes[i]);
  }
  rewrite.recount.change += store::Counters::change(verdict_of(with_late.signals), verdict_of(left));
  stored.signals = std::move(kept.signals);
  stored.signal_hashes = std::move(kept.signal_hashes);
  return true;
}

Result<Manifest> Eraser::write_without(const store::Part& part, const Decide& decide, Rewrite& rewrite) {
  TRY_ASSIGN(const std::unique_ptr<PartReader> reader, open_part({tiers_.hot, tiers_.catalog, objects_}, part));
  return upload_.write({part.project, part.platform, part.day, part.number + 1}, [&](PartWriter& writer) -> Status {
    const std::unique_ptr<PartCursor> blocks = reader->walk(0, store::Order::kOldestFirst, 1);
    PartBlock block;
    LineDecoder decoder;
    store::Stored stored;
    while (true) {
      TRY_ASSIGN(const bool more, blocks->next(block));
      if (!more) return {};
      std::span<char> line;
      while (block.next(line)) {
        TRY(decoder.decode(line, stored));
        TRY_ASSIGN(const bool keep, keep_line(stored, part.project, decide, rewrite));
        if (keep) TRY(writer.add(stored));
      }
    }
  });
}

Result<bool> Eraser::rewrite(ErasureJournal& journal, const store::Part& part, const Decide& decide) {
  TRY_ASSIGN(const store::DayParts now, tiers_.catalog.parts_of(part.project, part.day));
  const auto same = [&](const store::Part& one) { return one.key == part.key; };
  if (std::ranges::none_of(now.parts, same)) return false;
  Rewrite rewrite;
  auto written = write_without(part, decide, rewrite);
  if (!written) return fail_in(part.key, std::move(written).error());
  const Manifest& with = *written;
  if (rewrite.removal.interactions == 0 && rewrite.removal.signals == 0) {
    // The index only seemed to say that something of it is there.
    upload_.take_back(with);
    return true;
  }
  if (with.part.records > 0) {
    if (Status put = upload_.put_manifest(with); !put) {
      upload_.take_back(with);
      return std::unexpected(std::move(put).error());
    }
  }
  step("manifested");
  return exchange(journal, part, now.generation, with, std::move(rewrite));
}

Result<bool> Eraser::exchange(ErasureJournal& journal, const store::Part& part, int64_t generation,
                              const Manifest& with, Rewrite rewrite) {
  const bool any = with.part.records > 0;
  TRY(journal.note(Exchange{part.key, any ? with.part.key : ""}));
  TRY_ASSIGN(const bool exchanged,
             tiers_.catalog.replace(part, generation, any ? std::optional(with.part) : std::nullopt, rewrite.recount,
                                    rewrite.forgotten));
  step("exchanged");
  if (!exchanged) {
    upload_.take_back(with);
    return false;
  }
  TRY_ASSIGN(const uint64_t versions, tiers_.objects.erase(part.key));
  TRY(tiers_.objects.erase(manifest_key(part.key)));
  step("removed");
  Removal& removal = rewrite.removal;
  removal.where = "archive";
  removal.object = part.key;
  removal.sha256_before = part.sha256;
  removal.versions = static_cast<int64_t>(versions);
  if (any) {
    removal.replaced_by = with.part.key;
    removal.sha256_after = with.part.sha256;
  }
  TRY(journal.note(removal));
  return true;
}

// An exchange that a crash interrupted: the object that the catalog does not name is nobody's, and may hold what was to
// go.
Status Eraser::end_exchanges(const ErasureJournal& journal) {
  TRY_ASSIGN(const ColdRecords::Parts parts, cold_.parts(journal.receipt().request.project));
  const auto named = [&](const std::string& key) {
    return std::ranges::any_of(*parts, [&](const store::Part& part) { return part.key == key; });
  };
  for (const Exchange& exchange : journal.exchanges()) {
    for (const std::string& key : {exchange.old_key, exchange.new_key}) {
      if (key.empty() || named(key)) continue;
      TRY(tiers_.objects.erase(key));
      TRY(tiers_.objects.erase(manifest_key(key)));
    }
  }
  return {};
}

Status Eraser::drop_rejects(ErasureJournal& journal, Users mentions) {
  Removal removal;
  removal.where = "rejects";
  TRY_ASSIGN(removal.rejects, tiers_.catalog.drop_rejects(journal.receipt().request.project, mentions));
  if (removal.rejects > 0) TRY(journal.note(removal));
  step("rejects");
  return {};
}

Status Eraser::scrub(ErasureJournal& journal) {
  TRY(objects_.go_on());
  Removal removal;
  removal.where = "store files";
  TRY_ASSIGN(removal.note, tiers_.catalog.scrub());
  step("scrubbed");
  if (removal.note.empty()) removal.note = "free pages and the write-ahead log were written anew";
  return journal.note(removal);
}

}  // namespace gleaner::archive
