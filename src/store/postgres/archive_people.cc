// What an erasure takes out beside interactions: signals, rejects, and what is left of them on disk.
#include <algorithm>

#include <fmt/format.h>

#include "record/codec.h"
#include "store/postgres/archive.h"
#include "store/postgres/archive_day.h"
#include "store/postgres/verdict_columns.h"

namespace gleaner::store {
namespace {

constexpr const char* kSignalsOf = R"sql(
SELECT waits, at, content_hash, record_json
FROM (
  SELECT false AS waits, (extract(epoch FROM interaction_created_at) * 1000)::bigint AS at, seq, content_hash,
    record_json
  FROM gleaner.signals WHERE project = $1 AND user_id = ANY ($2::text[])
  UNION ALL
  SELECT true, 0, seq, content_hash, record_json
  FROM gleaner.waiting_signals WHERE project = $1 AND user_id = ANY ($2::text[])) s
ORDER BY seq)sql";

constexpr const char* kLockVerdict =
    "SELECT signals FROM gleaner.verdicts WHERE interaction_id = $1 AND project = $2 "
    "AND interaction_created_at = $3::timestamptz FOR UPDATE";
constexpr const char* kDropSignals =
    "DELETE FROM gleaner.signals WHERE interaction_id = $1 AND project = $2 "
    "AND interaction_created_at = $3::timestamptz AND id = ANY ($4::text[])";
constexpr const char* kDropWaiting =
    "DELETE FROM gleaner.waiting_signals WHERE project = $1 AND user_id = ANY ($2::text[])";
constexpr const char* kDropRejects =
    "DELETE FROM gleaner.rejects r WHERE project = $1 "
    "AND EXISTS (SELECT FROM unnest($2::bytea[]) AS m (text) WHERE position(m.text IN r.content) > 0)";

constexpr const char* kTables =
    "SELECT c.oid::regclass, pg_has_role(c.relowner, 'USAGE') FROM pg_class c "
    "WHERE c.relnamespace = 'gleaner'::regnamespace AND c.relkind = 'r' ORDER BY 1";

constexpr std::string_view kLeft =
    "PostgreSQL: what was removed stays in the write-ahead log until that is recycled, in data files until the freed "
    "bytes are written over, and on standbys and in backups of the database for as long as those are kept";

ArrayText texts(std::span<const std::string> values) {
  ArrayText array;
  for (const std::string& value : values) array.add(std::string_view(pg_text(value)));
  return array;
}

}  // namespace

Result<std::vector<PlacedSignal>> PostgresArchive::signals_of(std::string_view project,
                                                              std::span<const std::string> user_ids) {
  return pool_.run([&](Connection& connection) -> Result<std::vector<PlacedSignal>> {
    TRY_ASSIGN(const Rows rows, connection.query(kSignalsOf, Params::of(project, texts(user_ids))));
    std::vector<PlacedSignal> out;
    record::Decoder decoder;
    for (int i = 0; i < rows.count(); ++i) {
      auto signal = decoder.signal(rows.text(i, 3));
      if (!signal) return fail(Code::kDataLoss, "a stored signal does not read back: " + signal.error().message);
      out.push_back({*std::move(signal), static_cast<uint64_t>(rows.integer(i, 2)), rows.flag(i, 0),
                     from_ms(rows.integer(i, 1))});
    }
    return out;
  });
}

// The verdict's row is the lock of the signals of an interaction that is in the store, that of the day of late ones.
Status PostgresArchive::drop_signals(std::string_view project, std::string_view interaction_id, Time created_at,
                                     std::span<const std::string> signal_ids, const record::Verdict& after,
                                     std::string_view platform, const Recount& recount) {
  if (signal_ids.empty()) return {};
  const Place place{{pg_text(project), pg_text(interaction_id)}, created_at};
  TRY_ASSIGN(Pool::Lease connection, begin_transaction(pool_));
  TRY(lock_archive_day(*connection, project, day_of(created_at)));
  const auto key = [&place] { return Params::of(place.ref.id, place.ref.project, place.created_at); };
  std::vector<Call> calls;
  calls.push_back({kLockVerdict, key()});
  calls.push_back({kDropSignals, std::move(key().add(texts(signal_ids)))});
  TRY_ASSIGN(const std::vector<Rows> answers, connection->pipeline(std::move(calls)));
  const bool is_here = answers[0].count() > 0;
  const int64_t gone = answers[1].affected();
  if (gone == 0) return {};
  if (gone != std::ssize(signal_ids) || (is_here && answers[0].integer(0, 0) != after.signals + gone)) {
    return fail(Code::kUnavailable, fmt::format("signals of \"{}\" came or went in between; try again", place.ref.id));
  }
  calls.clear();
  if (is_here) {
    VerdictRows verdicts;
    verdicts.add(place, after);
    calls.push_back(verdicts.update());
  }
  TRY(add_recount(*connection, place.ref.project, day_of(created_at), pg_text(platform), recount, calls));
  calls.push_back({"COMMIT", {}});
  TRY(connection->pipeline(std::move(calls)));
  return {};
}

Result<int64_t> PostgresArchive::drop_waiting(std::string_view project, std::span<const std::string> user_ids) {
  return pool_.run([&](Connection& connection) -> Result<int64_t> {
    TRY_ASSIGN(const Rows rows, connection.query(kDropWaiting, Params::of(project, texts(user_ids))));
    return rows.affected();
  });
}

// By bytes: what was rejected need not be text.
Result<int64_t> PostgresArchive::drop_rejects(std::string_view project, std::span<const std::string> mentions) {
  return pool_.run([&](Connection& connection) -> Result<int64_t> {
    ArrayText array;
    for (const std::string& mention : mentions) {
      if (!mention.empty()) array.add_bytes(mention);
    }
    TRY_ASSIGN(const Rows rows, connection.query(kDropRejects, Params::of(project, std::move(array))));
    return rows.affected();
  });
}

// All tables, for erasures went through other servers, too; one that nobody changed is passed over by PostgreSQL.
Result<std::string> PostgresArchive::scrub() {
  TRY_ASSIGN(Pool::Lease connection, slow_.lease());
  TRY_ASSIGN(const Rows tables, connection->query(kTables));
  int others = 0;
  for (int i = 0; i < tables.count(); ++i) {
    if (!tables.flag(i, 1)) {
      ++others;
      continue;
    }
    const auto done = connection->script(fmt::format("VACUUM {}", tables.text(i, 0)));
    // A day that was dropped meanwhile.
    if (!done && connection->sqlstate() != "42P01") return std::unexpected(done.error());
  }
  std::string left(kLeft);
  if (others > 0) {
    left += fmt::format(
        "; dead rows stay until autovacuum comes, for this login does not own the tables ({} of them): "
        "VACUUM as their owner",
        others);
  }
  return left;
}

}  // namespace gleaner::store
