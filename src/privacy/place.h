// Keeps places to the level of a city: coordinates are rounded to a tenth of a degree (about 11 km), streets, house
// numbers and postal codes are dropped. For what an application says about its people (metadata), not for what people
// talk about: a conversation about a restaurant keeps the restaurant's street.
//
// What counts is a member's name, in any case, however its words are put together (gps_lat, userLatitude, GPSLatitude):
// - coordinates: names that end in lat, latitude, lon, lng or longitude, and long beside one of them; a number, a text
//   ("41.008237 N", degrees with minutes), an array or object of such. With e7 at the end: ten-millionths of a degree.
// - pairs: coordinates, latlng, location, geo, gps, point, bbox, center and the like; arrays of numbers, texts such as
//   "41.0082,28.9784" and "POINT(28.97 41.00)". Altitudes stay. Of `position` texts only: it is a place on a canvas,
//   too.
// - dropped: street, road, house_number, address_line_1 and the like, whatever stands before them (billing_street);
//   postal_code, zip, plz where they hold a code; address, adres where it reads like a street or stands beside a city
//   or a country. Of an address that is an object the lines go and the city stays.
//
// Thread contract: safe from any thread.
#pragma once

#include <string>

#include "base/error.h"

namespace gleaner::privacy {

// `json`: checked JSON, replaced in place when it holds a place. Errors: kInternal if it is not JSON.
Result<bool> generalise_places(std::string& json);

}  // namespace gleaner::privacy
