#include "store/postgres/refs.h"

#include <algorithm>

#include "base/uuid.h"

namespace gleaner::store {

const char* const kClientPlaces = R"sql(
SELECT c.project, c.id, (extract(epoch FROM c.created_at) * 1000)::bigint
FROM unnest($1::text[], $2::text[]) AS w (project, id)
JOIN gleaner.client_ids c ON c.id = w.id AND c.project = w.project)sql";

Params ref_params(const std::set<Ref>& refs) {
  ArrayText projects;
  ArrayText ids;
  for (const Ref& ref : refs) {
    projects.add(std::string_view(ref.project));
    ids.add(std::string_view(ref.id));
  }
  return Params::of(std::move(projects), std::move(ids));
}

Ref read_ref(const Rows& rows, int row) {
  return {std::string(rows.text(row, 0)), std::string(rows.text(row, 1))};
}

Place read_place(const Rows& rows, int row) {
  return {read_ref(rows, row), from_ms(rows.integer(row, 2))};
}

void PlaceColumns::add(const Place& place) {
  projects_.add(std::string_view(place.ref.project));
  ids_.add(std::string_view(place.ref.id));
  times_.add(place.created_at);
  first_ = std::min(first_, place.created_at);
  last_ = std::max(last_, place.created_at);
}

Params PlaceColumns::start() {
  return Params::of(std::move(projects_), std::move(ids_), std::move(times_));
}

std::map<Ref, Place> minted_places(const std::set<Ref>& ids) {
  std::map<Ref, Place> places;
  for (const Ref& ref : ids) {
    if (const auto time = uuid_v7_time(ref.id)) places[ref] = {ref, *time};
  }
  return places;
}

std::map<Ref, Place> with_client_places(const Rows& rows, std::map<Ref, Place> places) {
  for (int i = 0; i < rows.count(); ++i) {
    const Place place = read_place(rows, i);
    places.insert_or_assign(place.ref, place);
  }
  return places;
}

Result<std::map<Ref, Place>> places_of(Connection& connection, const std::set<Ref>& ids) {
  TRY_ASSIGN(const Rows rows, connection.query(kClientPlaces, ref_params(ids)));
  return with_client_places(rows, minted_places(ids));
}

}  // namespace gleaner::store
