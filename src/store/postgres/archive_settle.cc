// Signals that come to records in the archive: they are rows of gleaner.signals like others, without an interaction.
#include <map>
#include <set>
#include <tuple>

#include "record/codec.h"
#include "store/postgres/archive.h"
#include "store/postgres/archive_day.h"
#include "store/postgres/signal_rows.h"
#include "store/postgres/tally.h"

namespace gleaner::store {
namespace {

// A day without parts has no late signals, however many others.
constexpr const char* kAnyLate =
    "SELECT EXISTS (SELECT FROM gleaner.archive_metadata WHERE project = $1 AND date = $4::date) "
    "AND EXISTS (SELECT FROM gleaner.signals s WHERE " GLEANER_LATE ")";
constexpr const char* kLate =
    "SELECT s.content_hash, s.record_json FROM gleaner.signals s WHERE s.interaction_id = ANY ($4::text[]) "
    "AND " GLEANER_LATE " ORDER BY s.seq";

// For each: late signals of its interaction, whether it is one of them, whether the interaction is back, and whether
// the archive has anything of its platform and day.
constexpr const char* kStates = R"sql(
SELECT
  (SELECT count(*) FROM gleaner.signals s WHERE s.interaction_id = w.id AND s.project = $1
   AND s.interaction_created_at = w.at AND s.interaction_created_at >= $2::timestamptz
   AND s.interaction_created_at < $3::timestamptz),
  EXISTS (SELECT FROM gleaner.signals s WHERE s.interaction_id = w.id AND s.project = $1
   AND s.interaction_created_at = w.at AND s.interaction_created_at >= $2::timestamptz
   AND s.interaction_created_at < $3::timestamptz AND s.id = w.signal_id),
  EXISTS (SELECT FROM gleaner.interactions i WHERE i.id = w.id AND i.project = $1 AND i.created_at = w.at
   AND i.created_at >= $2::timestamptz AND i.created_at < $3::timestamptz),
  EXISTS (SELECT FROM gleaner.archive_metadata a WHERE a.project = $1 AND a.date = ($2::timestamptz)::date
   AND a.platform = w.platform)
FROM unnest($4::text[], $5::timestamptz[], $6::text[], $7::text[]) WITH ORDINALITY AS w (id, at, signal_id, platform, n)
ORDER BY w.n)sql";

constexpr const char* kStopWaiting = R"sql(
DELETE FROM gleaner.waiting_signals s
USING unnest($1::text[], $2::text[], $3::boolean[], $4::text[]) AS w (project, target, target_is_item, id)
WHERE s.target = w.target AND s.project = w.project AND s.target_is_item = w.target_is_item AND s.id = w.id)sql";

// Keys of waiting_signals.
class WaitingKeys {
 public:
  void add(const std::string& project, const record::Signal& signal) {
    const bool is_item = signal.interaction_id.empty();
    columns_.projects.add(std::string_view(project));
    columns_.targets.add(std::string_view(pg_text(is_item ? signal.item_id : signal.interaction_id)));
    columns_.items.add(is_item);
    columns_.ids.add(std::string_view(pg_text(signal.id)));
    ++count_;
  }
  int64_t count() const { return count_; }
  Call remove() {
    Params params;
    params.add(std::move(columns_.projects)).add(std::move(columns_.targets));
    params.add(std::move(columns_.items)).add(std::move(columns_.ids));
    return {kStopWaiting, std::move(params)};
  }

 private:
  struct Columns {
    ArrayText projects;
    ArrayText targets;
    ArrayText items;
    ArrayText ids;
  };
  Columns columns_;
  int64_t count_ = 0;
};

// The late signals of one project and day, in one transaction.
class Settlement {
 public:
  explicit Settlement(Connection& connection) : connection_(connection) {}

  Status run(const std::string& project, Day day, const std::vector<const LateSignal*>& signals) {
    TRY(lock_archive_day(connection_, project, day));
    TRY_ASSIGN(const Rows states, read_states(project, day, signals));
    for (size_t i = 0; i < signals.size(); ++i) done_.push_back(decide(*signals[i], states, static_cast<int>(i)));
    std::vector<Call> calls;
    calls.push_back(there_already_.remove());
    calls.push_back(moved_.remove());
    TRY_ASSIGN(const std::vector<Rows> removed, connection_.pipeline(std::move(calls)));
    // One that was erased meanwhile must not come back.
    if (removed[1].affected() != moved_.count())
      return fail(Code::kUnavailable, "a signal stopped waiting before it was given to its record; try again");
    calls.clear();
    if (!rows_.empty()) calls.push_back(rows_.insert());
    FacetValues none;
    TRY(tally_.write(connection_, none, 0, calls));
    calls.push_back({"COMMIT", {}});
    TRY(connection_.pipeline(std::move(calls)));
    return {};
  }
  const std::vector<bool>& done() const { return done_; }

