#include "store/postgres/tally.h"

#include <array>

#include "store/postgres/verdict_columns.h"
#include "store/stored_counts.h"

namespace gleaner::store {
namespace {

constexpr const char* kReadFacets = R"sql(
SELECT k.n, f.value
FROM unnest($1::text[], $2::date[], $3::text[], $4::text[]) WITH ORDINALITY AS k (project, day, platform, facet, n)
JOIN gleaner.facets f USING (project, day, platform, facet)
WHERE f.slot = $5::smallint)sql";

constexpr const char* kCount =
    "INSERT INTO gleaner.counters AS c (project, day, platform, slot, " GLEANER_COUNTER_COLUMNS
    R"sql()
SELECT w.project, w.day, w.platform, $4::smallint, w.c1, w.c2, w.c3, w.c4, w.c5, w.c6, w.c7, w.c8, w.c9, w.c10, w.c11,
       w.c12, w.c13
FROM unnest($1::text[], $2::date[], $3::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
            $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
            $17::bigint[])
  AS w (project, day, platform, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13)
ON CONFLICT (project, day, platform, slot) DO UPDATE SET
  interactions = c.interactions + excluded.interactions, succeeded = c.succeeded + excluded.succeeded,
  compressed = c.compressed + excluded.compressed, raw_bytes = c.raw_bytes + excluded.raw_bytes,
  stored_bytes = c.stored_bytes + excluded.stored_bytes, signals = c.signals + excluded.signals,
  thumbs_up = c.thumbs_up + excluded.thumbs_up, thumbs_down = c.thumbs_down + excluded.thumbs_down,
  edits = c.edits + excluded.edits, with_feedback = c.with_feedback + excluded.with_feedback,
  positive = c.positive + excluded.positive, negative = c.negative + excluded.negative,
  quality = c.quality + excluded.quality)sql";

constexpr const char* kCountFacets = R"sql(
INSERT INTO gleaner.facets AS f (project, day, platform, facet, value, slot, n)
SELECT w.project, w.day, w.platform, w.facet, w.value, $7::smallint, w.n
FROM unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::text[], $6::bigint[])
  AS w (project, day, platform, facet, value, n)
ON CONFLICT (project, day, platform, facet, slot, value) DO UPDATE SET n = f.n + excluded.n)sql";

constexpr std::string_view kOther = "(other)";

}  // namespace

Status FacetValues::load(Connection& connection, const std::vector<Key>& keys, int64_t slot) {
  if (known_.size() > kMaxKeys) known_.clear();
  std::vector<const Key*> missing;
  std::array<ArrayText, 4> columns;
  for (const Key& key : keys) {
    if (known_.contains(key)) continue;
    missing.push_back(&key);
    columns[0].add(std::get<0>(key));
    columns[1].add(format_day(std::get<1>(key)));
    columns[2].add(std::get<2>(key));
    columns[3].add(std::get<3>(key));
  }
  if (missing.empty()) return {};
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  TRY_ASSIGN(const Rows rows, connection.query(kReadFacets, std::move(params.add(slot))));
  for (const Key* const key : missing) known_[*key];
  for (int i = 0; i < rows.count(); ++i) {
    known_[*missing[static_cast<size_t>(rows.integer(i, 0) - 1)]].emplace(rows.text(i, 1));
  }
  return {};
}

std::string_view FacetValues::counted(const Key& key, const std::string& value) {
  Values& values = known_[key];
  if (values.contains(value)) return value;
  if (std::ssize(values) >= kMaxFacetValues) return kOther;
  return *values.insert(value).first;
}

void Tally::count(const std::string& project, Day day, const std::string& platform, const Counters& change) {
  counters_[{project, day, platform}] += change;
}

void Tally::count_facets(const std::string& project, Day day, const std::string& platform,
                         const record::Interaction& i) {
  for_each_facet(i, [&](const char* facet, const std::string& value) {
    ++facets_[{project, day, platform, facet}][pg_text(value)];
  });
}

Status Tally::write(Connection& connection, FacetValues& values, int64_t slot, std::vector<Call>& calls) const {
  if (!counters_.empty()) {
    std::array<ArrayText, 3 + Counters::kCount> columns;
    for (const auto& [key, counters] : counters_) {
      columns[0].add(std::get<0>(key));
      columns[1].add(format_day(std::get<1>(key)));
      columns[2].add(std::get<2>(key));
      Counters change = counters;
      for (size_t i = 0; i < Counters::kCount; ++i) columns[3 + i].add(change.at(i));
    }
    Params params;
    for (size_t i = 0; i < columns.size(); ++i) {
      if (i == 3) params.add(slot);
      params.add(std::move(columns[i]));
    }
    calls.push_back({kCount, std::move(params)});
  }
  if (facets_.empty()) return {};
  std::vector<FacetValues::Key> keys;
  for (const auto& [key, counts] : facets_) keys.push_back(key);
  TRY(values.load(connection, keys, slot));
  std::array<ArrayText, 6> columns;
  for (const auto& [key, counts] : facets_) {
    std::map<std::string_view, int64_t> counted;
    for (const auto& [value, n] : counts) counted[values.counted(key, value)] += n;
    for (const auto& [value, n] : counted) {
      columns[0].add(std::get<0>(key));
      columns[1].add(format_day(std::get<1>(key)));
      columns[2].add(std::get<2>(key));
      columns[3].add(std::get<3>(key));
      columns[4].add(value);
      columns[5].add(n);
    }
  }
  Params params;
  for (ArrayText& column : columns) params.add(std::move(column));
  calls.push_back({kCountFacets, std::move(params.add(slot))});
  return {};
}

}  // namespace gleaner::store
