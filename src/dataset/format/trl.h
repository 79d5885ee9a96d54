// What the dataset types of TRL share: messages whose tool calls have objects for arguments and whose results carry the
// name of their function. Other members are looked over. Pure data and functions, safe from any thread.
#pragma once

#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset::trl {

inline constexpr std::string_view kRoles[] = {"system", "user", "assistant", "tool"};
inline constexpr check::MessageRules kRules = {.roles = kRoles,
                                               .members = {},
                                               .arguments = check::MessageRules::Arguments::kObject,
                                               .ids = false,
                                               .weights = false};

inline constexpr chat::Style kStyle = {.arguments = chat::Style::Arguments::kObject};
// Only the answer is learned, so that weights in the prompt do not matter.
inline constexpr chat::Carries kAnswers = {.tools = true, .learns_prompt = false};

// An example for a line with a prompt: false with the reason.
Result<bool> load(const Example& example, chat::Chat& chat, std::string& reason);
// {"prompt":[...],"FIRST":[...]
void begin(json::Writer& w, const chat::Chat& chat, std::string_view first);
// ,"tools":[...]}
void end(json::Writer& w, const chat::Chat& chat, std::string& out);

void check_prompt(const json::Value& line, Problems& problems);
// Messages, the last one the assistant's.
void check_answer(const json::Value& line, std::string_view name, Problems& problems);
void check_tools(const json::Value& line, Problems& problems);
// TRL tells the type of a dataset by its columns, and takes none beside those of one type.
void check_columns(const json::Value& line, check::Names type, Problems& problems);

}  // namespace gleaner::dataset::trl
