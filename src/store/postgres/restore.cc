#include "store/postgres/restore.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/uuid.h"
#include "record/codec.h"
#include "store/stored_counts.h"

namespace gleaner::store {
namespace {

// A batch is as large as one of these allows, and a record more.
constexpr size_t kBatchRecords = 2000;
constexpr size_t kBatchBytes = size_t{4} << 20;

constexpr const char* kMakeStage =
    "CREATE TEMPORARY TABLE IF NOT EXISTS gleaner_incoming (LIKE gleaner.interactions INCLUDING DEFAULTS) "
    "ON COMMIT DELETE ROWS; TRUNCATE pg_temp.gleaner_incoming; ";
constexpr const char* kFromStage =
    "INSERT INTO gleaner.interactions SELECT * FROM pg_temp.gleaner_incoming ORDER BY seq";

// A claim whose interaction is not there any more gives way.
constexpr const char* kClaim = R"sql(
INSERT INTO gleaner.client_ids AS c (project, id, created_at, content_hash)
SELECT w.project, w.id, w.at, w.content_hash
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::bigint[]) AS w (project, id, at, content_hash)
ORDER BY w.id COLLATE "C"
ON CONFLICT (id, project) DO UPDATE SET created_at = excluded.created_at, content_hash = excluded.content_hash
WHERE NOT EXISTS (SELECT FROM gleaner.interactions i
                  WHERE i.id = c.id AND i.project = c.project AND i.created_at = c.created_at))sql";

// The last of a name is the one that signals mean.
constexpr const char* kItems = R"sql(
INSERT INTO gleaner.items AS t (project, id, interaction_id, interaction_created_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
ON CONFLICT (id, project) DO UPDATE SET
  interaction_id = excluded.interaction_id, interaction_created_at = excluded.interaction_created_at
WHERE t.interaction_created_at <= excluded.interaction_created_at)sql";

constexpr const char* kTakeLate = R"sql(
DELETE FROM gleaner.signals s USING unnest($1::text[], $2::text[], $3::timestamptz[]) AS w (project, id, at)
WHERE s.interaction_id = w.id AND s.project = w.project AND s.interaction_created_at = w.at
  AND s.interaction_created_at BETWEEN $4::timestamptz AND $5::timestamptz
RETURNING s.project, s.interaction_id, (extract(epoch FROM s.interaction_created_at) * 1000)::bigint, s.seq,
  s.content_hash, s.record_json)sql";

size_t size_of(const record::Signal& signal) {
  return 256 + signal.text.size() + signal.reason.size() + signal.value.text.size() + signal.output.text.size() +
         signal.metadata.text.size();
}

}  // namespace

Result<int64_t> Restore::run(const ArchiveCatalog::NextStored& next) {
  int64_t count = 0;
  rows_.start();
  while (true) {
    TRY_ASSIGN(std::optional<Stored> stored, next());
    if (stored) {
      ++count;
      TRY(add(*std::move(stored)));
    }
    const bool full = batch_.size() >= kBatchRecords || rows_.data().size() + signal_bytes_ >= kBatchBytes;
    if (!batch_.empty() && (full || !stored)) TRY(write_batch());
    if (!stored) return count;
  }
}

Status Restore::add(Stored&& stored) {
  const record::Interaction& record = stored.interaction;
  const Time created_at = record.created_at.value_or(Time{});
  if (day_of(created_at) != day_)
    return fail(Code::kDataLoss, fmt::format("a record of {} is of {}", format_day(day_), format_time(created_at)));
  const Write write{project_, {}, stored.content_hash, false};
  TRY_ASSIGN(const RowSizes sizes, rows_.add(write, record));
  Counters change;
  change.compressed = sizes.compressed ? 1 : 0;
  change.stored_bytes = sizes.stored;
  Rest rest;
  rest.place = {{project_, pg_text(record.id)}, created_at};
  rest.platform = pg_text(record.platform);
  rest.content_hash = stored.content_hash;
  rest.items = item_ids(record);
  rest.signals = std::move(stored.signals);
  rest.signal_hashes = std::move(stored.signal_hashes);
  rest.signal_hashes.resize(rest.signals.size());
  for (const record::Signal& signal : rest.signals) signal_bytes_ += size_of(signal);
  tally_.count(project_, day_, rest.platform, change);
  batch_.push_back(std::move(rest));
  return {};
}

Status Restore::write_batch() {
  TRY(claim_ids());
  TRY(take_late_signals());
  TRY(copy_rows());
  TRY(write_items());
  TRY(write_signals());
  batch_.clear();
  late_.clear();
  signal_bytes_ = 0;
  rows_.start();
  return {};
}

