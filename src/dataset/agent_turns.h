// An agent's trajectory as chat turns: what it thought and did as assistant messages with tool calls, what it observed
// as the answers of the tools.
//
// Thread contract: an AgentTurnsReader belongs to one thread (it keeps its parser's memory).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::dataset {

struct AgentTurns {
  std::string turns;  // JSON array of messages; the last one is from the assistant. Empty if there is no such one
  // Where in `turns` the answer begins that ends the run after what a tool or the user said; 0 if it does not end so.
  size_t answer_at = 0;
  std::string tools;  // JSON array: a definition of each tool that was called, as far as its arguments show it
};

class AgentTurnsReader {
 public:
  AgentTurnsReader();
  ~AgentTurnsReader();
  AgentTurnsReader(const AgentTurnsReader&) = delete;
  AgentTurnsReader& operator=(const AgentTurnsReader&) = delete;

  // `trajectory` is an array of steps {"thought", "action": {"tool", "arguments"}, "observation"}; of members of one
  // name the first counts. `output`, if it is not empty, is the assistant message that ends the run; without it the
  // arguments of a last action "finish" do. Arguments that are no object become {"input": ...}. Errors: kDataLoss for
  // what is no array, kInvalidArgument for what is no JSON.
  Result<AgentTurns> read(std::string_view trajectory, std::string_view output);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gleaner::dataset
