#include "store/postgres/postgres_store.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "base/hash.h"
#include "base/text.h"
#include "store/postgres/record_row.h"
#include "store/postgres/scan.h"
#include "store/postgres/schema.h"
#include "store/postgres/verdict_columns.h"

namespace gleaner::store {
namespace {

constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kRetryPause{10};
// Writers that would count in the same rows get in each other's way only; so many rows are added up by readers.
constexpr int64_t kSlots = 32;
constexpr std::chrono::seconds kHousekeeping{20};
// For statements that move a whole day.
constexpr std::chrono::seconds kSlow{600};
constexpr int kDaysAhead = 3;
constexpr int kWaitingAtATime = 20'000;

constexpr const char* kTotals =
    "SELECT platform, sum(interactions), sum(succeeded), sum(compressed), sum(raw_bytes), sum(stored_bytes), "
    "sum(signals), sum(thumbs_up), sum(thumbs_down), sum(edits), sum(with_feedback), sum(positive), sum(negative), "
    "sum(quality) FROM gleaner.counters WHERE project = $1 GROUP BY platform HAVING sum(interactions) > 0";
constexpr const char* kFacets =
    "SELECT facet, value, sum(n) FROM gleaner.facets WHERE project = $1 GROUP BY facet, value HAVING sum(n) > 0";

constexpr const char* kArchived =
    "SELECT platform, sum(records_count), sum(uncompressed_size), sum(compressed_size), count(*) "
    "FROM gleaner.archive_metadata WHERE project = $1 GROUP BY platform";
// Of a day that is all in the archive, counters and parts hold as much.
constexpr const char* kHotDays = R"sql(
SELECT day
FROM (
  SELECT day, interactions AS n FROM gleaner.counters WHERE project = $1
  UNION ALL SELECT date, -records_count FROM gleaner.archive_metadata WHERE project = $1) p
GROUP BY day HAVING sum(n) <> 0 ORDER BY day)sql";
constexpr const char* kDays = "SELECT DISTINCT day FROM gleaner.counters ORDER BY day";

constexpr const char* kAddRejects = R"sql(
INSERT INTO gleaner.rejects (project, rejected_at, reason, content)
SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::bytea[]))sql";
constexpr const char* kTrimRejects = R"sql(
DELETE FROM gleaner.rejects WHERE project = $1 AND seq <= (
  SELECT seq FROM gleaner.rejects WHERE project = $1 ORDER BY seq DESC LIMIT 1 OFFSET $2::bigint))sql";

constexpr const char* kSomeWaiting =
    "SELECT DISTINCT ON (target, project) project, target FROM gleaner.waiting_signals "
    "WHERE (target, project) > ($1, $2) ORDER BY target, project LIMIT $3::bigint";

constexpr const char* kErase =
    "DELETE FROM gleaner.interactions WHERE id = $1 AND project = $2 AND created_at = $3::timestamptz";
constexpr const char* kCountSignals =
    "SELECT count(*) FROM gleaner.signals WHERE interaction_id = $1 AND project = $2 "
    "AND interaction_created_at = $3::timestamptz";
constexpr const char* kEraseWaiting = "DELETE FROM gleaner.waiting_signals WHERE target = $1 AND project = $2";

// Whether something that is stored may have this id; what is not UTF-8 must not be taken for what resembles it.
bool is_stored_form(std::string_view id) {
  return printable(id) == id;
}

Result<std::vector<Day>> read_days(Connection& connection, const char* sql, Params params) {
  TRY_ASSIGN(const Rows rows, connection.query(sql, std::move(params)));
  std::vector<Day> days;
  for (int i = 0; i < rows.count(); ++i) {
    TRY_ASSIGN(const Day day, parse_day(rows.text(i, 0)));
    days.push_back(day);
  }
  return days;
}

int64_t random_slot() {
  uint8_t byte = 0;
  std::memcpy(&byte, random_bytes(1).data(), 1);
  return byte % kSlots;
}

}  // namespace

// A writer state for the length of an append; there are as many as there were appends at once.
class PostgresStore::WriterLease {
 public:
  explicit WriterLease(PostgresStore& store) : store_(store) {
    const std::lock_guard lock(store_.writers_mutex_);
    if (store_.idle_writers_.empty()) {
      state_ = store_.make_writer();
      return;
    }
    state_ = std::move(store_.idle_writers_.back());
    store_.idle_writers_.pop_back();
  }
  ~WriterLease() {
    const std::lock_guard lock(store_.writers_mutex_);
    store_.idle_writers_.push_back(std::move(state_));
  }
  WriterLease(const WriterLease&) = delete;
  WriterLease& operator=(const WriterLease&) = delete;
  WriterState& operator*() const { return *state_; }

