#include "store/postgres/archive.h"

#include <fmt/format.h>

#include "store/postgres/archive_day.h"
#include "store/postgres/restore.h"

namespace gleaner::store {
namespace {

#define GLEANER_MS(COLUMN) "(extract(epoch FROM " COLUMN ") * 1000)::bigint"

constexpr const char* kHotSlices = R"sql(
SELECT day, project, platform, sum(n), (sum(bytes) * sum(n) / nullif(sum(counted), 0))::bigint
FROM (
  SELECT day, project, platform, interactions AS n, interactions AS counted, raw_bytes AS bytes
  FROM gleaner.counters WHERE day < $1::date
  UNION ALL SELECT date, project, platform, -records_count, 0, 0 FROM gleaner.archive_metadata WHERE date < $1::date) p
GROUP BY day, project, platform HAVING sum(n) > 0
ORDER BY day, project, platform COLLATE "C")sql";

constexpr const char* kGeneration = "SELECT generation FROM gleaner.archive_days WHERE project = $1 AND day = $2::date";
constexpr const char* kVersion =
    "SELECT coalesce(sum(generation), 0)::bigint FROM gleaner.archive_days WHERE project = $1";

constexpr const char* kParts =
    "SELECT id, project, platform, date, number, s3_key, format, records_count, signals_count, uncompressed_size, "
    "compressed_size, sha256, lines_sha256, " GLEANER_MS("first_created_at") ", " GLEANER_MS(
        "last_created_at") ", " GLEANER_MS("archived_at") ", schema_version FROM gleaner.archive_metadata "
    "WHERE project = $1 AND date >= $2::date AND date < $3::date ORDER BY date, platform COLLATE \"C\", number, id";
constexpr const char* kIndex = "SELECT find_index FROM gleaner.archive_metadata WHERE id = $1::bigint AND project = $2";

constexpr const char* kPutIndex =
    "UPDATE gleaner.archive_metadata SET find_index = $3::bytea WHERE id = $1::bigint AND project = $2 RETURNING id";

constexpr const char* kSeal =
    "SELECT gleaner.seal_day($1, $2::date, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint)";

constexpr const char* kForgetParts =
    "DELETE FROM gleaner.archive_metadata WHERE id = ANY ($1::bigint[]) AND project = $2 AND date = $3::date "
    "RETURNING records_count";
constexpr const char* kMakeDay =
    "SELECT gleaner.make_day($1::date) WHERE to_regclass('gleaner.interactions_' || to_char($1::date, 'YYYYMMDD')) "
    "IS NULL";

constexpr const char* kForgetPart =
    "DELETE FROM gleaner.archive_metadata WHERE id = $1::bigint AND project = $2 AND date = $3::date "
    "RETURNING records_count";
constexpr const char* kForgetLate =
    "DELETE FROM gleaner.signals s WHERE s.interaction_id = ANY ($4::text[]) AND " GLEANER_LATE;

Params bounds(std::string_view project, std::optional<Day> from, std::optional<Day> to) {
  return Params::of(project, from ? format_day(*from) : "-infinity", to ? format_day(*to) : "infinity");
}

Result<std::vector<Part>> read_parts(const Rows& rows) {
  std::vector<Part> parts;
  for (int i = 0; i < rows.count(); ++i) {
    const auto text = [&rows, i](int column) { return std::string(rows.text(i, column)); };
    Part part;
    part.id = rows.integer(i, 0);
    part.project = text(1);
    part.platform = text(2);
    TRY_ASSIGN(part.day, parse_day(rows.text(i, 3)));
    part.number = static_cast<int>(rows.integer(i, 4));
    part.key = text(5);
    part.format = text(6);
    part.records = rows.integer(i, 7);
    part.signals = rows.integer(i, 8);
    part.raw_bytes = rows.integer(i, 9);
    part.packed_bytes = rows.integer(i, 10);
    part.sha256 = text(11);
    part.lines_sha256 = text(12);
    part.first = from_ms(rows.integer(i, 13));
    part.last = from_ms(rows.integer(i, 14));
    part.archived_at = from_ms(rows.integer(i, 15));
    part.schema_version = static_cast<int>(rows.integer(i, 16));
    parts.push_back(std::move(part));
  }
  return parts;
}

// The database lets go of it when the connection ends, however that comes about.
class SessionLease final : public ArchiveLease {
 public:
  explicit SessionLease(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<ArchiveLease>> PostgresArchive::lease() {
  TRY_ASSIGN(std::unique_ptr<Connection> connection, Connection::open(options_));
  TRY_ASSIGN(const Rows rows, connection->query("SELECT pg_try_advisory_lock(hashtext('gleaner.archive'))"));
  if (!rows.flag(0, 0)) return nullptr;
  return std::make_unique<SessionLease>(std::move(connection));
}

Result<std::vector<HotSlice>> PostgresArchive::hot_slices(Day before) {
  return pool_.run([&](Connection& connection) -> Result<std::vector<HotSlice>> {
    TRY_ASSIGN(const Rows rows, connection.query(kHotSlices, Params::of(format_day(before))));
    std::vector<HotSlice> slices;
    for (int i = 0; i < rows.count(); ++i) {
      TRY_ASSIGN(const Day day, parse_day(rows.text(i, 0)));
      slices.push_back(
          {std::string(rows.text(i, 1)), std::string(rows.text(i, 2)), day, rows.integer(i, 3), rows.integer(i, 4)});
    }
    return slices;
  });
}

// The generation first: parts that came after it was read show as a change later.
Result<DayParts> PostgresArchive::parts_of(std::string_view project, Day day) {
  return pool_.run([&](Connection& connection) -> Result<DayParts> {
    std::vector<Call> calls;
    calls.push_back({kGeneration, Params::of(project, format_day(day))});
    calls.push_back({kParts, bounds(project, day, day + std::chrono::days(1))});
    TRY_ASSIGN(const std::vector<Rows> answers, connection.pipeline(std::move(calls)));
    DayParts out;
    if (answers[0].count() > 0) out.generation = answers[0].integer(0, 0);
    TRY_ASSIGN(out.parts, read_parts(answers[1]));
    return out;
  });
}

Result<std::vector<Part>> PostgresArchive::parts(std::string_view project, std::optional<Day> from,
                                                 std::optional<Day> to) {
  return pool_.run([&](Connection& connection) -> Result<std::vector<Part>> {
    TRY_ASSIGN(const Rows rows, connection.query(kParts, bounds(project, from, to)));
    return read_parts(rows);
  });
}

Result<int64_t> PostgresArchive::version(std::string_view project) {
  return pool_.run([&](Connection& connection) -> Result<int64_t> {
    TRY_ASSIGN(const Rows rows, connection.query(kVersion, Params::of(project)));
    return rows.integer(0, 0);
  });
}

Result<std::string> PostgresArchive::index_of(const Part& part) {
  return pool_.run([&](Connection& connection) -> Result<std::string> {
    TRY_ASSIGN(const Rows rows, connection.query(kIndex, Params::of(part.id, std::string_view(part.project)), true));
    if (rows.count() > 0) return std::string(rows.text(0, 0));
    return fail(Code::kNotFound, fmt::format("no part \"{}\" in the archive any longer", part.key));
  });
}

Status PostgresArchive::put_index(const Part& part, std::string_view index) {
  return pool_.run([&](Connection& connection) -> Status {
    Params params = Params::of(part.id, std::string_view(part.project));
    TRY_ASSIGN(const Rows put, connection.query(kPutIndex, std::move(params.add(Bytes{index}))));
    if (put.count() > 0) return {};
    return fail(Code::kNotFound, fmt::format("no part \"{}\" in the archive any longer", part.key));
  });
}

Result<bool> PostgresArchive::seal(std::string_view project, Day day, int64_t generation, const DayContent& expected,
                                   std::vector<Part>& parts) {
  int64_t records = 0;
  for (const Part& part : parts) {
    if (part.project != project || part.day != day)
      return fail(Code::kInvalidArgument, fmt::format("part \"{}\" is of another project or day", part.key));
    records += part.records;
  }
  if (records != expected.interactions) {
    return fail(Code::kInvalidArgument, fmt::format("the parts of {} hold {} records in place of {}", format_day(day),
                                                    records, expected.interactions));
  }
  TRY_ASSIGN(Pool::Lease connection, begin_transaction(slow_));
  Params params = Params::of(project, format_day(day), generation, expected.interactions,
                             static_cast<int64_t>(expected.interactions_xor), expected.last_position, expected.signals,
                             static_cast<int64_t>(expected.signals_xor));
  TRY_ASSIGN(const Rows sealed, connection->query(kSeal, std::move(params)));
  if (!sealed.flag(0, 0)) return false;
  std::vector<Call> calls;
  for (const Part& part : parts) calls.push_back(note_part(part));
  calls.push_back({"COMMIT", {}});
  TRY_ASSIGN(const std::vector<Rows> noted, connection->pipeline(std::move(calls)));
  for (size_t i = 0; i < parts.size(); ++i) parts[i].id = noted[i].integer(0, 0);
  return true;
}

Result<bool> PostgresArchive::replace(const Part& old, int64_t generation, std::optional<Part> with,
                                      const Recount& recount, std::span<const std::string> forgotten) {
  TRY_ASSIGN(Pool::Lease connection, begin_transaction(slow_));
  TRY_ASSIGN(const int64_t current, lock_archive_day(*connection, old.project, old.day));
  if (current != generation) return false;
  TRY_ASSIGN(const Rows gone,
             connection->query(kForgetPart, Params::of(old.id, std::string_view(old.project), format_day(old.day))));
  if (gone.count() == 0) return false;
  const int64_t change = (with ? with->records : 0) - gone.integer(0, 0);
  if (recount.change.interactions != change) {
    return fail(Code::kInvalidArgument, fmt::format("part \"{}\" changes by {} records, the count by {}", old.key,
                                                    change, recount.change.interactions));
  }
  std::vector<Call> calls;
  if (with) calls.push_back(note_part(*with));
  if (!forgotten.empty()) {
    ArrayText ids;
    for (const std::string& id : forgotten) ids.add(std::string_view(pg_text(id)));
    calls.push_back({kForgetLate, std::move(late_params(old.project, old.day).add(std::move(ids)))});
  }
  TRY(add_recount(*connection, old.project, old.day, old.platform, recount, calls));
  calls.push_back(next_generation(old.project, old.day));
  calls.push_back({"COMMIT", {}});
  TRY(connection->pipeline(std::move(calls)));
  return true;
}

Result<bool> PostgresArchive::restore(std::span<const Part> parts, int64_t generation, const NextStored& next) {
  if (parts.empty()) return fail(Code::kInvalidArgument, "no parts to restore");
  const std::string& project = parts.front().project;
  const Day day = parts.front().day;
  ArrayText ids;
  for (const Part& part : parts) {
    if (part.project != project || part.day != day)
      return fail(Code::kInvalidArgument, fmt::format("part \"{}\" is of another project or day", part.key));
    ids.add(part.id);
  }
  TRY_ASSIGN(Pool::Lease connection, begin_transaction(slow_));
  // The archive may take its time between two records.
  TRY(connection->script("SET LOCAL idle_in_transaction_session_timeout = '15min'"));
  TRY_ASSIGN(const int64_t current, lock_archive_day(*connection, project, day));
  if (current != generation) return false;
  TRY_ASSIGN(const Rows gone, connection->query(kForgetParts, Params::of(std::move(ids), project, format_day(day))));
  if (gone.count() != std::ssize(parts)) return false;
  int64_t expected = 0;
  for (int i = 0; i < gone.count(); ++i) expected += gone.integer(i, 0);
  TRY(connection->query(kMakeDay, Params::of(format_day(day))));
  Restore restore(*connection, project, day, rows_, staged_);
  Result<int64_t> count = restore.run(next);
  if (!count && count.error().code == Code::kInternal && connection->sqlstate() == "23505")
    return fail(Code::kConflict, "an archived record is in the store already: " + count.error().message);
  if (!count) return std::unexpected(std::move(count).error());
  if (*count != expected) {
    return fail(Code::kDataLoss,
                fmt::format("the archive of {} gave {} records in place of {}", format_day(day), *count, expected));
  }
  std::vector<Call> calls;
  TRY(restore.count(calls));
  calls.push_back(next_generation(project, day));
  calls.push_back({"COMMIT", {}});
  TRY(connection->pipeline(std::move(calls)));
  return true;
}

}  // namespace gleaner::store