Status Restore::copy_rows() {
  const std::string table = staged_ ? "pg_temp.gleaner_incoming" : "gleaner.interactions";
  TRY(connection_.copy_begin((staged_ ? kMakeStage : "") + CopyRows::statement(table)));
  rows_.finish();
  TRY(connection_.copy_data(rows_.data()));
  rows_.sent();
  TRY(connection_.copy_end());
  if (staged_) TRY(connection_.script(kFromStage));
  return {};
}

// Those that do not say themselves where they are.
Status Restore::claim_ids() {
  PlaceColumns places;
  ArrayText hashes;
  int64_t count = 0;
  for (const Rest& rest : batch_) {
    if (uuid_v7_time(rest.place.ref.id) == rest.place.created_at) continue;
    places.add(rest.place);
    hashes.add(static_cast<int64_t>(rest.content_hash));
    ++count;
  }
  if (count == 0) return {};
  TRY_ASSIGN(const Rows rows, connection_.query(kClaim, std::move(places.start().add(std::move(hashes)))));
  if (rows.affected() == count) return {};
  return fail(Code::kConflict,
              fmt::format("the id of an archived record of {} was given to another record since", format_day(day_)));
}

Status Restore::write_items() {
  std::map<std::string, const Place*> items;
  for (const Rest& rest : batch_) {
    for (const std::string& id : rest.items) items.insert_or_assign(pg_text(id), &rest.place);
  }
  if (items.empty()) return {};
  std::array<ArrayText, 4> columns;
  for (const auto& [item, place] : items) {
    columns[0].add(std::string_view(project_));
    columns[1].add(std::string_view(item));
    columns[2].add(std::string_view(place->ref.id));
    columns[3].add(place->created_at);
  }
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  TRY(connection_.query(kItems, std::move(params)));
  return {};
}

Status Restore::take_late_signals() {
  PlaceColumns places;
  for (const Rest& rest : batch_) places.add(rest.place);
  Params params = places.start();
  params.add(places.first()).add(places.last());
  TRY_ASSIGN(const Rows rows, connection_.query(kTakeLate, std::move(params)));
  std::vector<int> order(static_cast<size_t>(rows.count()));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::ranges::sort(order, {}, [&rows](int row) { return rows.integer(row, 3); });
  record::Decoder decoder;
  for (const int row : order) {
    auto signal = decoder.signal(rows.text(row, 5));
    if (!signal) return fail(Code::kDataLoss, "a stored signal does not read back: " + signal.error().message);
    late_[read_place(rows, row)].emplace_back(*std::move(signal), static_cast<uint64_t>(rows.integer(row, 4)));
  }
  return {};
}

// Signals from `late_from` on are counted as stored already.
void Restore::add_signals(const Rest& rest, size_t late_from) {
  record::Verdict verdict;
  std::set<std::string> ids;
  std::set<std::string> viewers;
  Counters change;
  for (size_t i = 0; i < rest.signals.size(); ++i) {
    const record::Signal& signal = rest.signals[i];
    if (!ids.insert(pg_text(signal.id)).second) continue;
    const bool is_view = signal.kind == record::SignalKind::kView && !signal.user_id.empty();
    verdict.fold(signal, !is_view || viewers.insert(signal.user_id).second);
    const int64_t bytes = signal_rows_.add(rest.place, signal, rest.signal_hashes[i]);
    if (i < late_from) change.stored_bytes += bytes;
  }
  verdict_rows_.add(rest.place, verdict);
  tally_.count(project_, day_, rest.platform, change);
}

Status Restore::write_signals() {
  for (Rest& rest : batch_) {
    const size_t own = rest.signals.size();
    if (const auto late = late_.find(rest.place); late != late_.end()) {
      for (auto& [signal, hash] : late->second) {
        rest.signals.push_back(std::move(signal));
        rest.signal_hashes.push_back(hash);
      }
    }
    if (!rest.signals.empty()) add_signals(rest, own);
  }
  if (signal_rows_.empty()) return {};
  std::vector<Call> calls;
  calls.push_back(signal_rows_.insert());
  calls.push_back(verdict_rows_.insert());
  TRY(connection_.pipeline(std::move(calls)));
  return {};
}

Status Restore::count(std::vector<Call>& calls) const {
  FacetValues none;
  return tally_.write(connection_, none, 0, calls);
}

}  // namespace gleaner::store
