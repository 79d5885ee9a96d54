// From an interaction and its verdict to one training example.
//
// What stands as the answer, in this order:
//   1. the newest corrected output (a correction or an edit that brought one);
//   2. the artifact, where the artifact is the point: kinds workflow and extraction, or no output at all;
//   3. the output;
//   4. where the conversation goes on after the assistant's last turn (an agent's last observation): that turn, and
//   what
//      follows it is cut off.
// An artifact becomes an assistant message whose content is its JSON. A workflow without a system prompt gets one that
// names its platform.
//
// Thread contract: an ExampleBuilder belongs to one thread.
#pragma once

#include <string>
#include <string_view>

#include "record/messages.h"
#include "store/store.h"

namespace gleaner::dataset {

struct Example {
  std::string interaction_id;
  std::string messages;  // JSON array: the conversation with its answer last
  std::string tools;     // JSON array, or empty
  // The messages are only role and text; a format may pass them on as they are.
  bool plain = true;
};

// Why an interaction is no example; counted in the report of an export.
enum class LeftOut { kNothing, kNoInput, kNoAnswer };
std::string_view left_out_name(LeftOut reason);

class ExampleBuilder {
 public:
  // Fills `example`, or says why there is none. Errors: kDataLoss when a stored record does not parse.
  Result<LeftOut> build(const store::Stored& stored, Example& example);

 private:
  Result<bool> choose_answer(const store::Stored& stored, std::string& input, std::string& answer) const;
  record::MessageInspector inspector_;
};

}  // namespace gleaner::dataset
