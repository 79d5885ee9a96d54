#include "store/postgres/batch.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

#include "base/uuid.h"
#include "record/codec.h"
#include "store/stored_counts.h"

namespace gleaner::store {
namespace {

constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED";

// Of rows, sent at a time.
constexpr size_t kCopyPiece = size_t{128} << 10;

constexpr const char* kMakeStage =
    "CREATE TEMPORARY TABLE IF NOT EXISTS gleaner_incoming (LIKE gleaner.interactions INCLUDING DEFAULTS) "
    "ON COMMIT DELETE ROWS; ";

constexpr const char* kMinted = R"sql(
SELECT i.project, i.id, i.content_hash
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS w (project, id, at)
JOIN gleaner.interactions i ON i.id = w.id AND i.project = w.project AND i.created_at = w.at
  AND i.created_at BETWEEN $4::timestamptz AND $5::timestamptz)sql";

constexpr const char* kClaim = R"sql(
INSERT INTO gleaner.client_ids (project, id, created_at, content_hash)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[])
ON CONFLICT DO NOTHING)sql";

constexpr const char* kTaken = R"sql(
SELECT c.project, c.id, c.content_hash,
  EXISTS (SELECT FROM gleaner.interactions i
          WHERE i.id = c.id AND i.project = c.project AND i.created_at = c.created_at)
FROM unnest($1::text[], $2::text[]) AS w (project, id)
JOIN gleaner.client_ids c ON c.id = w.id AND c.project = w.project AND c.xmin <> pg_current_xact_id()::xid
ORDER BY c.project, c.id FOR UPDATE OF c)sql";

constexpr const char* kReclaim = R"sql(
UPDATE gleaner.client_ids c SET created_at = w.at, content_hash = w.content_hash
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[]) AS w (project, id, at, content_hash)
WHERE c.id = w.id AND c.project = w.project)sql";

constexpr const char* kItems = R"sql(
INSERT INTO gleaner.items (project, id, interaction_id, interaction_created_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
ON CONFLICT (id, project) DO UPDATE SET
  interaction_id = excluded.interaction_id, interaction_created_at = excluded.interaction_created_at)sql";

constexpr const char* kOtherGenerations = R"sql(
SELECT w.day FROM unnest($1::text[], $2::date[], $3::bigint[]) AS w (project, day, generation)
LEFT JOIN gleaner.archive_days d ON d.project = w.project AND d.day = w.day
WHERE coalesce(d.generation, 0) <> w.generation LIMIT 1)sql";

constexpr const char* kTakeWaiting = R"sql(
DELETE FROM gleaner.waiting_signals s USING unnest($1::text[], $2::text[]) AS w (project, target)
WHERE s.target = w.target AND s.project = w.project
RETURNING s.seq, s.project, s.content_hash, s.record_json)sql";

}  // namespace

Result<std::vector<Outcome>> Batch::run(bool trust_fresh) {
  outcomes_.assign(writes_.size(), Outcome::kStored);
  TRY(choose(trust_fresh));
  TRY(make_days());
  if (!claims_.empty()) {
    TRY(find_minted());
    TRY(claim_ids());
  }
  if (!begun_ && store_.empty()) TRY(begin());
  TRY(copy_interactions());
  TRY(expect_generations());
  TRY(write_items());
  for (const size_t index : signals_) {
    const Write& write = writes_[index];
    join_.add(write.project, std::get<record::Signal>(write.record), write.content_hash);
  }
  const size_t first = calls_.size();
  if (!join_.empty()) TRY(join_.prepare(calls_));
  TRY_ASSIGN(std::vector<Rows> answers, finish());
  const std::vector<Rows> joined(std::make_move_iterator(answers.begin() + static_cast<std::ptrdiff_t>(first)),
                                 std::make_move_iterator(answers.end()));
  const std::vector<Outcome> of_signals = join_.outcomes(joined);
  for (size_t i = 0; i < signals_.size(); ++i) outcomes_[signals_[i]] = of_signals[i];
  if (joined.back().flag(0, 0)) note_what_came();
  return std::move(outcomes_);
}

// Sorts the writes: what goes in as it is, what must claim its id first, and signals.
Status Batch::choose(bool trust_fresh) {
  for (size_t i = 0; i < writes_.size(); ++i) {
    const Write& write = writes_[i];
    if (std::holds_alternative<record::Signal>(write.record)) {
      signals_.push_back(i);
      continue;
    }
    const record::Interaction& record = interaction(i);
    const Time created_at = record.created_at.value_or(Time{});
    if (write.id_is_fresh && trust_fresh && uuid_v7_time(record.id) == created_at) {
      store_.push_back(i);
      continue;
    }
    const Ref ref{write.project, pg_text(record.id)};
    Claim& claim = claims_.try_emplace(ref, Claim{{ref, created_at}, write.content_hash, {}}).first->second;
    claim.writes.push_back(i);
  }
  return {};
}