 private:
  PostgresStore& store_;
  std::unique_ptr<WriterState> state_;
};

std::unique_ptr<WriterState> PostgresStore::make_writer() {
  const int64_t slot = 1 + next_slot_++ % kSlots;  // slot 0 is that of deletions
  const CopyRows::Options rows{options_.zstd_level, options_.compression_threshold};
  return std::make_unique<WriterState>(rows, slot, staged_);
}

PostgresStore::PostgresStore(const PostgresOptions& options)
    : options_(options),
      pool_({.url = options.url}, options.connections),
      registry_(pool_),
      next_slot_(random_slot()) {}

PostgresStore::~PostgresStore() = default;

Result<int> PostgresStore::migrate(const PostgresOptions& options) {
  TRY_ASSIGN(const std::unique_ptr<Connection> connection, Connection::open({.url = options.url}));
  return store::migrate(*connection);
}

Result<std::unique_ptr<PostgresStore>> PostgresStore::open(const PostgresOptions& options) {
  std::unique_ptr<PostgresStore> store(new PostgresStore(options));
  TRY(store->pool_.run([&options](Connection& connection) -> Status {
    Status current = check_schema(connection);
    if (current || !options.migrate) return current;
    // Also when something else is wrong: the migration then says what.
    TRY(store::migrate(connection));
    return check_schema(connection);
  }));
  TRY(store->pool_.run([&store](Connection& connection) -> Status {
    TRY_ASSIGN(const Rows rows, connection.query("SELECT row_security_active('gleaner.interactions')"));
    store->staged_ = rows.flag(0, 0);
    return {};
  }));
  store->archive_ = std::make_unique<PostgresArchive>(
      store->pool_, Connection::Options{.url = options.url, .statement_timeout = kSlow},
      CopyRows::Options{options.zstd_level, options.compression_threshold}, store->staged_);
  TRY(store->keep_house());
  store->keeper_ =
      std::jthread([raw = store.get()](const std::stop_token& stop) { raw->keep_house_until_stopped(stop); });
  return store;
}

Result<std::vector<Outcome>> PostgresStore::append_once(Connection& connection, WriterState& writer,
                                                        const std::vector<Write>& writes, bool trust_fresh) {
  Batch batch(connection, writer, writes);
  TRY_ASSIGN(std::vector<Outcome> outcomes, batch.run(trust_fresh));
  // From here on it is durable. Another server may have committed the other half at the same moment: both look again
  // after their commit, so one of them sees the other's. What fails here is done by the housekeeping.
  std::set<Ref> targets = batch.came();
  if (auto arrived = SignalJoin::arrived(connection, batch.waits_for())) targets.merge(*arrived);
  if (!targets.empty()) static_cast<void>(settle(connection, writer, targets));
  return outcomes;
}

Status PostgresStore::settle(Connection& connection, WriterState& writer, const std::set<Ref>& targets) {
  const std::vector<Write> none;
  Batch batch(connection, writer, none);
  Status done = batch.settle(targets);
  if (!done) connection.rollback();
  return done;
}

Result<std::vector<Outcome>> PostgresStore::append(std::vector<Write>&& writes) {
  const WriterLease lease(*this);
  WriterState& writer = *lease;
  bool trust_fresh = true;
  for (int attempt = 1;; ++attempt) {
    TRY_ASSIGN(Pool::Lease connection, pool_.lease());
    auto outcomes = append_once(*connection, writer, writes, trust_fresh);
    if (outcomes) {
      // Stored by an attempt whose answer was lost.
      for (size_t i = 0; i < writes.size() && !trust_fresh; ++i) {
        if (writes[i].id_is_fresh && (*outcomes)[i] == Outcome::kDuplicate) (*outcomes)[i] = Outcome::kStored;
      }
      return outcomes;
    }
    // A day that another server has dropped has to be made again.
    const bool day_gone = connection->sqlstate() == "23514" && !writer.days.empty();
    if (day_gone) writer.days.clear();
    if (attempt == kAttempts || !(day_gone || connection->worth_retrying())) return outcomes;
    if (connection->lost()) trust_fresh = false;
    std::this_thread::sleep_for(kRetryPause * attempt);
  }
}

