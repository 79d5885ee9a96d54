// Finds personal data and secrets in a text: one pass for the anchors (privacy/anchors.h), and at each of them the
// detectors that may belong there (privacy/detect/). Findings come in order and do not overlap.
//
// Thread contract: safe from any thread. Work is linear in the text, whatever it says.
#pragma once

#include <string_view>
#include <vector>

#include "privacy/detect/detector.h"
#include "privacy/kind.h"

namespace gleaner::privacy {

// Appends what `text` holds of the kinds in `wanted`. `key` is the JSON member whose value it is, or empty.
void scan(std::string_view text, std::string_view key, KindSet wanted, std::vector<Finding>& findings);

}  // namespace gleaner::privacy
