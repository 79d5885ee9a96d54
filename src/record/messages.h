// What somebody who passes messages on wants to know of them without reading them: one quick walk over text the codec
// has checked. Thread contract: a MessageInspector belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::record {

struct MessagesFacts {
  size_t count = 0;
  bool has_user = false;
  bool has_system = false;  // or developer
  // Every message has only role, content, name, refusal, weight, function_call and tool_call_id; every content is a
  // string that is not empty.
  bool plain = true;
};

class MessageInspector {
 public:
  MessageInspector();
  ~MessageInspector();
  MessageInspector(const MessageInspector&) = delete;
  MessageInspector& operator=(const MessageInspector&) = delete;
  // `messages`: an array of messages, or one message.
  Result<MessagesFacts> inspect(std::string_view messages);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gleaner::record
