// What stands directly before a number and says what it is: "passport number XG9382049", "order no. 4839221",
// {"patient_id": "AHC-0933289"}. Words a few sentences away are near_word's business; these must lead up to the number,
// with nothing between but "number", "id", "is", "#", ":" and the like. Safe from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// A token of letters and digits around `at` that looks like an identifier, beside a word that says of what kind.
std::optional<Finding> find_labelled(const Passage& passage, size_t at);

// Whether what leads up to the number says that it is nobody's: an order, a page, a version.
bool named_otherwise(const Passage& passage, size_t begin);

// Whether a JSON member's name leaves open what its value is ("content", "text", none at all).
bool says_nothing(std::string_view key);

// Whether "ending in" or "ending with" leads up to the digits at `at`, which are then the last of a longer number.
bool ends_account(std::string_view text, size_t at);

}  // namespace gleaner::privacy
