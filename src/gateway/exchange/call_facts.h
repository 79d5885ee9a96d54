// What a call says of itself before it is made, for deciding where it goes: its model, and whose conversation it is.
//
// Pure functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/exchange/recorder.h"

namespace gleaner::gateway::exchange {

struct CallFacts {
  std::string model;
  // Who or what should be treated alike: "user:", "session:" or "conversation:" and the user or the session that
  // headers or the body name (docs/proxy.md), else the first thing a user says in it, as it stands in the body. Empty
  // if it says nothing of the kind.
  std::string unit;
  // The provider keeps something of it beyond its answer: a conversation that goes on, or work in the background.
  bool has_effects = false;
  // The body holds credentials for whoever it is meant for (docs/proxy.md).
  bool has_credentials = false;
  // Where the value of `model` stands in the body; 0 if it has none.
  size_t model_at = 0;
  size_t model_size = 0;
};
CallFacts read_call(const Headers& headers, std::string_view body);

// The body with another model, every other byte as it was. Nothing if it names none.
std::optional<std::string> with_model(const CallFacts& facts, std::string_view body, std::string_view model);

}  // namespace gleaner::gateway::exchange