Result<Stored> PostgresStore::find(std::string_view project, std::string_view id) {
  if (!is_stored_form(id)) return fail(Code::kNotFound, fmt::format("no interaction \"{}\"", printable(id)));
  const Ref ref{pg_text(project), pg_text(id)};
  return pool_.run([&](Connection& connection) -> Result<Stored> {
    TRY_ASSIGN(const auto places, places_of(connection, {ref}));
    if (const auto place = places.find(ref); place != places.end()) {
      TRY_ASSIGN(std::optional<Stored> stored, read_interaction(connection, place->second));
      if (stored) return *std::move(stored);
    }
    return fail(Code::kNotFound, fmt::format("no interaction \"{}\"", id));
  });
}

Result<std::unique_ptr<Scan>> PostgresStore::scan(ScanOptions options) {
  TRY_ASSIGN(std::vector<Day> days, hot_days(options.project));
  return PostgresScan::open(pool_, std::move(days), std::move(options));
}

Result<Totals> PostgresStore::totals(std::string_view project) {
  return pool_.run([&](Connection& connection) -> Result<Totals> {
    std::vector<Call> calls;
    calls.push_back({kTotals, Params::of(project)});
    calls.push_back({kFacets, Params::of(project)});
    calls.push_back({kArchived, Params::of(project)});
    TRY_ASSIGN(const std::vector<Rows> answers, connection.pipeline(std::move(calls)));
    Totals totals;
    for (int i = 0; i < answers[0].count(); ++i) {
      Counters& counters = totals.by_platform[std::string(answers[0].text(i, 0))];
      for (size_t n = 0; n < Counters::kCount; ++n) counters.at(n) = answers[0].integer(i, static_cast<int>(n) + 1);
    }
    for (int i = 0; i < answers[1].count(); ++i) {
      totals.facets[std::string(answers[1].text(i, 0))][std::string(answers[1].text(i, 1))] = answers[1].integer(i, 2);
    }
    for (int i = 0; i < answers[2].count(); ++i) {
      const auto value = [&](int column) { return answers[2].integer(i, column); };
      totals.archived[std::string(answers[2].text(i, 0))] = {value(1), value(2), value(3), value(4)};
    }
    return totals;
  });
}

Result<std::vector<Write>> PostgresStore::waiting(std::string_view project) {
  return pool_.run([&](Connection& connection) -> Result<std::vector<Write>> {
    TRY_ASSIGN(const Rows rows,
               connection.query("SELECT content_hash, record_json FROM gleaner.waiting_signals WHERE project = $1 "
                                "ORDER BY seq",
                                Params::of(project)));
    std::vector<Write> writes;
    record::Decoder decoder;
    for (int i = 0; i < rows.count(); ++i) {
      auto signal = decoder.signal(rows.text(i, 1));
      if (!signal) return fail(Code::kDataLoss, "a stored signal does not read back: " + signal.error().message);
      writes.push_back({std::string(project), *std::move(signal), static_cast<uint64_t>(rows.integer(i, 0)), false});
    }
    return writes;
  });
}

Result<Erased> PostgresStore::erase(std::string_view project, std::string_view id) {
  if (!is_stored_form(id)) return Erased{};
  const Ref ref{pg_text(project), pg_text(id)};
  return pool_.run([&](Connection& connection) -> Result<Erased> {
    TRY_ASSIGN(const auto places, places_of(connection, {ref}));
    const auto place = places.find(ref);
    const Time at = place == places.end() ? Time{} : place->second.created_at;
    const auto params = [&] { return Params::of(ref.id, ref.project, at); };
    std::vector<Call> calls;
    calls.push_back({"BEGIN ISOLATION LEVEL READ COMMITTED", {}});
    calls.push_back({kCountSignals, params()});
    calls.push_back({kErase, params()});
    calls.push_back({kEraseWaiting, Params::of(ref.id, ref.project)});
    calls.push_back({"COMMIT", {}});
    TRY_ASSIGN(const std::vector<Rows> answers, connection.pipeline(std::move(calls)));
    const bool found = answers[2].affected() > 0;
    return Erased{found, (found ? answers[1].integer(0, 0) : 0) + answers[3].affected()};
  });
}

Result<std::vector<Day>> PostgresStore::days() {
  return pool_.run([](Connection& connection) { return read_days(connection, kDays, {}); });
}

// Those with records of the project in the store itself, as far as can be told without looking.
Result<std::vector<Day>> PostgresStore::hot_days(std::string_view project) {
  return pool_.run([&](Connection& connection) { return read_days(connection, kHotDays, Params::of(project)); });
}

