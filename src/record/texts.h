// The texts of an interaction that are worth reading as language: what was asked and what was answered, without JSON
// around them. Thread contract: a TextReader belongs to one thread.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "record/interaction.h"

namespace gleaner::record {

struct Texts {
  std::string prompt;    // of the last user message
  std::string response;  // of the output
  std::string said;      // what people said: the prompt, led by the user messages before it where it is short
};

class TextReader {
 public:
  TextReader();
  ~TextReader();
  TextReader(const TextReader&) = delete;
  TextReader& operator=(const TextReader&) = delete;

  // Replaces `texts`. Content parts are joined by line ends; parts that are no text are passed over.
  // Errors: kInvalidArgument if messages or output are not what the codec lets through.
  Status read(const Interaction& interaction, Texts& texts);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gleaner::record
