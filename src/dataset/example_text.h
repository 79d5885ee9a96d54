// What an example says, without the JSON around it: the text that duplicates, lengths and held-out texts are measured
// by. Thread contract: pure functions, safe from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dataset/example.h"

namespace gleaner::dataset {

struct ExampleText {
  std::string prompt;    // the last user message of the prompt
  std::string dialogue;  // all of the prompt but system and developer messages, which many examples share
  size_t asked = 0;      // bytes of `dialogue` up to and with the last user message
  std::string answer;    // the turns to learn, with the arguments of tool calls
  std::string rejected;  // of a preference: the same of the worse answer
  uint64_t system_bytes = 0;
  size_t messages = 0;
};

// Replaces `text`. Errors: kDataLoss for messages that do not parse.
Status read_text(const Example& example, ExampleText& text);

// About as many tokens as the byte-pair encodings of today's models make: one for four ASCII characters, two for three
// other characters, four for a message. A rule of thumb that was not compared with any maker's encoding.
uint64_t estimate_tokens(std::string_view utf8);
inline constexpr uint64_t kTokensPerMessage = 4;

}  // namespace gleaner::dataset
