// OpenAI's shapes, and those of the many servers that speak them: chat completions, completions, responses, embeddings.
// Requests, responses and streams into what gateway/exchange makes interactions of. docs/proxy.md has the mapping.
//
// The functions are pure, safe from any thread.
#pragma once

#include <memory>

#include "gateway/exchange/answer.h"

namespace gleaner::gateway::openai {

// `body` must be an object.
exchange::Question read_chat_request(json::Value body);
exchange::Question read_completions_request(json::Value body);
exchange::Question read_responses_request(json::Value body);
exchange::Question read_embeddings_request(json::Value body);

// Of chat completions and of completions.
exchange::Answer read_choices(json::Value body);
exchange::Answer read_response(json::Value body);
exchange::Answer read_embeddings(json::Value body);

// Of chat completions and of completions, whose streams differ in where a choice has its text.
std::unique_ptr<exchange::Assembler> choices_assembler(size_t max_bytes);
std::unique_ptr<exchange::Assembler> response_assembler(size_t max_bytes);

}  // namespace gleaner::gateway::openai
