// Names of people: given names (given_names.txt, put into the program) and common surnames, of English, Turkish,
// German, French, Spanish, Italian, Portuguese, Russian, Arabic, Indian, East Asian and some other languages. Written
// down from general knowledge; neither list is complete. Safe from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace gleaner::privacy {

enum class Given : uint8_t {
  kNo,
  kDoubtful,  // also a word, a place or a month: Will, Paris, June
  kYes,
};

// Written as names are ("Anna", "ANNA"); "anna" is none.
Given given_name(std::string_view word);

// One of the most common surnames, or with an ending that only surnames have ("Petrenko", "Davutoğlu"). Ones that are
// words as well ("King") are left out.
bool is_surname(std::string_view word);

// What is likely a surname behind a given name: an ending that few other words have ("Gonzalez"), or "Brown" and its
// like.
bool ends_like_surname(std::string_view word);

}  // namespace gleaner::privacy
