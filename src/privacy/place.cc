#include "privacy/place.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "privacy/detect/detector.h"

namespace gleaner::privacy {
namespace {

using json::Value;
using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 5> kCoordinates = {"lat", "latitude", "lon", "lng", "longitude"};
constexpr std::array<std::string_view, 22> kPairs = {
    "coordinates", "coordinate",  "coords", "coord",  "latlng",      "latlon", "latlong", "lnglat",
    "lonlat",      "location",    "loc",    "geo",    "geolocation", "gps",    "point",   "geopoint",
    "bbox",        "boundingbox", "bounds", "center", "centre",      "wkt"};
constexpr std::array<std::string_view, 1> kPosition = {"position"};
// Dropped whatever they hold.
constexpr std::array<std::string_view, 22> kStreets = {
    "street",       "street1",     "street2",          "streetaddress", "streetname",   "streetnumber",
    "housenumber",  "housenr",     "houseno",          "hausnummer",    "strasse",      "straße",
    "address1",     "address2",    "address3",         "addressline",   "addressline1", "addressline2",
    "addressline3", "fulladdress", "formattedaddress", "homeaddress"};
// Dropped where they hold a text or a number.
constexpr std::array<std::string_view, 6> kStreetTexts = {"road", "apartment", "apt", "sokak", "cadde", "mahalle"};
constexpr std::array<std::string_view, 6> kPostalCodes = {"postalcode", "postcode", "zip",
                                                          "zipcode",    "plz",      "postakodu"};
constexpr std::array<std::string_view, 4> kAddresses = {"address", "addr", "adres", "adresse"};
// ... unless one of these stands before.
constexpr std::array<std::string_view, 11> kOtherAddresses = {"ip",     "mac",    "email", "mail", "wallet", "contract",
                                                              "memory", "server", "host",  "web",  "url"};
// In an address that is an object.
constexpr std::array<std::string_view, 24> kAddressLines = {
    "line", "line1", "line2", "line3", "lines",  "number", "no",   "nr",   "house", "building", "floor",     "unit",
    "flat", "door",  "block", "suite", "postal", "code",   "full", "text", "raw",   "display",  "formatted", "name"};
constexpr std::array<std::string_view, 6> kBesideAddress = {"city",        "town",  "country",
                                                            "countrycode", "state", "region"};
constexpr std::array<std::string_view, 5> kFinerThanDegrees = {"minutes", "minute", "min", "seconds", "sec"};
// Without one of these in its text JSON holds no place.
constexpr std::array<std::string_view, 27> kTraces = {
    "lat",  "lon",   "lng",       "coord", "geo",  "gps",   "position", "loc",   "street",
    "addr", "post",  "zip",       "plz",   "bbox", "bound", "cent",     "point", "wkt",
    "road", "adres", "apartment", "apt",   "haus", "house", "stra",     "sokak", "cadde"};

bool among(Names names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

// The words of a member's name, in lower case: gps_lat, userLatitude and GPSLatitude have two each.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (std::string_view("_- .:/").contains(c)) {
      if (!words.back().empty()) words.emplace_back();
      continue;
    }
    const bool after_lower = i > 0 && (is_lower(name[i - 1]) || is_digit(name[i - 1]));
    const bool before_lower = i > 0 && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
    if (is_upper(c) && (after_lower || before_lower) && !words.back().empty()) words.emplace_back();
    words.back() += ascii_lower(std::string_view(&c, 1));
  }
  if (words.back().empty() && words.size() > 1) words.pop_back();
  return words;
}

class Name {
 public:
  explicit Name(std::string_view name) : words_(words_of(name)) {
    if (words_.size() > 1 && words_.back() == "e7") {
      words_.pop_back();
      e7_ = true;
    } else if (words_.back().size() > 2 && words_.back().ends_with("e7")) {
      words_.back().resize(words_.back().size() - 2);
      e7_ = true;
    }
  }

  // Whether its last words, put together, are one of those.
  bool ends_in(Names names) const {
    std::string tail;
    for (size_t i = words_.size(); i-- > 0;) {
      tail.insert(0, words_[i]);
      if (among(names, tail)) return true;
    }
    return false;
  }

