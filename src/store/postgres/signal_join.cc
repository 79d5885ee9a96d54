#include "store/postgres/signal_join.h"

#include <algorithm>
#include <array>

#include "record/codec.h"
#include "store/postgres/signal_rows.h"
#include "store/postgres/verdict_columns.h"

namespace gleaner::store {
namespace {

using record::Signal;
using record::SignalKind;

constexpr const char* kItems = R"sql(
SELECT t.project, t.id, t.interaction_id, (extract(epoch FROM t.interaction_created_at) * 1000)::bigint
FROM unnest($1::text[], $2::text[]) AS w (project, id)
JOIN gleaner.items t ON t.id = w.id AND t.project = w.project)sql";

#define GLEANER_INTERACTIONS_AT                                                                   \
  "FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS w (project, id, at) "                \
  "JOIN gleaner.interactions i ON i.id = w.id AND i.project = w.project AND i.created_at = w.at " \
  "AND i.created_at BETWEEN $4::timestamptz AND $5::timestamptz"

constexpr const char* kPresent = "SELECT i.project, i.id " GLEANER_INTERACTIONS_AT;
constexpr const char* kLockInteractions =
    "SELECT i.project, i.id, (extract(epoch FROM i.created_at) * 1000)::bigint, i.platform " GLEANER_INTERACTIONS_AT
    " FOR KEY SHARE OF i";

constexpr const char* kLockVerdicts = R"sql(
INSERT INTO gleaner.verdicts AS v (project, interaction_id, interaction_created_at)
SELECT w.project, w.id, w.at FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS w (project, id, at)
ON CONFLICT (interaction_id, project, interaction_created_at) DO UPDATE SET signals = v.signals
RETURNING v.project, v.interaction_id, (extract(epoch FROM v.interaction_created_at) * 1000)::bigint, )sql" GLEANER_VERDICT_COLUMNS;

#define GLEANER_SIGNALS_OF                                                                        \
  "FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS w (project, id, at, x) " \
  "JOIN gleaner.signals s ON s.interaction_id = w.id AND s.project = w.project "                  \
  "AND s.interaction_created_at = w.at AND s.interaction_created_at BETWEEN $5::timestamptz AND $6::timestamptz "

constexpr const char* kKnown =
    "SELECT s.project, s.interaction_id, (extract(epoch FROM s.interaction_created_at) * 1000)::bigint, s.id, "
    "s.content_hash " GLEANER_SIGNALS_OF "AND s.id = w.x";
constexpr const char* kViewers =
    "SELECT DISTINCT s.project, s.interaction_id, (extract(epoch FROM s.interaction_created_at) * 1000)::bigint, "
    "s.user_id " GLEANER_SIGNALS_OF "AND s.user_id = w.x AND s.kind = 'view'";

constexpr const char* kWait = R"sql(
WITH given AS MATERIALIZED (
  SELECT *, nextval('gleaner.arrival') AS seq
  FROM unnest($1::text[], $2::text[], $3::boolean[], $4::text[], $5::bigint[], $6::text[], $7::text[])
    WITH ORDINALITY AS w (project, target, target_is_item, id, content_hash, user_id, record_json, n)),
known AS (
  SELECT g.n, w.content_hash FROM given g JOIN gleaner.waiting_signals w USING (target, project, target_is_item, id)),
added AS (
  INSERT INTO gleaner.waiting_signals (project, target, target_is_item, id, seq, content_hash, user_id, record_json)
  SELECT project, target, target_is_item, id, seq, content_hash, user_id, record_json FROM given
  ORDER BY target, project, target_is_item, id
  ON CONFLICT DO NOTHING)
SELECT n, content_hash FROM known)sql";

// What a signal waits for: what it names first.
Ref target_of(const std::string& project, const Signal& signal) {
  return {project, pg_text(signal.interaction_id.empty() ? signal.item_id : signal.interaction_id)};
}

void add_or_null(ArrayText& column, const std::string& value) {
  value.empty() ? column.add_null() : column.add(std::string_view(value));
}

}  // namespace

void SignalJoin::add(const std::string& project, const Signal& signal, uint64_t content_hash) {
  signals_.push_back({&project, &signal, content_hash, std::nullopt});
}

