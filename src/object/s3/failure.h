// What an S3 server's refusal means, and what would be right. Pure functions, safe from any thread.
#pragma once

#include <string_view>

#include "object/s3/client.h"

namespace gleaner::object {

// The failure that an answer stands for. `what` is what was asked, for the message.
S3Failure failure_of(const HttpResponse& response, const S3Options& options, const S3Address& address,
                     std::string_view what);

// Whether the body of a 2xx says that it is none.
bool is_error_document(std::string_view body);

}  // namespace gleaner::object