Status Batch::make_days() {
  std::set<Day> missing;
  for (const Write& write : writes_) {
    const auto* const record = std::get_if<record::Interaction>(&write.record);
    if (record == nullptr) continue;
    const Day day = day_of(record->created_at.value_or(Time{}));
    if (!state_.days.contains(day)) missing.insert(day);
  }
  for (const Day day : missing) {
    TRY(connection_.query("SELECT gleaner.make_day($1::date)", Params::of(format_day(day))));
    state_.days.insert(day);
  }
  return {};
}

Status Batch::begin() {
  TRY(connection_.script(kBegin));
  begun_ = true;
  return {};
}

// The transaction's first question takes its beginning along.
Result<Rows> Batch::ask(const char* sql, Params params) {
  if (begun_) return connection_.query(sql, std::move(params));
  std::vector<Call> calls;
  calls.push_back({kBegin, {}});
  calls.push_back({sql, std::move(params)});
  TRY_ASSIGN(std::vector<Rows> answers, connection_.pipeline(std::move(calls)));
  begun_ = true;
  return std::move(answers.back());
}

// The id is taken by something with `stored_hash`: none of these goes in.
void Batch::decide(const Claim& claim, uint64_t stored_hash) {
  for (const size_t index : claim.writes)
    outcomes_[index] = writes_[index].content_hash == stored_hash ? Outcome::kDuplicate : Outcome::kConflict;
}

// Ids that Gleaner made are not in client_ids: they say themselves where they would be.
Status Batch::find_minted() {
  PlaceColumns places;
  for (const auto& [ref, claim] : claims_) {
    if (const auto time = uuid_v7_time(ref.id)) places.add({ref, *time});
  }
  if (places.empty()) return {};
  Params params = places.start();
  params.add(places.first()).add(places.last());
  TRY_ASSIGN(const Rows rows, ask(kMinted, std::move(params)));
  for (int i = 0; i < rows.count(); ++i) {
    const auto claim = claims_.find(read_ref(rows, i));
    if (claim == claims_.end()) continue;
    decide(claim->second, static_cast<uint64_t>(rows.integer(i, 2)));
    claims_.erase(claim);
  }
  return {};
}

Status Batch::claim_ids() {
  if (claims_.empty()) return {};
  // In the order of the map, as every server does: nobody waits in a circle.
  std::array<ArrayText, 4> columns;
  for (const auto& [ref, claim] : claims_) {
    columns[0].add(std::string_view(ref.project));
    columns[1].add(std::string_view(ref.id));
    columns[2].add(claim.place.created_at);
    columns[3].add(static_cast<int64_t>(claim.content_hash));
  }
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  TRY_ASSIGN(const Rows rows, ask(kClaim, std::move(params)));
  if (rows.affected() < std::ssize(claims_)) TRY(look_at_taken());
  for (const auto& [ref, claim] : claims_) {
    store_.push_back(claim.writes.front());
    decide(claim, claim.content_hash);
    outcomes_[claim.writes.front()] = Outcome::kStored;
  }
  std::ranges::sort(store_);
  return {};
}

// Those that others have claimed. A row of client_ids whose day was dropped leaves its id to the next.
Status Batch::look_at_taken() {
  std::set<Ref> ids;
  for (const auto& [ref, claim] : claims_) ids.insert(ids.end(), ref);
  TRY_ASSIGN(const Rows rows, connection_.query(kTaken, ref_params(ids)));
  std::array<ArrayText, 4> columns;
  bool stale = false;
  for (int i = 0; i < rows.count(); ++i) {
    const auto claim = claims_.find(read_ref(rows, i));
    if (claim == claims_.end()) continue;
    if (rows.flag(i, 3)) {
      decide(claim->second, static_cast<uint64_t>(rows.integer(i, 2)));
      claims_.erase(claim);
      continue;
    }
    stale = true;
    columns[0].add(std::string_view(claim->first.project));
    columns[1].add(std::string_view(claim->first.id));
    columns[2].add(claim->second.place.created_at);
    columns[3].add(static_cast<int64_t>(claim->second.content_hash));
  }
  if (!stale) return {};
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  TRY(connection_.query(kReclaim, std::move(params)));
  return {};
}