Result<SignalJoin::Candidates> SignalJoin::candidates(Connection& connection, const std::vector<Incoming>& signals) {
  std::set<Ref> ids;
  std::set<Ref> items;
  for (const Incoming& one : signals) {
    // What a front end calls an item may be the interaction itself.
    ids.insert(target_of(*one.project, *one.signal));
    if (one.signal->interaction_id.empty()) items.insert(target_of(*one.project, *one.signal));
  }
  std::vector<Call> calls;
  calls.push_back({kClientPlaces, ref_params(ids)});
  if (!items.empty()) calls.push_back({kItems, ref_params(items)});
  TRY_ASSIGN(const std::vector<Rows> answers, connection.pipeline(std::move(calls)));
  const std::map<Ref, Place> places = with_client_places(answers[0], minted_places(ids));
  std::map<Ref, Place> item_places;
  for (int i = 0; !items.empty() && i < answers[1].count(); ++i) {
    const Rows& rows = answers[1];
    const std::string project(rows.text(i, 0));
    item_places[{project, std::string(rows.text(i, 1))}] = {{project, std::string(rows.text(i, 2))},
                                                            from_ms(rows.integer(i, 3))};
  }
  Candidates out(signals.size());
  for (size_t i = 0; i < signals.size(); ++i) {
    const Ref target = target_of(*signals[i].project, *signals[i].signal);
    const auto item = item_places.find(target);
    if (signals[i].signal->interaction_id.empty() && item != item_places.end()) out[i].push_back(item->second);
    if (const auto place = places.find(target); place != places.end()) out[i].push_back(place->second);
  }
  return out;
}

Result<std::set<Ref>> SignalJoin::arrived(Connection& connection, const std::set<Ref>& wanted) {
  std::set<Ref> out;
  if (wanted.empty()) return out;
  std::vector<Signal> signals;
  std::vector<Incoming> incoming;
  signals.reserve(wanted.size());
  for (const Ref& ref : wanted) {
    Signal signal;
    signal.item_id = ref.id;  // asks for both, an item and an interaction
    signals.push_back(std::move(signal));
    incoming.push_back({&ref.project, &signals.back(), 0, std::nullopt});
  }
  TRY_ASSIGN(const Candidates all, candidates(connection, incoming));
  PlaceColumns columns;
  for (const auto& places : all) {
    for (const Place& place : places) columns.add(place);
  }
  if (columns.empty()) return out;
  Params params = columns.start();
  params.add(columns.first()).add(columns.last());
  TRY_ASSIGN(const Rows rows, connection.query(kPresent, std::move(params)));
  std::set<Ref> present;
  for (int i = 0; i < rows.count(); ++i) present.insert({std::string(rows.text(i, 0)), std::string(rows.text(i, 1))});
  size_t index = 0;
  for (const Ref& ref : wanted) {
    const auto there = [&present](const Place& place) { return present.contains(place.ref); };
    if (std::ranges::any_of(all[index++], there)) out.insert(ref);
  }
  return out;
}

// Finds the interactions and keeps them from being deleted until the transaction ends.
Status SignalJoin::locate() {
  TRY_ASSIGN(const Candidates all, candidates(connection_, signals_));
  std::set<Place> wanted;
  for (const auto& places : all) wanted.insert(places.begin(), places.end());
  if (wanted.empty()) return {};
  PlaceColumns columns;
  for (const Place& place : wanted) columns.add(place);
  Params params = columns.start();
  params.add(columns.first()).add(columns.last());
  TRY_ASSIGN(const Rows rows, connection_.query(kLockInteractions, std::move(params)));
  for (int i = 0; i < rows.count(); ++i) touched_[read_place(rows, i)].platform = rows.text(i, 3);
  for (size_t i = 0; i < signals_.size(); ++i) {
    const auto found = std::ranges::find_if(all[i], [this](const Place& place) { return touched_.contains(place); });
    if (found != all[i].end()) signals_[i].place = *found;
  }
  // A candidate may be there without being anybody's first.
  std::set<Place> used;
  for (const Incoming& one : signals_) {
    if (one.place) used.insert(*one.place);
  }
  std::erase_if(touched_, [&used](const auto& entry) { return !used.contains(entry.first); });
  return {};
}

