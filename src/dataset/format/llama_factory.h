// What the lines for LLaMA-Factory share: its sharegpt formatting with tags of its own choice, which are those of a
// chat, and columns for the system prompt and the tools. These are always there, since a column that is named in
// dataset_info.json must be. Its openai formatting would add "detailed thinking off" to system prompts and lose text
// beside tool calls. Pure functions, safe from any thread.
#pragma once

#include "dataset/format/turns.h"

namespace gleaner::dataset::llama_factory {

// {"messages":[...],"system":"","tools":""
void begin(json::Writer& w, const chat::Chat& chat, std::string_view system);
void check_line(const json::Value& line, bool ends_on_model, Problems& problems);

}  // namespace gleaner::dataset::llama_factory