  bool is(Names names) const { return among(names, joined()); }
  bool has(Names names) const {
    return std::ranges::any_of(words_, [&](const std::string& word) { return among(names, word); });
  }

  bool is_coordinate() const {
    if (ends_in(kCoordinates)) return true;
    std::string_view last = words_.back();
    if (last.ends_with("latitude") || last.ends_with("longitude")) return true;
    while (!last.empty() && is_digit(last.back())) last.remove_suffix(1);
    for (const std::string_view before : {"gps", "geo"}) {
      if (last.starts_with(before)) last.remove_prefix(before.size());
    }
    return among(kCoordinates, last);
  }

  bool e7() const { return e7_; }

  std::string joined() const {
    std::string out;
    for (const std::string& word : words_) out += word;
    return out;
  }

 private:
  std::vector<std::string> words_;
  bool e7_ = false;
};

std::string tenth(double degrees) {
  return fmt::format("{}", std::round(degrees * 10) / 10 + 0.0);
}

struct Number {
  size_t begin;
  size_t end;
  double value;
};

// The numbers in a text that is nothing but coordinates, or none: "41.0082;28.9784", "POINT(28.97 41.00)",
// "41°00'29.6\"N", "geo:41.0082,28.9784".
std::vector<Number> coordinates_in(std::string_view text) {
  constexpr std::array<std::string_view, 16> kLetters = {
      "n", "s", "e", "w", "o", "d", "deg", "m", "point", "polygon", "geo", "srid", "z", "lat", "linestring", "lng"};
  std::vector<Number> numbers;
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    const bool digits_follow = i + 1 < text.size() && (is_digit(text[i + 1]) || text[i + 1] == '.');
    if (is_digit(c) || ((c == '-' || c == '+' || c == '.') && digits_follow)) {
      double value = 0;
      const size_t begin = c == '+' ? i + 1 : i;
      const auto parsed =
          std::from_chars(text.data() + begin, text.data() + text.size(), value, std::chars_format::fixed);
      if (parsed.ec != std::errc()) return {};
      i = static_cast<size_t>(parsed.ptr - text.data());
      numbers.push_back({begin, i, value});
    } else if (is_alnum(c)) {
      const size_t begin = i;
      while (i < text.size() && is_alnum(text[i]) && !is_digit(text[i])) ++i;
      if (!among(kLetters, ascii_lower(text.substr(begin, i - begin)))) return {};
    } else if (std::string_view(",;:= \t/|()[]'\"").contains(c) || static_cast<unsigned char>(c) >= 0x80) {
      ++i;
    } else {
      return {};
    }
  }
  return numbers;
}

bool in_range(const Value& value) {
  return value.is_number() && std::abs(value.as_double()) <= 180;
}

bool is_whole(const Value& value) {
  return value.is_number() && value.text().find_first_not_of("-0123456789") == std::string::npos;
}

// A text that a program reads, rather than a street: an address of a wallet, a page, a mailbox, a file.
bool is_machine_like(std::string_view text) {
  text = trim(text);
  return text.contains('@') || text.contains("://") || text.starts_with("0x") ||
         text.find(' ') == std::string_view::npos;
}

bool reads_like_street(std::string_view text) {
  const bool letters = std::ranges::any_of(
      text, [](char c) { return (is_alnum(c) && !is_digit(c)) || static_cast<unsigned char>(c) >= 0x80; });
  return letters && std::ranges::any_of(text, is_digit) && !is_machine_like(text);
}

// "34122", "SW1A 1AA"; not "archive.zip".
bool is_postal_code(const Value& value) {
  constexpr size_t kLongest = 12;
  const std::string_view text = trim(value.text());
  if (!value.is_string() && !value.is_number()) return false;
  return text.size() <= kLongest && !text.contains('.') && std::ranges::any_of(text, is_digit);
}

class Places {
 public:
  void visit(Value& value, bool address = false) {
    for (Value& item : value.items()) visit(item, address);
    drop_streets(value, address);
    const bool beside_coordinate =
        std::ranges::any_of(value.members(), [](const auto& member) { return Name(member.first).is_coordinate(); });
    for (auto& [text, member] : value.members()) {
      const Name name(text);
      if (name.is_coordinate() || (beside_coordinate && name.joined() == "long")) {
        round_coordinate(member, name.e7());
      } else if (name.ends_in(kPairs)) {
        round_pairs(member);
      } else if (name.ends_in(kPosition) && member.is_string()) {
        round_pair_text(member);
      } else {
        visit(member, is_address(name));
      }
    }
  }

