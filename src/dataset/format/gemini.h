// What Gemini's formats share: contents of users and models, made of parts. Pure functions, safe from any thread.
#pragma once

#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset::gemini {

// {"role","parts":[...]}
void write(json::Writer& w, const chat::Message& message);
// [{"role":"user"|"model","parts":[...]}...]
void write(json::Writer& w, const chat::Messages& messages);
// {"role":"system","parts":[{"text"}]}
void write_system(json::Writer& w, std::string_view text);

void check_content(const json::Value& content, std::string_view where, check::Names roles, bool functions,
                   Problems& problems);
// In turns from the user on; the last one is of `last`.
void check_contents(const json::Value& line, bool functions, std::string_view last, Problems& problems);
// Under either of its two names.
void check_system(const json::Value& line, Problems& problems);

}  // namespace gleaner::dataset::gemini
