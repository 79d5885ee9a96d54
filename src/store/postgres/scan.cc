#include "store/postgres/scan.h"

#include <algorithm>

#include <fmt/format.h>

#include "store/postgres/verdict_columns.h"

namespace gleaner::store {
namespace {

constexpr int64_t kPageBytes = int64_t{1} << 20;
constexpr int64_t kPageRows = 1000;

enum Column { kSeq, kPlatform, kCreatedAt, kSuccess, kContentHash, kRawBytes, kJson, kZstd, kId, kVerdict };

// $1 project, $2 and $3 the day, $4 the last seq, $5 rows, $6 bytes, $7 users. A page ends with the record that goes
// past its bytes: the inner walk finds that, over sizes only.
#define GLEANER_PAGE(BEYOND, UNTIL, DIRECTION, LAST, USERS)                                                            \
  "SELECT p.seq, p.platform, p.created_at, p.success, p.content_hash, p.raw_bytes, p.record_json, p.record_zstd, "     \
  "p.id, v.* "                                                                                                         \
  "FROM gleaner.interactions p LEFT JOIN LATERAL (SELECT " GLEANER_VERDICT_COLUMNS                                     \
  " FROM gleaner.verdicts WHERE interaction_id = p.id AND project = $1 AND interaction_created_at = p.created_at "     \
  "AND interaction_created_at >= $2::timestamptz AND interaction_created_at < $3::timestamptz OFFSET 0) v ON true "    \
  "WHERE p.project = $1 AND p.created_at >= $2::timestamptz AND p.created_at < $3::timestamptz "                       \
  "AND p.seq " BEYOND " $4::bigint " USERS "AND p.seq " UNTIL " (SELECT " LAST                                         \
  "(seq) FROM (SELECT p.seq, p.raw_bytes, sum(p.raw_bytes) OVER (ORDER BY p.seq " DIRECTION                            \
  " ROWS UNBOUNDED PRECEDING) AS upto FROM gleaner.interactions p WHERE p.project = $1 "                               \
  "AND p.created_at >= $2::timestamptz AND p.created_at < $3::timestamptz AND p.seq " BEYOND " $4::bigint " USERS      \
  "ORDER BY p.seq " DIRECTION " LIMIT $5::bigint) walk WHERE upto - raw_bytes < $6::bigint) ORDER BY p.seq " DIRECTION \
  " LIMIT $5::bigint"

constexpr const char* kGeneration =
    "SELECT coalesce((SELECT generation FROM gleaner.archive_days WHERE project = $1 AND day = $2::date), 0)";

#define GLEANER_OF_USERS "AND p.user_id = ANY ($7::text[]) "

constexpr const char* kUp = GLEANER_PAGE(">", "<=", "ASC", "max", "");
constexpr const char* kDown = GLEANER_PAGE("<", ">=", "DESC", "min", "");
constexpr const char* kUpOfUsers = GLEANER_PAGE(">", "<=", "ASC", "max", GLEANER_OF_USERS);
constexpr const char* kDownOfUsers = GLEANER_PAGE("<", ">=", "DESC", "min", GLEANER_OF_USERS);

}  // namespace

std::string PostgresScan::cursor() const {
  if (day_index_ >= days_.size()) return {};
  return Cursor{days_[day_index_], seq_}.text();
}

Result<std::unique_ptr<PostgresScan>> PostgresScan::open(Pool& pool, std::vector<Day> days, ScanOptions options) {
  std::unique_ptr<PostgresScan> scan(new PostgresScan(pool, std::move(options)));
  const record::Filter& filter = scan->options_.filter;
  std::erase_if(days, [&filter](Day day) {
    return (filter.from && day < day_of(*filter.from)) || (filter.to && Time(day) >= *filter.to);
  });
  // The day of a walk that watches it is looked at even if nothing seems to be there: it may just have been sealed.
  if (scan->options_.generation && filter.from && days.empty()) days.push_back(day_of(*filter.from));
  if (!scan->ascending()) std::ranges::reverse(days);
  scan->days_ = std::move(days);
  TRY(scan->seek());
  return scan;
}

Status PostgresScan::seek() {
  seq_ = before_first();
  if (options_.cursor.empty()) return {};
  TRY_ASSIGN(const Cursor at, Cursor::parse(options_.cursor));
  const bool up = ascending();
  days_.erase(days_.begin(), std::ranges::find_if(days_, [&](Day d) { return up ? d >= at.day : d <= at.day; }));
  if (!days_.empty() && days_.front() == at.day) seq_ = at.position;
  return {};
}

// The day's generation is read behind the page: what was sealed before the page was read shows there.
Result<Rows> PostgresScan::read_page(Connection& connection, Day day, int64_t behind) const {
  Params params;
  params.add(options_.project)
      .add(Time(day))
      .add(Time(day + std::chrono::days(1)))
      .add(behind)
      .add(kPageRows)
      .add(kPageBytes);
  const std::vector<std::string>& users = options_.filter.user_ids;
  const char* sql = ascending() ? kUp : kDown;
  if (!users.empty()) {
    sql = ascending() ? kUpOfUsers : kDownOfUsers;
    ArrayText array;
    for (const std::string& user : users) array.add(std::string_view(pg_text(user)));
    params.add(std::move(array));
  }
  std::vector<Call> calls;
  calls.push_back({sql, std::move(params), true});
  if (options_.generation) calls.push_back({kGeneration, Params::of(options_.project, format_day(day))});
  TRY_ASSIGN(std::vector<Rows> answers, connection.pipeline(std::move(calls)));
  if (options_.generation) TRY(same_generation(answers[1]));
  return std::move(answers[0]);
}

Status PostgresScan::same_generation(const Rows& now) const {
  if (now.integer(0, 0) == options_.generation) return {};
  return fail(Code::kConflict, fmt::format("{} was archived meanwhile", format_day(days_[day_index_])));
}

// Loads the next page, going on to the next day where one ends. False at the end of all. From the second page of a day
// on the next one is fetched while this one is looked at.
Result<bool> PostgresScan::load_page() {
  while (day_index_ < days_.size()) {
    const Day day = days_[day_index_];
    const auto fetch = [this, day](int64_t behind) {
      return pool_.run([&](Connection& connection) { return read_page(connection, day, behind); });
    };
    const bool ahead = coming_.valid();
    TRY_ASSIGN(page_, ahead ? coming_.get() : fetch(seq_));
    row_ = 0;
    const int rows = page_.count();
    if (rows > 0) {
      if (ahead || seq_ != before_first())
        coming_ = std::async(std::launch::async, fetch, page_.b_integer(rows - 1, kSeq));
      TRY(load_signals());
      return true;
    }
    ++day_index_;
    seq_ = before_first();
  }
  return false;
}

// Those of the whole page at once, where they are asked for.
Status PostgresScan::load_signals() {
  signals_.clear();
  std::vector<Place> places;
  for (int row = 0; options_.loads_signals() && row < page_.count(); ++row) {
    if (page_.is_null(row, kVerdict) || page_.b_integer(row, kVerdict) == 0) continue;
    places.push_back({{options_.project, std::string(page_.text(row, kId))}, page_.b_time(row, kCreatedAt)});
  }
  if (places.empty()) return {};
  return pool_.run([&](Connection& connection) -> Status {
    TRY_ASSIGN(signals_, read_signals(connection, places));
    if (!options_.generation) return {};
    // A day that was sealed since the page was read took them along.
    TRY_ASSIGN(const Rows now,
               connection.query(kGeneration, Params::of(options_.project, format_day(days_[day_index_]))));
    return same_generation(now);
  });
}

Result<bool> PostgresScan::take(int row, Stored& out) {
  const record::Filter& filter = options_.filter;
  const bool succeeded = page_.text(row, kSuccess) == std::string_view("\1", 1);
  if (!filter.may_match(page_.text(row, kPlatform), page_.b_time(row, kCreatedAt), succeeded)) return false;
  out.verdict = page_.is_null(row, kVerdict) ? record::Verdict{} : read_verdict(page_, row, kVerdict, true);
  if (!filter.matches_verdict(out.verdict)) return false;
  TRY_ASSIGN(const std::string_view text, record_text(page_, row, kRawBytes, unpacked_));
  auto interaction = decoder_.interaction(text);
  if (!interaction)
    return fail(Code::kDataLoss, "a stored interaction does not read back: " + interaction.error().message);
  out.interaction = *std::move(interaction);
  const auto found = signals_.find(page_.text(row, kId));
  const std::span<const record::Signal> signals =
      found == signals_.end() ? std::span<const record::Signal>() : found->second.signals;
  if (!filter.matches(out.interaction, out.verdict, signals)) return false;
  out.content_hash = static_cast<uint64_t>(page_.b_integer(row, kContentHash));
  out.position = page_.b_integer(row, kSeq);
  out.signals.clear();
  out.signal_hashes.clear();
  if (options_.with_signals && found != signals_.end()) {
    out.signals = std::move(found->second.signals);
    out.signal_hashes = std::move(found->second.hashes);
  }
  return true;
}

Result<bool> PostgresScan::next(Stored& out) {
  while (true) {
    if (options_.max_bytes > 0 && bytes_seen_ >= options_.max_bytes) return false;
    if (row_ >= page_.count()) {
      TRY_ASSIGN(const bool more, load_page());
      if (!more) return false;
    }
    const int row = row_++;
    seq_ = page_.b_integer(row, kSeq);
    bytes_seen_ += static_cast<uint64_t>(page_.b_integer(row, kRawBytes));
    TRY_ASSIGN(const bool taken, take(row, out));
    if (taken) return true;
  }
}

}  // namespace gleaner::store