Status PostgresStore::drop_day(Day day) {
  return pool_.run([&](Connection& connection) -> Status {
    TRY_ASSIGN(const Rows rows, connection.query("SELECT gleaner.drop_day($1::date)", Params::of(format_day(day))));
    if (!rows.flag(0, 0)) return fail(Code::kNotFound, fmt::format("no data of {}", format_day(day)));
    return {};
  });
}

Status PostgresStore::add_rejects(std::vector<Reject> rejects) {
  return pool_.run([&](Connection& connection) -> Status {
    ArrayText projects;
    ArrayText times;
    ArrayText reasons;
    ArrayText contents;
    std::set<std::string_view> names;
    for (const Reject& reject : rejects) {
      projects.add(std::string_view(reject.project));
      times.add(reject.at);
      reasons.add(std::string_view(printable(reject.reason)));
      contents.add_bytes(truncate_utf8(reject.text, kMaxRejectBytes));
      names.insert(reject.project);
    }
    Params params;
    params.add(std::move(projects)).add(std::move(times)).add(std::move(reasons)).add(std::move(contents));
    std::vector<Call> calls;
    calls.push_back({"BEGIN ISOLATION LEVEL READ COMMITTED", {}});
    calls.push_back({kAddRejects, std::move(params)});
    for (const std::string_view name : names) calls.push_back({kTrimRejects, Params::of(name, kMaxRejects)});
    calls.push_back({"COMMIT", {}});
    TRY(connection.pipeline(std::move(calls)));
    return {};
  });
}

Result<std::vector<Reject>> PostgresStore::rejects(std::string_view project, int64_t after, size_t limit) {
  return pool_.run([&](Connection& connection) -> Result<std::vector<Reject>> {
    Params params;
    params.add(project).add(after).add(static_cast<int64_t>(limit));
    TRY_ASSIGN(
        const Rows rows,
        connection.query("SELECT seq, project, rejected_at, reason, content FROM gleaner.rejects WHERE project = $1 "
                         "AND seq > $2::bigint ORDER BY seq LIMIT $3::bigint",
                         std::move(params), true));
    std::vector<Reject> out;
    for (int i = 0; i < rows.count(); ++i) {
      out.push_back({rows.b_integer(i, 0), std::string(rows.text(i, 1)), rows.b_time(i, 2),
                     std::string(rows.text(i, 3)), std::string(rows.text(i, 4))});
    }
    return out;
  });
}

// Takes a number of the sequence, which a standby or a read-only database refuses.
Status PostgresStore::check_writable() {
  return pool_.run([](Connection& connection) -> Status {
    TRY(connection.query("SELECT nextval('gleaner.arrival')"));
    return {};
  });
}

Status PostgresStore::keep_house() {
  TRY_ASSIGN(Pool::Lease connection, pool_.lease());
  // Held for as long as the transaction: whoever dies with it has let it go.
  TRY(connection->script("BEGIN"));
  TRY_ASSIGN(const Rows owner, connection->query("SELECT pg_try_advisory_xact_lock(hashtext('gleaner.housekeeping'))"));
  if (!owner.flag(0, 0)) return {};
  TRY(connection->query(
      "SELECT gleaner.make_day((now() AT TIME ZONE 'UTC')::date + n) FROM generate_series(0, $1::int) n",
      Params::of(kDaysAhead)));
  TRY(connection->script("COMMIT"));
  return settle_some(*connection);
}

Status PostgresStore::settle_some(Connection& connection) {
  Ref looked_at;
  while (true) {
    TRY_ASSIGN(const Rows rows,
               connection.query(kSomeWaiting, Params::of(looked_at.id, looked_at.project, kWaitingAtATime)));
    std::set<Ref> waiting;
    for (int i = 0; i < rows.count(); ++i) waiting.insert(read_ref(rows, i));
    TRY_ASSIGN(const std::set<Ref> arrived, SignalJoin::arrived(connection, waiting));
    if (!arrived.empty()) TRY(settle(connection, *WriterLease(*this), arrived));
    if (rows.count() < kWaitingAtATime) return {};
    looked_at = read_ref(rows, rows.count() - 1);
  }
}

void PostgresStore::keep_house_until_stopped(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  // A failure is that of a database which is away, and known to everybody else; the next turn mends it.
  while (!wake.wait_for(lock, stop, kHousekeeping, [&stop] { return stop.stop_requested(); }))
    static_cast<void>(keep_house());
}

}  // namespace gleaner::store
