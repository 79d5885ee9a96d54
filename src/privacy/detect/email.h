// E-mail addresses, in the form people write them: a dot-atom local part (RFC 5322, with the letters of RFC 6531) and a
// domain name with at least one dot. Quoted local parts and address literals are left alone. Safe from any thread.
//
// What only looks like one stays: "@types/node", "logo@2x.png", "git@github.com:org/repo", "getty@tty1.service", and
// the authority of a URL, whose credentials find_url_credentials knows.
#pragma once

#include "privacy/detect/detector.h"

namespace gleaner::privacy {

// Woken at an "@", or at the "%" of "%40".
std::optional<Finding> find_email(const Passage& passage, size_t at);

}  // namespace gleaner::privacy