// Rows go out while the next are made, so that the database works on them meanwhile.
Status Batch::copy_interactions() {
  if (store_.empty()) return {};
  const std::string begin = begun_ ? "" : fmt::format("{}; ", kBegin);
  TRY(connection_.copy_begin(state_.staged ? begin + kMakeStage + CopyRows::statement("pg_temp.gleaner_incoming")
                                           : begin + CopyRows::statement("gleaner.interactions")));
  CopyRows& rows = state_.rows;
  rows.start();
  for (const size_t index : store_) {
    TRY(add_row(writes_[index], interaction(index)));
    if (rows.data().size() < kCopyPiece) continue;
    TRY(connection_.copy_data(rows.data()));
    rows.sent();
  }
  rows.finish();
  TRY(connection_.copy_data(rows.data()));
  rows.sent();
  TRY(connection_.copy_end());
  if (state_.staged)
    TRY(connection_.script("INSERT INTO gleaner.interactions SELECT * FROM pg_temp.gleaner_incoming ORDER BY seq"));
  return {};
}

// From here to the commit no day that was copied into can be sealed: COPY has locked it.
Status Batch::expect_generations() {
  std::set<std::tuple<std::string, Day, int64_t>> expected;
  for (const size_t index : store_) {
    const Write& write = writes_[index];
    if (!write.generation) continue;
    expected.emplace(write.project, day_of(interaction(index).created_at.value_or(Time{})), *write.generation);
  }
  if (expected.empty()) return {};
  std::array<ArrayText, 3> columns;
  for (const auto& [project, day, generation] : expected) {
    columns[0].add(std::string_view(project));
    columns[1].add(std::string_view(format_day(day)));
    columns[2].add(generation);
  }
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  TRY_ASSIGN(const Rows rows, connection_.query(kOtherGenerations, std::move(params)));
  if (rows.count() == 0) return {};
  return fail(Code::kConflict, fmt::format("{} was archived meanwhile", rows.text(0, 0)));
}

Status Batch::add_row(const Write& write, const record::Interaction& record) {
  TRY_ASSIGN(const RowSizes sizes, state_.rows.add(write, record));
  Counters change;
  change.interactions = 1;
  change.succeeded = record.succeeded() ? 1 : 0;
  change.compressed = sizes.compressed ? 1 : 0;
  change.raw_bytes = sizes.raw;
  change.stored_bytes = sizes.stored;
  const Day day = day_of(record.created_at.value_or(Time{}));
  const std::string platform = pg_text(record.platform);
  tally_.count(write.project, day, platform, change);
  tally_.count_facets(write.project, day, platform, record);
  return {};
}

Status Batch::write_items() {
  // The last of a name is the one that signals mean.
  std::map<Ref, Place> items;
  for (const size_t index : store_) {
    const record::Interaction& record = interaction(index);
    const Ref ref{writes_[index].project, pg_text(record.id)};
    for (const std::string& id : item_ids(record))
      items.insert_or_assign(Ref{ref.project, pg_text(id)}, Place{ref, record.created_at.value_or(Time{})});
  }
  if (items.empty()) return {};
  std::array<ArrayText, 4> columns;
  for (const auto& [item, place] : items) {
    columns[0].add(std::string_view(item.project));
    columns[1].add(std::string_view(item.id));
    columns[2].add(std::string_view(place.ref.id));
    columns[3].add(place.created_at);
  }
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  TRY(connection_.query(kItems, std::move(params)));
  return {};
}

// By every name that a signal may wait for.
void Batch::note_what_came() {
  for (const size_t index : store_) {
    const std::string& project = writes_[index].project;
    came_.insert({project, pg_text(interaction(index).id)});
    for (const std::string& id : item_ids(interaction(index))) came_.insert({project, pg_text(id)});
  }
}

// The last round trip. Its last answer says whether signals wait for anything.
Result<std::vector<Rows>> Batch::finish() {
  TRY(tally_.write(connection_, state_.facet_values, state_.slot, calls_));
  calls_.push_back({"COMMIT", {}});
  calls_.push_back({"SELECT EXISTS (SELECT FROM gleaner.waiting_signals)", {}});
  return connection_.pipeline(std::move(calls_));
}

Status Batch::settle(const std::set<Ref>& targets) {
  TRY_ASSIGN(const Rows rows, ask(kTakeWaiting, ref_params(targets)));
  struct Taken {
    int64_t seq;
    std::string project;
    uint64_t content_hash;
    record::Signal signal;
  };
  std::vector<Taken> taken;
  record::Decoder decoder;
  for (int i = 0; i < rows.count(); ++i) {
    auto signal = decoder.signal(rows.text(i, 3));
    if (!signal) return fail(Code::kDataLoss, "a stored signal does not read back: " + signal.error().message);
    taken.push_back({rows.integer(i, 0), std::string(rows.text(i, 1)), static_cast<uint64_t>(rows.integer(i, 2)),
                     *std::move(signal)});
  }
  std::ranges::sort(taken, {}, &Taken::seq);
  for (const Taken& one : taken) join_.add(one.project, one.signal, one.content_hash);
  if (!join_.empty()) TRY(join_.prepare(calls_));
  TRY(finish());
  return {};
}

}  // namespace gleaner::store
