#include "store/postgres/signal_rows.h"

#include "record/codec.h"

namespace gleaner::store {
namespace {

constexpr const char* kInsert = R"sql(
INSERT INTO gleaner.signals (project, interaction_id, interaction_created_at, id, content_hash, kind, user_id,
                             created_at, record_json)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::bigint[], $6::text[], $7::text[],
                     $8::timestamptz[], $9::text[]))sql";

}  // namespace

int64_t SignalRows::add(const Place& place, const record::Signal& signal, uint64_t content_hash) {
  json_.clear();
  if (signal.interaction_id.empty()) {
    record::Signal named = signal;
    named.interaction_id = place.ref.id;
    record::encode(named, json_);
  } else {
    record::encode(signal, json_);
  }
  places_.add(place);
  columns_[0].add(std::string_view(signal.id));
  columns_[1].add(static_cast<int64_t>(content_hash));
  columns_[2].add(record::signal_kind_name(signal.kind));
  signal.user_id.empty() ? columns_[3].add_null() : columns_[3].add(std::string_view(signal.user_id));
  columns_[4].add(signal.created_at.value_or(Time{}));
  columns_[5].add(std::string_view(json_));
  return std::ssize(json_);
}

Call SignalRows::insert() {
  Params params = std::exchange(places_, {}).start();
  for (ArrayText& column : columns_) params.add(std::move(column));
  return {kInsert, std::move(params)};
}

}  // namespace gleaner::store
