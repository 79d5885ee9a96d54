#include "privacy/place.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace gleaner::privacy {
namespace {

using json::Value;

constexpr std::array<std::string_view, 5> kCoordinates = {"lat", "latitude", "lon", "lng", "longitude"};
constexpr std::array<std::string_view, 8> kPairs = {"coordinates", "coords", "latlng",   "latlon",
                                                    "location",    "geo",    "position", "gps"};
constexpr std::array<std::string_view, 21> kStreets = {
    "street",      "streetaddress",  "streetname",     "streetnumber", "housenumber", "address1",
    "address2",    "addressline",    "addressline1",   "addressline2", "fulladdress", "formattedaddress",
    "apartment",   "postalcode",     "postcode",       "zip",          "zipcode",     "plz",
    "homeaddress", "mailingaddress", "shippingaddress"};
constexpr std::array<std::string_view, 6> kBesideAddress = {"city",        "town",  "country",
                                                            "countrycode", "state", "region"};
// Without one of these in its text JSON holds no place.
constexpr std::array<std::string_view, 12> kTraces = {"lat",      "lon",      "lng",    "coord",   "geo",  "gps",
                                                      "position", "location", "street", "address", "post", "zip"};

std::string plain(std::string_view name) {
  std::string out = ascii_lower(name);
  std::erase_if(out, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return out;
}

bool among(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::optional<std::string> rounded(std::string_view digits) {
  digits = trim(digits);
  double value = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || std::abs(value) > 180) return {};
  return fmt::format("{}", std::round(value * 10) / 10);
}

class Places {
 public:
  void visit(Value& value) {
    for (Value& item : value.items()) visit(item);
    const bool beside = std::ranges::any_of(
        value.members(), [](const Value::Member& member) { return among(kBesideAddress, plain(member.first)); });
    std::erase_if(value.members(), [&](const Value::Member& member) {
      const std::string name = plain(member.first);
      const bool drop = among(kStreets, name) || (name == "address" && beside && member.second.is_string());
      changed_ |= drop;
      return drop;
    });
    for (auto& [name, member] : value.members()) {
      const std::string key = plain(name);
      if (among(kCoordinates, key)) {
        round_one(member);
      } else if (among(kPairs, key)) {
        round_pair(member);
      } else {
        visit(member);
      }
    }
  }

  bool changed() const { return changed_; }

 private:
  void round_one(Value& value) {
    if (!value.is_number() && !value.is_string()) return;
    const auto text = rounded(value.text());
    if (!text || *text == value.text()) return;
    value = value.is_number() ? Value::number(*text) : Value::string(*text);
    changed_ = true;
  }

  // [28.97, 41.01], arrays of such, "41.01,28.97", or an object with its own names.
  void round_pair(Value& value) {
    for (Value& item : value.items()) item.is_number() ? round_one(item) : round_pair(item);
    if (value.is_object()) return visit(value);
    if (!value.is_string()) return;
    const size_t comma = value.text().find(',');
    if (comma == std::string::npos) return;
    const std::string_view text = value.text();
    const auto first = rounded(text.substr(0, comma));
    const auto second = rounded(text.substr(comma + 1));
    if (!first || !second) return;
    value = Value::string(fmt::format("{},{}", *first, *second));
    changed_ = true;
  }

  bool changed_ = false;
};

}  // namespace

Result<bool> generalise_places(std::string& json) {
  const std::string lower = ascii_lower(json);
  if (std::ranges::none_of(kTraces, [&](std::string_view trace) { return lower.find(trace) != std::string::npos; }))
    return false;
  auto value = json::parse(json);
  if (!value) return fail(Code::kInternal, "places were looked for in JSON that is not valid");
  Places places;
  places.visit(*value);
  if (places.changed()) json = value->dump();
  return places.changed();
}

}  // namespace gleaner::privacy