 private:
  Result<Rows> read_states(const std::string& project, Day day, const std::vector<const LateSignal*>& signals) {
    ArrayText ids;
    ArrayText times;
    ArrayText signal_ids;
    ArrayText platforms;
    for (const LateSignal* const one : signals) {
      ids.add(std::string_view(pg_text(one->interaction_id)));
      times.add(one->created_at);
      signal_ids.add(std::string_view(pg_text(std::get<record::Signal>(one->waiting.record).id)));
      platforms.add(std::string_view(pg_text(one->platform)));
    }
    Params params = late_params(project, day);
    params.add(std::move(ids)).add(std::move(times)).add(std::move(signal_ids)).add(std::move(platforms));
    return connection_.query(kStates, std::move(params));
  }

  bool decide(const LateSignal& one, const Rows& states, int row) {
    const Place place{{one.waiting.project, pg_text(one.interaction_id)}, one.created_at};
    auto signal = std::get<record::Signal>(one.waiting.record);
    if (!one.change || states.flag(row, 1) || settled_.contains({place, pg_text(signal.id)})) {
      there_already_.add(one.waiting.project, signal);
      return true;
    }
    const bool is_back = states.flag(row, 2);
    const bool is_archived = states.flag(row, 3);
    if (is_back || !is_archived || states.integer(row, 0) + more_[place] != one.known) return false;
    moved_.add(one.waiting.project, signal);
    settled_.insert({place, pg_text(signal.id)});
    ++more_[place];
    signal.interaction_id = one.interaction_id;
    Counters change = *one.change;
    const int64_t bytes = rows_.add(place, signal, one.waiting.content_hash);
    change.raw_bytes += bytes;
    change.stored_bytes += bytes;
    tally_.count(one.waiting.project, day_of(one.created_at), pg_text(one.platform), change);
    return true;
  }

  Connection& connection_;
  WaitingKeys there_already_;
  WaitingKeys moved_;
  SignalRows rows_;
  Tally tally_;
  std::map<Place, int64_t> more_;  // late signals that this settlement adds
  std::set<std::pair<Place, std::string>> settled_;
  std::vector<bool> done_;
};

}  // namespace

Result<bool> PostgresArchive::any_late(std::string_view project, Day day) {
  return pool_.run([&](Connection& connection) -> Result<bool> {
    TRY_ASSIGN(const Rows rows, connection.query(kAnyLate, std::move(late_params(project, day).add(format_day(day)))));
    return rows.flag(0, 0);
  });
}

Result<std::vector<Write>> PostgresArchive::late_signals(std::string_view project, Day day,
                                                         std::span<const std::string> interaction_ids) {
  return pool_.run([&](Connection& connection) -> Result<std::vector<Write>> {
    ArrayText ids;
    for (const std::string& id : interaction_ids) ids.add(std::string_view(pg_text(id)));
    TRY_ASSIGN(const Rows rows, connection.query(kLate, std::move(late_params(project, day).add(std::move(ids)))));
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

// A day after the other: an error leaves those settled that were before it, and the next try finds them so.
Result<std::vector<bool>> PostgresArchive::settle(std::span<const LateSignal> signals) {
  std::map<std::pair<std::string, Day>, std::vector<size_t>> days;
  for (size_t i = 0; i < signals.size(); ++i)
    days[{signals[i].waiting.project, day_of(signals[i].created_at)}].push_back(i);
  std::vector<bool> out(signals.size());
  for (const auto& [key, indexes] : days) {
    std::vector<const LateSignal*> of_day;
    of_day.reserve(indexes.size());
    for (const size_t index : indexes) of_day.push_back(&signals[index]);
    TRY_ASSIGN(Pool::Lease connection, begin_transaction(pool_));
    Settlement settlement(*connection);
    TRY(settlement.run(key.first, key.second, of_day));
    for (size_t i = 0; i < indexes.size(); ++i) out[indexes[i]] = settlement.done()[i];
  }
  return out;
}

}  // namespace gleaner::store
