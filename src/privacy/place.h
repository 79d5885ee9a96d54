// Keeps places to the level of a city: coordinates are rounded to a tenth of a degree (about 11 km), streets, house
// numbers and postal codes are dropped. For what an application says about its people (metadata), not for what people
// talk about: a conversation about a restaurant keeps the restaurant's street.
//
// What counts is a member's name, in any case, with or without "_" and "-": lat, latitude, lon, lng, longitude;
// coordinates, latlng, location, geo, gps, position holding numbers or "41.0082,28.9784"; street, house_number,
// address_line_1, postal_code, zip and the like; address where it is a text beside a city or a country.
//
// Thread contract: safe from any thread.
#pragma once

#include <string>

#include "base/error.h"

namespace gleaner::privacy {

// `json`: checked JSON, replaced in place when it holds a place. Errors: kInternal if it is not JSON.
Result<bool> generalise_places(std::string& json);

}  // namespace gleaner::privacy
