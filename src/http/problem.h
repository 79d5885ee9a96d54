// Errors on the wire: RFC 9457 application/problem+json. The only place where our codes become HTTP status codes.
#pragma once

#include "base/error.h"
#include "http/message.h"

namespace gleaner::http {

int status_of(Code code);
std::string_view reason_phrase(int status);

// With Retry-After where trying again helps.
Response problem(const Error& error);
Response problem(int status, std::string_view code, std::string_view detail);

}  // namespace gleaner::http
