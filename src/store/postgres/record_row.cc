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
  std::map<std::string, Signals, std::less<>> out;
  if (places.empty()) return out;
  PlaceColumns columns;
  for (const Place& place : places) columns.add(place);
  Params params = columns.start();
  params.add(columns.first()).add(columns.last());
  TRY_ASSIGN(const Rows rows, connection.query(kSignals, std::move(params), true));
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

Result<std::optional<Stored>> read_interaction(Connection& connection, const Place& place) {
  const auto params = [&place] { return Params::of(place.ref.id, place.ref.project, place.created_at); };
  std::vector<Call> calls;
  calls.push_back({kInteraction, params(), true});
  calls.push_back({kVerdict, params(), true});
  TRY_ASSIGN(const std::vector<Rows> answers, connection.pipeline(std::move(calls)));
  if (answers[0].count() == 0) return std::nullopt;
  record::Decoder decoder;
  std::string unpacked;
  TRY_ASSIGN(const std::string_view text, record_text(answers[0], 0, 1, unpacked));
  Stored stored;
  TRY_ASSIGN(stored.interaction, decoder.interaction(text));
  stored.content_hash = static_cast<uint64_t>(answers[0].b_integer(0, 0));
  if (answers[1].count() > 0) stored.verdict = read_verdict(answers[1], 0, 0, true);
  if (stored.verdict.signals > 0) {
    TRY_ASSIGN(auto signals, read_signals(connection, {place}));
    stored.signals = std::move(signals[place.ref.id].signals);
    stored.signal_hashes = std::move(signals[place.ref.id].hashes);
  }
  return stored;
}

}  // namespace gleaner::store