  bool changed() const { return changed_; }

 private:
  static bool is_address(const Name& name) { return name.ends_in(kAddresses) && !name.has(kOtherAddresses); }

  void drop_streets(Value& value, bool address) {
    const bool beside = std::ranges::any_of(
        value.members(), [](const Value::Member& member) { return Name(member.first).is(kBesideAddress); });
    std::erase_if(value.members(), [&](const Value::Member& member) {
      const bool drop = is_street(Name(member.first), member.second, beside, address);
      changed_ |= drop;
      return drop;
    });
  }

  static bool is_street(const Name& name, const Value& value, bool beside, bool address) {
    if (value.is_bool() || value.is_null()) return false;
    if (name.ends_in(kStreets)) return true;
    const bool scalar = value.is_string() || value.is_number();
    if (name.ends_in(kStreetTexts) || (address && name.is(kAddressLines))) return scalar || value.is_array();
    if (name.ends_in(kPostalCodes)) return is_postal_code(value);
    if (!is_address(name)) return false;
    const auto goes = [&](const Value& text) {
      return text.is_string() && (reads_like_street(text.text()) || (beside && !is_machine_like(text.text())));
    };
    return goes(value) || std::ranges::any_of(value.items(), goes);
  }

  void replace(Value& value, std::string text) {
    if (text == value.text()) return;
    value = value.is_number() ? Value::number(std::move(text)) : Value::string(std::move(text));
    changed_ = true;
  }

  void round_number(Value& value, bool e7) {
    constexpr double kTenth = 1e6;
    const double number = value.as_double();
    if (e7) return replace(value, fmt::format("{:.0f}", std::round(number / kTenth) * kTenth + 0.0));
    if (std::abs(number) <= 180) replace(value, tenth(number));
  }

  void round_coordinate(Value& value, bool e7) {
    if (value.is_number()) return round_number(value, e7);
    if (value.is_string()) return round_coordinate_text(value, e7);
    std::vector<Value>& items = value.items();
    if (items.size() == 3 && is_whole(items[0]) && is_whole(items[1])) {  // degrees, minutes, seconds
      items.resize(1);
      changed_ = true;
    }
    for (Value& item : items) round_coordinate(item, e7);
    changed_ |= std::erase_if(value.members(),
                              [](const Value::Member& member) { return Name(member.first).is(kFinerThanDegrees); }) > 0;
    for (auto& [name, member] : value.members()) round_coordinate(member, e7);
  }

  void round_coordinate_text(Value& value, bool e7) {
    const std::string& text = value.text();
    const std::vector<Number> numbers = coordinates_in(text);
    if (numbers.empty()) return;
    const Number& first = numbers.front();
    if (e7) {
      Value number = Value::number(text.substr(first.begin, first.end - first.begin));
      round_number(number, true);
      return replace(value, number.text());
    }
    if (numbers.size() == 1) {
      if (std::abs(first.value) <= 180) round_numbers(value, numbers);
      return;
    }
    // Degrees with minutes and seconds: what is left are degrees and the quarter.
    double degrees = std::abs(first.value);
    double part = 60;
    for (size_t i = 1; i < numbers.size(); ++i, part *= 60) degrees += numbers[i].value / part;
    std::string out = tenth(first.value < 0 ? -degrees : degrees);
    const std::string_view rest = trim(std::string_view(text).substr(numbers.back().end));
    if (!rest.empty() && is_alnum(rest.back()) && !is_digit(rest.back())) out.append(" ").append(1, rest.back());
    replace(value, std::move(out));
  }

  // Each number in place, so that what separates them stays.
  void round_numbers(Value& value, const std::vector<Number>& numbers) {
    std::string out;
    size_t done = 0;
    for (const Number& number : numbers) {
      out.append(value.text(), done, number.begin - done).append(tenth(number.value));
      done = number.end;
    }
    replace(value, out.append(value.text(), done));
  }

