// What a request shows to be let in. One place, so that every route takes the same. Pure, safe from any thread.
#pragma once

#include <string>

#include "http/message.h"

namespace gleaner::http {

// "Authorization: Bearer KEY", or "Basic", whose password it is (the name in front of it says nothing here: clients of
// other systems have a public key there), or "X-API-Key: KEY". Empty if there is none.
std::string credential_of(const Request& request);

}  // namespace gleaner::http
