// Street addresses: a house number beside a name that ends in, or begins with, a word for a street. "221B Baker
// Street", "Hauptstraße 5", "12 rue de la Paix", "Atatürk Cad. No: 5", "Calle Mayor 5", "Via Roma 10", "ул. Ленина, д.
// 5", "P.O. Box 12", with the flat, the postal code and the town where they follow directly. Off unless a project asks
// for it: an address without a number or without such a word is missed, and so are villages and East Asian addresses.
//
// How well: 60 findings drawn at random from lists and texts of the United States were all addresses; one in thirty was
// cut short. For the other countries there are only the cases of the test. What it misses has not been measured.
// Safe from any thread.
#pragma once

#include <optional>

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Anchor: the first digit of every run of digits.
std::optional<Finding> find_street(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
