// The OpenTelemetry GenAI conventions, all generations: up to v1.36 (gen_ai.system, content in events), v1.37 to v1.41
// (gen_ai.provider.name, gen_ai.input.messages), and the separate repository since (cache_write, reasoning.level).
#include <array>

#include "gateway/otlp/convention.h"

namespace gleaner::gateway::otlp {
namespace {

Role role_of_operation(std::string_view operation) {
  if (operation == "chat" || operation == "generate_content" || operation == "text_completion" ||
      operation == "completion" || operation == "fetch_response") {
    return Role::kModel;
  }
  if (operation == "invoke_agent") return Role::kAgent;
  if (operation == "invoke_workflow") return Role::kChain;
  if (operation == "execute_tool") return Role::kTool;
  if (operation == "retrieval" || operation == "search_memory") return Role::kRetriever;
  if (operation == "embeddings") return Role::kEmbedding;
  return Role::kNone;
}

constexpr std::array kRules = {
    Rule{.attribute = "gen_ai.operation.name",
         .target = Target::kRole,
         .rank = 30,
         .role_of = &role_of_operation,
         .why = "behind openinference.span.kind: instrumentations that write both copy the operation of the model "
                "call onto tools"},
    Rule{.attribute = "gen_ai.input.messages", .target = Target::kMessages, .rank = 20, .hint = Role::kModel},
    Rule{.attribute = "gen_ai.system_instructions", .target = Target::kInstructions, .rank = 20},
    Rule{.attribute = "gen_ai.output.messages", .target = Target::kOutput, .rank = 20, .hint = Role::kModel},
    Rule{.attribute = "gen_ai.tool.definitions", .target = Target::kTools, .rank = 10},

    Rule{.attribute = "gen_ai.response.model",
         .target = Target::kModel,
         .rank = 20,
         .hint = Role::kModel,
         .why = "the model that answered; the one that was asked for is metadata when it is another"},
    Rule{.attribute = "gen_ai.request.model", .target = Target::kModel, .rank = 40, .hint = Role::kModel},
    Rule{.attribute = "gen_ai.provider.name", .target = Target::kProvider, .rank = 10},
    Rule{.attribute = "gen_ai.system",
         .target = Target::kProvider,
         .rank = 20,
         .why = "until v1.36; gen_ai.provider.name is what it became"},

    Rule{.attribute = "gen_ai.request.temperature", .target = Target::kParameter, .rank = 10, .member = "temperature"},
    Rule{.attribute = "gen_ai.request.top_p", .target = Target::kParameter, .rank = 10, .member = "top_p"},
    Rule{.attribute = "gen_ai.request.top_k", .target = Target::kParameter, .rank = 10, .member = "top_k"},
    Rule{.attribute = "gen_ai.request.max_tokens", .target = Target::kParameter, .rank = 10, .member = "max_tokens"},
    Rule{.attribute = "gen_ai.request.frequency_penalty",
         .target = Target::kParameter,
         .rank = 10,
         .member = "frequency_penalty"},
    Rule{.attribute = "gen_ai.request.presence_penalty",
         .target = Target::kParameter,
         .rank = 10,
         .member = "presence_penalty"},
    Rule{.attribute = "gen_ai.request.stop_sequences", .target = Target::kParameter, .rank = 10, .member = "stop"},
    Rule{.attribute = "gen_ai.request.seed", .target = Target::kParameter, .rank = 10, .member = "seed"},
    Rule{.attribute = "gen_ai.openai.request.seed", .target = Target::kParameter, .rank = 20, .member = "seed"},
    Rule{.attribute = "gen_ai.request.choice.count", .target = Target::kParameter, .rank = 10, .member = "n"},
    Rule{.attribute = "gen_ai.request.stream", .target = Target::kParameter, .rank = 10, .member = "stream"},
    Rule{.attribute = "gen_ai.request.is_stream", .target = Target::kParameter, .rank = 20, .member = "stream"},
    Rule{.attribute = "gen_ai.request.reasoning.level",
         .target = Target::kParameter,
         .rank = 10,
         .member = "reasoning_effort"},
    Rule{.attribute = "gen_ai.output.type", .target = Target::kParameter, .rank = 10, .member = "output_type"},

    Rule{.attribute = "gen_ai.usage.input_tokens", .target = Target::kUsage, .rank = 10, .member = "prompt_tokens"},
    Rule{.attribute = "gen_ai.usage.prompt_tokens",
         .target = Target::kUsage,
         .rank = 20,
         .member = "prompt_tokens",
         .why = "the older name"},
    Rule{
        .attribute = "gen_ai.usage.output_tokens", .target = Target::kUsage, .rank = 10, .member = "completion_tokens"},
    Rule{.attribute = "gen_ai.usage.completion_tokens",
         .target = Target::kUsage,
         .rank = 20,
         .member = "completion_tokens",
         .why = "the older name"},
    Rule{.attribute = "gen_ai.usage.total_tokens", .target = Target::kUsage, .rank = 10, .member = "total_tokens"},
    Rule{.attribute = "gen_ai.usage.cache_read.input_tokens",
         .target = Target::kUsage,
         .rank = 10,
         .member = "prompt_tokens_details.cached_tokens"},
    Rule{.attribute = "gen_ai.usage.cache_read_input_tokens",
         .target = Target::kUsage,
         .rank = 20,
         .member = "prompt_tokens_details.cached_tokens",
         .why = "the older spelling; who writes both writes the same, but a 0 in the newer one is taken at its word"},
    Rule{.attribute = "gen_ai.usage.input_cached_tokens",
         .target = Target::kUsage,
         .rank = 30,
         .member = "prompt_tokens_details.cached_tokens"},
    Rule{.attribute = "gen_ai.usage.cache_write.input_tokens",
         .target = Target::kUsage,
         .rank = 10,
         .member = "prompt_tokens_details.cache_write_tokens"},
    Rule{.attribute = "gen_ai.usage.cache_creation.input_tokens",
         .target = Target::kUsage,
         .rank = 20,
         .member = "prompt_tokens_details.cache_write_tokens",
         .why = "until the conventions left the main repository"},
    Rule{.attribute = "gen_ai.usage.cache_creation_input_tokens",
         .target = Target::kUsage,
         .rank = 30,
         .member = "prompt_tokens_details.cache_write_tokens",
         .why = "the oldest spelling"},
    Rule{.attribute = "gen_ai.usage.input_cache_creation",
         .target = Target::kUsage,
         .rank = 40,
         .member = "prompt_tokens_details.cache_write_tokens"},
    Rule{.attribute = "gen_ai.usage.reasoning.output_tokens",
         .target = Target::kUsage,
         .rank = 10,
         .member = "completion_tokens_details.reasoning_tokens"},
    Rule{.attribute = "gen_ai.usage.output_audio_tokens",
         .target = Target::kUsage,
         .rank = 20,
         .member = "completion_tokens_details.audio_tokens"},
    Rule{.attribute = "gen_ai.usage.audio.output_tokens",
         .target = Target::kUsage,
         .rank = 10,
         .member = "completion_tokens_details.audio_tokens"},
    Rule{.attribute = "gen_ai.usage.audio.input_tokens",
         .target = Target::kUsage,
         .rank = 10,
         .member = "prompt_tokens_details.audio_tokens"},
    Rule{.attribute = "gen_ai.usage.cost", .target = Target::kCost, .rank = 20},

    Rule{.attribute = "gen_ai.response.time_to_first_chunk",
         .target = Target::kFirstToken,
         .rank = 10,
         .form = Form::kSeconds},
    Rule{.attribute = "gen_ai.response.id", .target = Target::kResponseId, .rank = 10},
    Rule{.attribute = "gen_ai.response.finish_reasons", .target = Target::kFinishReason, .rank = 10},
    Rule{.attribute = "error.type", .target = Target::kErrorType, .rank = 10},
    Rule{.attribute = "gen_ai.conversation.id",
         .target = Target::kSession,
         .rank = 30,
         .why = "what the application named (session.id) before what the provider did"},
    Rule{.attribute = "session.id", .target = Target::kSession, .rank = 20},
    Rule{.attribute = "user.id", .target = Target::kUser, .rank = 20},
    Rule{.attribute = "enduser.id", .target = Target::kUser, .rank = 25},

    Rule{.attribute = "gen_ai.tool.name", .target = Target::kToolName, .rank = 10, .hint = Role::kTool},
    Rule{.attribute = "gen_ai.tool.call.id", .target = Target::kToolCallId, .rank = 10, .hint = Role::kTool},
    Rule{.attribute = "gen_ai.tool.call.arguments", .target = Target::kToolArguments, .rank = 10, .hint = Role::kTool},
    Rule{.attribute = "gen_ai.tool.call.result", .target = Target::kToolResult, .rank = 10, .hint = Role::kTool},
    Rule{.attribute = "gen_ai.agent.name", .target = Target::kAgentName, .rank = 10},
    Rule{.attribute = "gen_ai.workflow.name", .target = Target::kAgentName, .rank = 30},
};

}  // namespace

std::span<const Rule> gen_ai_rules() {
  return kRules;
}

}  // namespace gleaner::gateway::otlp
