// MD5, RFC 1321: what an ETag of S3 often is. Only to compare with such; it protects nothing. Safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace gleaner::object {

// 16 bytes.
std::string md5(std::string_view bytes);

}  // namespace gleaner::object
