// The keys below a folder in the order of their bytes, a page at a time: only the folders that a page needs are read.
// Safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "object/directory/file.h"

namespace gleaner::object {

struct ListedFile {
  std::string key;
  Stamp stamp;
};

// At most `limit`, that begin with `prefix` and come after `after`. Errors: kUnavailable.
Result<std::vector<ListedFile>> list_keys(const std::string& root, std::string_view prefix, std::string_view after,
                                          size_t limit);

}  // namespace gleaner::object
