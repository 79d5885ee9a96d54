// ShareGPT's way to say a chat: turns of a human, a model, a function call and an observation, whose sides alternate
// from a human on: {human, observation} against {gpt, function_call}. Trainers skip what does not, with a warning at
// best; so it is made to, or left out. Pure functions, safe from any thread.
#pragma once

#include "dataset/format/chat.h"
#include "dataset/format/check.h"

namespace gleaner::dataset::turns {

// What each kind of turn and its two members are called.
struct Words {
  std::string_view role;
  std::string_view content;
  std::string_view user;
  std::string_view assistant;
  std::string_view call;
  std::string_view observation;
};
inline constexpr Words kShareGpt = {"from", "value", "human", "gpt", "function_call", "observation"};
inline constexpr Words kTagged = {"role", "content", "user", "assistant", "function_call", "observation"};

// A call and text in one turn have no words; weights neither.
inline constexpr chat::Carries kCarries = {.tools = true, .text_with_calls = false};

// Reads an example for such a line: no system messages are left in the prompt, whose sides alternate with the answer's.
// False with the reason.
Result<bool> load(const Example& example, chat::Chat& chat, std::string& system, std::string& reason);

void write(json::Writer& out, const chat::Message& message, const Words& words);
// The turns of the list, without brackets.
void write(json::Writer& out, const chat::Messages& messages, const Words& words);

// `ends_on_model` is whether the last turn is the model's (all but the prompt of a preference).
void check_list(const json::Value& line, std::string_view name, const Words& words, bool ends_on_model,
                Problems& problems);
// One turn of the model.
void check_answer(const json::Value& line, std::string_view name, const Words& words, Problems& problems);
// A string, empty or with the JSON of an array.
void check_tools(const json::Value& line, Problems& problems);

}  // namespace gleaner::dataset::turns
