// What Together's formats share. Pure functions, safe from any thread.
#pragma once

#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset::together {

// Whether every part of a content is text or an image as the service takes it, or the `reason`. Where there are parts,
// every content becomes parts.
bool good_images(chat::Messages& messages, std::string& reason);
void check_messages(const json::Value& list, std::string_view where, Problems& problems);

}  // namespace gleaner::dataset::together
