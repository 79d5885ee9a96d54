#include "store/postgres/record_row.h"

#include "base/compress.h"
#include "store/postgres/verdict_columns.h"

namespace gleaner::store {
namespace {

constexpr const char* kInteraction =
    "SELECT content_hash, raw_bytes, record_json, record_zstd FROM gleaner.interactions "
    "WHERE id = $1 AND project = $2 AND created_at = $3::timestamptz";
constexpr const char* kVerdict =
    "SELECT " GLEANER_VERDICT_COLUMNS
    " FROM gleaner.verdicts "
    "WHERE interaction_id = $1 AND project = $2 AND interaction_created_at = $3::timestamptz";
constexpr const char* kSignals =
    "SELECT s.interaction_id, s.content_hash, s.record_json "
    "FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS w (project, id, at) JOIN gleaner.signals s "
    "ON s.interaction_id = w.id AND s.project = w.project AND s.interaction_created_at = w.at "
    "AND s.interaction_created_at BETWEEN $4::timestamptz AND $5::timestamptz ORDER BY s.seq";

Call signals_call(const std::vector<Place>& places) {
  PlaceColumns columns;
  for (const Place& place : places) columns.add(place);
  Params params = columns.start();
  params.add(columns.first()).add(columns.last());
  return {kSignals, std::move(params), true};
}

Result<std::map<std::string, Signals, std::less<>>> signals_in(const Rows& rows) {
  std::map<std::string, Signals, std::less<>> out;
  record::Decoder decoder;
  for (int i = 0; i < rows.count(); ++i) {
    auto signal = decoder.signal(rows.text(i, 2));
    if (!signal) return fail(Code::kDataLoss, "a stored signal does not read back: " + signal.error().message);
    Signals& of = out[std::string(rows.text(i, 0))];
    of.signals.push_back(*std::move(signal));
    of.hashes.push_back(static_cast<uint64_t>(rows.b_integer(i, 1)));
  }
  return out;
}

}  // namespace

Result<std::string_view> record_text(const Rows& rows, int row, int column, std::string& unpacked) {
  if (!rows.is_null(row, column + 1)) return rows.text(row, column + 1);
  unpacked.clear();
  const auto size = static_cast<size_t>(rows.b_integer(row, column));
  TRY(zstd_decompress_exact(rows.text(row, column + 2), size, unpacked));
  return unpacked;
}

Result<std::map<std::string, Signals, std::less<>>> read_signals(Connection& connection,
                                                                 const std::vector<Place>& places) {
  if (places.empty()) return std::map<std::string, Signals, std::less<>>();
  Call call = signals_call(places);
  TRY_ASSIGN(const Rows rows, connection.query(call.sql, std::move(call.params), true));
  return signals_in(rows);
}

// All at one instant: a day may be archived meanwhile, and its signals with it.
Result<std::optional<Stored>> read_interaction(Connection& connection, const Place& place) {
  const auto params = [&place] { return Params::of(place.ref.id, place.ref.project, place.created_at); };
  std::vector<Call> calls;
  calls.push_back({"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}});
  calls.push_back({kInteraction, params(), true});
  calls.push_back({kVerdict, params(), true});
  calls.push_back(signals_call({place}));
  calls.push_back({"COMMIT", {}});
  TRY_ASSIGN(const std::vector<Rows> answers, connection.pipeline(std::move(calls)));
  const Rows& found = answers[1];
  if (found.count() == 0) return std::nullopt;
  record::Decoder decoder;
  std::string unpacked;
  TRY_ASSIGN(const std::string_view text, record_text(found, 0, 1, unpacked));
  Stored stored;
  TRY_ASSIGN(stored.interaction, decoder.interaction(text));
  stored.content_hash = static_cast<uint64_t>(found.b_integer(0, 0));
  if (answers[2].count() > 0) stored.verdict = read_verdict(answers[2], 0, 0, true);
  TRY_ASSIGN(auto signals, signals_in(answers[3]));
  stored.signals = std::move(signals[place.ref.id].signals);
  stored.signal_hashes = std::move(signals[place.ref.id].hashes);
  return stored;
}

}  // namespace gleaner::store
