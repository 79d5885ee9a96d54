// Object keys as paths of files, so that people find an object under its name: a segment is a folder or a file of the
// same name. Only "%" and a first "." are written as %25 and %2E, which leaves every name that begins with "." and
// every other use of "%" to the store itself.
//
// Pure functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::object {

// The path below the root of a key that check_key allows. Errors: kInvalidArgument when a file name cannot be that
// long.
Result<std::string> path_of_key(std::string_view key);

// The segment of a key that a file or folder is named after; nothing if we would have named it otherwise.
std::optional<std::string> segment_of_name(std::string_view name);

}  // namespace gleaner::object
