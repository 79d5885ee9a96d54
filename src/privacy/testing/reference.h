// A second opinion on what the detectors find: the clear-cut kinds of personal data, written a second time from their
// definitions, byte by byte and slowly, and sharing nothing with privacy/detect but the type of a finding. The tests
// compare the two (reference_test.cc).
//
// Where a detector deviates from the bare definition by a rule that its header states, the rule is here as well, with
// its reason. Words nearby are not known here: values_alone() is for texts without telling words.
//
// Thread contract: pure functions, safe from any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "privacy/detect/detector.h"

namespace gleaner::privacy::testing {

// Whether all of `value` is one; with single spaces or dashes between its groups.
bool is_card(std::string_view value);        // issuer prefix, its lengths, Luhn
bool is_iban(std::string_view value);        // country, its length, mod 97
bool is_turkish_id(std::string_view value);  // T.C. kimlik no

// What stands alone, between blanks or the ends of the text, and must be found as it is. In order.
std::vector<Finding> values_alone(std::string_view text);

// Whether a finding is what its kind says, all of it and not a part of something longer. Nothing for the kinds, and
// the countries' and providers' forms, that are not defined here.
std::optional<bool> confirmed(std::string_view text, const Finding& finding);

}  // namespace gleaner::privacy::testing