Status SignalJoin::lock_verdicts() {
  PlaceColumns places;
  for (const auto& [place, touched] : touched_) places.add(place);
  PlaceColumns of_signals;
  PlaceColumns of_views;
  ArrayText ids;
  ArrayText viewers;
  for (const Incoming& one : signals_) {
    if (!one.place) continue;
    of_signals.add(*one.place);
    ids.add(std::string_view(one.signal->id));
    if (one.signal->kind != SignalKind::kView || one.signal->user_id.empty()) continue;
    of_views.add(*one.place);
    viewers.add(std::string_view(one.signal->user_id));
  }
  const bool views = !of_views.empty();
  // One after the other: what the later ones see was committed before the locks were had.
  std::vector<Call> calls;
  calls.push_back({kLockVerdicts, places.start()});
  Params known = of_signals.start();
  calls.push_back({kKnown, std::move(known.add(std::move(ids)).add(of_signals.first()).add(of_signals.last()))});
  if (views) {
    Params seen = of_views.start();
    calls.push_back({kViewers, std::move(seen.add(std::move(viewers)).add(of_views.first()).add(of_views.last()))});
  }
  TRY_ASSIGN(const std::vector<Rows> answers, connection_.pipeline(std::move(calls)));
  for (int i = 0; i < answers[0].count(); ++i) {
    Touched& touched = touched_[read_place(answers[0], i)];
    touched.before = read_verdict(answers[0], i, 3, false);
    touched.after = touched.before;
  }
  for (int i = 0; i < answers[1].count(); ++i) {
    known_[{read_place(answers[1], i), std::string(answers[1].text(i, 3))}] =
        static_cast<uint64_t>(answers[1].integer(i, 4));
  }
  for (int i = 0; views && i < answers[2].count(); ++i)
    seen_.insert({read_place(answers[2], i), std::string(answers[2].text(i, 3))});
  return {};
}

Status SignalJoin::fold(std::vector<Call>& calls) {
  SignalRows rows;
  for (Incoming& one : signals_) {
    if (!one.place) continue;
    const auto [known, fresh] = known_.try_emplace({*one.place, pg_text(one.signal->id)}, one.content_hash);
    if (!fresh) {
      one.outcome = known->second == one.content_hash ? Outcome::kDuplicate : Outcome::kConflict;
      continue;
    }
    Touched& touched = touched_[*one.place];
    bool first_view = true;
    if (one.signal->kind == SignalKind::kView && !one.signal->user_id.empty())
      first_view = seen_.insert({*one.place, one.signal->user_id}).second;
    touched.after.fold(*one.signal, first_view);
    touched.changed = true;
    touched.bytes += rows.add(*one.place, *one.signal, one.content_hash);
  }
  if (rows.empty()) return {};
  calls.push_back(rows.insert());
  write_verdicts(calls);
  return {};
}

void SignalJoin::write_verdicts(std::vector<Call>& calls) const {
  VerdictRows rows;
  for (const auto& [place, touched] : touched_) {
    if (!touched.changed) continue;
    rows.add(place, touched.after);
    Counters change = Counters::change(touched.before, touched.after);
    change.raw_bytes = touched.bytes;
    change.stored_bytes = touched.bytes;
    tally_.count(place.ref.project, day_of(place.created_at), touched.platform, change);
  }
  calls.push_back(rows.update());
}

void SignalJoin::keep_waiting(std::vector<Call>& calls) {
  std::array<ArrayText, 7> columns;
  std::map<std::tuple<Ref, bool, std::string>, size_t> first;
  std::string json;
  for (size_t i = 0; i < signals_.size(); ++i) {
    Incoming& one = signals_[i];
    if (one.place) continue;
    const Ref target = target_of(*one.project, *one.signal);
    const bool is_item = one.signal->interaction_id.empty();
    const auto [earlier, fresh] = first.try_emplace({target, is_item, one.signal->id}, i);
    if (!fresh) {
      const bool same = signals_[earlier->second].content_hash == one.content_hash;
      one.outcome = same ? Outcome::kDuplicate : Outcome::kConflict;
      continue;
    }
    waits_for_.insert(target);
    waiting_.push_back(i);
    json.clear();
    record::encode(*one.signal, json);
    columns[0].add(std::string_view(target.project));
    columns[1].add(std::string_view(target.id));
    columns[2].add(is_item);
    columns[3].add(std::string_view(one.signal->id));
    columns[4].add(static_cast<int64_t>(one.content_hash));
    add_or_null(columns[5], one.signal->user_id);
    columns[6].add(std::string_view(json));
  }
  if (waiting_.empty()) return;
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  calls.push_back({kWait, std::move(params)});
}

Status SignalJoin::prepare(std::vector<Call>& calls) {
  TRY(locate());
  if (!touched_.empty()) TRY(lock_verdicts());
  keep_waiting(calls);
  return fold(calls);
}

std::vector<Outcome> SignalJoin::outcomes(const std::vector<Rows>& answers) const {
  std::vector<Outcome> out;
  for (const Incoming& one : signals_) out.push_back(one.outcome);
  if (waiting_.empty()) return out;
  const Rows& known = answers.front();
  for (int i = 0; i < known.count(); ++i) {
    const size_t index = waiting_[static_cast<size_t>(known.integer(i, 0) - 1)];
    const bool same = static_cast<uint64_t>(known.integer(i, 1)) == signals_[index].content_hash;
    out[index] = same ? Outcome::kDuplicate : Outcome::kConflict;
  }
  return out;
}

}  // namespace gleaner::store
