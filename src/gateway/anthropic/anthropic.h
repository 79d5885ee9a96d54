// Anthropic's Messages API: requests, responses and streams into what gateway/exchange makes interactions of.
// docs/proxy.md has the mapping.
//
// The functions are pure, safe from any thread.
#pragma once

#include <memory>

#include "gateway/exchange/answer.h"

namespace gleaner::gateway::anthropic {

// `body` must be an object.
exchange::Question read_messages_request(json::Value body);
exchange::Answer read_message(json::Value body);
std::unique_ptr<exchange::Assembler> message_assembler(size_t max_bytes);

}  // namespace gleaner::gateway::anthropic
