// Reads checked JSON string by string and puts it together again where a string was replaced. JSON inside a string is
// read the same way. Text that needs no change is never copied.
//
// Thread contract: safe from any thread, as far as `rewrite` is.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::privacy {

// Puts what shall stand instead of `text` into `out` and says true, or says false. `key` is the member whose value (or
// whose array's element) it is; `is_name` when `text` is a member's name itself. Numbers of many digits are asked
// about too.
using Rewrite = std::function<bool(std::string_view text, std::string_view key, bool is_name, std::string& out)>;

// `json` is checked JSON without white space. Errors: kInternal if it turns out not to be.
Result<bool> rewrite_strings(std::string& json, std::string_view key, const Rewrite& rewrite);

}  // namespace gleaner::privacy
