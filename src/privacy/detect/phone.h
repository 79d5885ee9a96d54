// Telephone numbers: international ones (ITU-T E.123 and E.164: "+", country code, 7 to 15 digits) and the shapes they
// have at home (phone_shapes.h). An extension belongs to the finding. Safe from any thread.
//
// A bare row of digits is believed only if it is an unmistakable mobile number or a word such as "phone" stands close
// by; the separators of a national grouping are evidence too. Dates, times, prices, versions, order numbers and digits
// in URLs (other than tel: and wa.me) stay.
#pragma once

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Woken at the first digit of a run.
std::optional<Finding> find_phone(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