  void round_pair_text(Value& value) {
    std::vector<Number> numbers = coordinates_in(value.text());
    // The number of a reference system: "SRID=4326;POINT(...)".
    if (ascii_lower(value.text()).starts_with("srid") && !numbers.empty()) numbers.erase(numbers.begin());
    if (numbers.size() == 3) numbers.pop_back();  // the altitude
    const size_t half = numbers.size() / 2;
    if (value.text().contains("°") && (half == 2 || half == 3)) {  // degrees with minutes
      for (size_t i = 0; i < numbers.size(); ++i) {
        if (i % half != 0) numbers[i].value = 0;
      }
    }
    const bool valid = std::ranges::all_of(numbers, [](const Number& one) { return std::abs(one.value) <= 180; });
    if (numbers.size() >= 2 && valid) round_numbers(value, numbers);
  }

  // [28.97, 41.01], arrays of such, "41.01,28.97", or an object with its own names.
  void round_pairs(Value& value) {
    if (value.is_object()) return visit(value);
    if (value.is_string()) return round_pair_text(value);
    std::vector<Value>& items = value.items();
    const size_t count = items.size();
    // The altitudes of a point and of a box.
    const auto is_altitude = [&](size_t i) { return (count == 3 || count == 6) && i % 3 == 2; };
    // Off the earth are points of a canvas, within one degree of zero (there is only sea) shares of a picture.
    bool on_earth = std::ranges::any_of(
        items, [](const Value& item) { return !item.is_number() || std::abs(item.as_double()) > 1; });
    for (size_t i = 0; i < count; ++i) on_earth &= !items[i].is_number() || is_altitude(i) || in_range(items[i]);
    for (size_t i = 0; i < count; ++i) {
      if (items[i].is_number()) {
        if (on_earth && !is_altitude(i)) round_number(items[i], false);
      } else if (items[i].is_string() && coordinates_in(items[i].text()).size() == 1) {
        if (!is_altitude(i)) round_coordinate_text(items[i], false);
      } else {
        round_pairs(items[i]);
      }
    }
  }

  bool changed_ = false;
};

// For each of the first letters of kTraces, which of them have it there: one pass finds where any of them may begin.
constexpr size_t kLooked = 3;
constexpr auto kTraceLetters = [] {
  static_assert(kTraces.size() <= 32);
  std::array<std::array<uint32_t, 256>, kLooked> letters{};
  for (size_t trace = 0; trace < kTraces.size(); ++trace) {
    for (size_t i = 0; i < kLooked; ++i) {
      const auto letter = static_cast<unsigned char>(kTraces[trace][i]);
      letters[i][letter] |= uint32_t{1} << trace;
      letters[i][letter - 'a' + 'A'] |= uint32_t{1} << trace;
    }
  }
  return letters;
}();

bool has_trace(std::string_view text) {
  const auto letter = [text](size_t at) { return static_cast<unsigned char>(text[at]); };
  for (size_t at = 0; at + kLooked <= text.size(); ++at) {
    uint32_t may = kTraceLetters[0][letter(at)] & kTraceLetters[1][letter(at + 1)] & kTraceLetters[2][letter(at + 2)];
    for (; may != 0; may &= may - 1) {
      const std::string_view trace = kTraces[static_cast<size_t>(std::countr_zero(may))];
      if (ascii_lower(text.substr(at, trace.size())) == trace) return true;
    }
  }
  return false;
}

// Whether the names of a place may stand in it, also written with escapes of letters.
bool may_hold_places(std::string_view json) {
  constexpr std::string_view kEscape = "\\u00";
  for (size_t at = json.find(kEscape); at != std::string_view::npos; at = json.find(kEscape, at + 1)) {
    const size_t digit = at + kEscape.size();
    if (digit < json.size() && json[digit] >= '4' && json[digit] <= '7') return true;
  }
  return has_trace(json);
}

}  // namespace

Result<bool> generalise_places(std::string& json) {
  if (!may_hold_places(json)) return false;
  auto value = json::parse(json);
  if (!value) return fail(Code::kInternal, "places were looked for in JSON that is not valid");
  Places places;
  places.visit(*value);
  if (places.changed()) json = value->dump();
  return places.changed();
}

}  // namespace gleaner::privacy
