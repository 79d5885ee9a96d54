// Names of people, from a list of given names and the words around: "Mrs Ortiz", "my name is Deniz", "Elena Petrova",
// "Иванов Иван", "Ayşe Hanım". Off unless a project asks for it, for it is a guess: a name that is on no list and has
// no title is missed, and so are given names alone, and every name in a script without capitals (but Arabic after a
// title or an introduction). Names of places and organisations after people may be taken for them.
//
// How well: of the 74 names labelled in the 149 texts of PII-synthetic_dataset it finds 72 (70 before two surnames it
// had missed were added), and nothing there that is no name. Of 110 findings drawn at random from news, encyclopaedia,
// chats and lists in many languages about 92 in 100 were people; the rest were things called after people ("Mario
// Party") or a word too long. How many names it misses in such texts has not been measured. Safe from any thread.
#pragma once

#include <optional>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Anchor: the first byte of every word that begins with a capital, or with a byte of 0xC3 and above. Titles are not
// part of the finding.
std::optional<Finding> find_person(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
