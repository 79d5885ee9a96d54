// The words around a name: titles, introductions, and the capitalised words that make a name of something else. Safe
// from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace gleaner::privacy {

enum class Hint : uint8_t {
  kNone,
  kWeak,    // a known name follows, if any: "Dear", "Captain"
  kStrong,  // whoever follows is a person: "my name is", "Mrs"
};

// Of a capitalised word without its dot.
Hint title(std::string_view word);

// What `before` ends with, up to the name's first letter.
Hint introduction(std::string_view before);

// Words that are no part of a name though they are capitalised: "The", "Monday", "Regards".
bool is_ordinary_word(std::string_view word);

// What follows a name when the whole is a place, an organisation, a prize: "University", "Street", "River".
bool names_a_thing(std::string_view word);

// "van", "de", "bin": within a name, in lower case.
bool is_particle(std::string_view word);

}  // namespace gleaner::privacy
