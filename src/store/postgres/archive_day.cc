#include "store/postgres/archive_day.h"

#include "store/postgres/tally.h"

namespace gleaner::store {
namespace {

constexpr const char* kLockDay =
    "INSERT INTO gleaner.archive_days AS d (project, day, generation) VALUES ($1, $2::date, 0) "
    "ON CONFLICT (project, day) DO UPDATE SET generation = d.generation RETURNING d.generation";
constexpr const char* kNextGeneration =
    "UPDATE gleaner.archive_days SET generation = generation + 1 WHERE project = $1 AND day = $2::date";

constexpr const char* kNotePart = R"sql(
INSERT INTO gleaner.archive_metadata (project, platform, date, number, s3_key, format, records_count, signals_count,
  uncompressed_size, compressed_size, sha256, lines_sha256, first_created_at, last_created_at, archived_at,
  schema_version, find_index)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING id)sql";

// What is not told apart was counted as "(other)".
constexpr const char* kRecountFacets = R"sql(
WITH wanted AS (
  SELECT w.facet, w.value, w.n, (
    SELECT greatest(coalesce(sum(f.n), 0), 0)::bigint FROM gleaner.facets f
    WHERE f.project = $1 AND f.day = $2::date AND f.platform = $3 AND f.facet = w.facet AND f.value = w.value) AS there
  FROM unnest($4::text[], $5::text[], $6::bigint[]) AS w (facet, value, n))
INSERT INTO gleaner.facets AS f (project, day, platform, facet, value, slot, n)
SELECT $1, $2::date, $3, facet, value, 0, sum(n)
FROM (
  SELECT facet, value, greatest(n, -there) AS n FROM wanted
  UNION ALL SELECT facet, '(other)', least(n + there, 0) FROM wanted) AS split
WHERE n <> 0 GROUP BY facet, value
ON CONFLICT (project, day, platform, facet, slot, value) DO UPDATE SET n = f.n + excluded.n)sql";

}  // namespace

// The first statement finds out whether the connection is still there; nothing was done yet if not.
Result<Pool::Lease> begin_transaction(Pool& pool) {
  for (int attempt = 0;; ++attempt) {
    TRY_ASSIGN(Pool::Lease connection, pool.lease());
    const Result<Rows> begun = connection->script("BEGIN ISOLATION LEVEL READ COMMITTED");
    if (begun) return connection;
    if (attempt > 0) return std::unexpected(begun.error());
  }
}

Result<int64_t> lock_archive_day(Connection& connection, std::string_view project, Day day) {
  TRY_ASSIGN(const Rows rows, connection.query(kLockDay, Params::of(project, format_day(day))));
  return rows.integer(0, 0);
}

Call next_generation(std::string_view project, Day day) {
  return {kNextGeneration, Params::of(project, format_day(day))};
}

Call note_part(const Part& part) {
  Params params = Params::of(std::string_view(part.project), std::string_view(part.platform), format_day(part.day),
                             part.number, std::string_view(part.key), std::string_view(part.format), part.records,
                             part.signals, part.raw_bytes, part.packed_bytes);
  params.add(std::string_view(part.sha256)).add(std::string_view(part.lines_sha256));
  params.add(part.first).add(part.last).add(part.archived_at).add(part.schema_version).add(Bytes{part.index});
  return {kNotePart, std::move(params)};
}

Status add_recount(Connection& connection, const std::string& project, Day day, const std::string& platform,
                   const Recount& recount, std::vector<Call>& calls) {
  if (recount.change != Counters{}) {
    Tally tally;
    tally.count(project, day, platform, recount.change);
    FacetValues none;
    TRY(tally.write(connection, none, 0, calls));
  }
  if (recount.facets.empty()) return {};
  ArrayText facets;
  ArrayText values;
  ArrayText changes;
  for (const auto& [name, change] : recount.facets) {
    facets.add(std::string_view(pg_text(name.first)));
    values.add(std::string_view(pg_text(name.second)));
    changes.add(change);
  }
  Params params = Params::of(project, format_day(day), platform);
  params.add(std::move(facets)).add(std::move(values)).add(std::move(changes));
  calls.push_back({kRecountFacets, std::move(params)});
  return {};
}

}  // namespace gleaner::store
