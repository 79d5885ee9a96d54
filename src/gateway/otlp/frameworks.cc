// Frameworks with names of their own beside one of the conventions: Pydantic AI, Google's ADK, Genkit, MLflow.
#include <array>

#include "gateway/otlp/convention.h"

namespace gleaner::gateway::otlp {
namespace {

Role role_of_genkit(std::string_view subtype) {
  if (subtype == "model") return Role::kModel;
  if (subtype == "tool") return Role::kTool;
  if (subtype == "embedder") return Role::kEmbedding;
  if (subtype == "retriever" || subtype == "reranker") return Role::kRetriever;
  if (subtype == "flow") return Role::kChain;
  return Role::kNone;
}

constexpr std::array kRules = {
    Rule{.attribute = "pydantic_ai.all_messages",
         .target = Target::kMessages,
         .rank = 22,
         .hint = Role::kAgent,
         .why = "the whole run, its answer last"},
    Rule{.attribute = "all_messages_events", .target = Target::kMessages, .rank = 23, .hint = Role::kAgent},
    Rule{.attribute = "final_result",
         .target = Target::kOutput,
         .rank = 75,
         .why = "only where the messages do not end with it"},
    Rule{.attribute = "model_name", .target = Target::kModel, .rank = 80},
    Rule{.attribute = "agent_name", .target = Target::kAgentName, .rank = 40},
    Rule{.attribute = "tool_arguments", .target = Target::kToolArguments, .rank = 30, .hint = Role::kTool},
    Rule{.attribute = "tool_response", .target = Target::kToolResult, .rank = 30, .hint = Role::kTool},
    Rule{.attribute = "gen_ai.usage.details.input_audio_tokens",
         .target = Target::kUsage,
         .rank = 20,
         .member = "prompt_tokens_details.audio_tokens"},
    Rule{.attribute = "gen_ai.usage.details.output_audio_tokens",
         .target = Target::kUsage,
         .rank = 25,
         .member = "completion_tokens_details.audio_tokens"},

    Rule{.attribute = "gcp.vertex.agent.llm_request",
         .target = Target::kMessages,
         .rank = 70,
         .why = "the request as Gemini's API has it; {} on spans that are no model call"},
    Rule{.attribute = "gcp.vertex.agent.llm_response", .target = Target::kOutput, .rank = 70},
    Rule{.attribute = "gcp.vertex.agent.tool_call_args",
         .target = Target::kToolArguments,
         .rank = 15,
         .why = "the call's own: input.value of the same span may be that of another layer"},
    Rule{.attribute = "gcp.vertex.agent.tool_response", .target = Target::kToolResult, .rank = 15},
    Rule{.attribute = "gcp.vertex.agent.session_id", .target = Target::kSession, .rank = 70},

    Rule{.attribute = "genkit:metadata:subtype", .target = Target::kRole, .rank = 70, .role_of = &role_of_genkit},
    Rule{.attribute = "genkit:name", .target = Target::kModel, .rank = 90},
    Rule{.attribute = "genkit:name", .target = Target::kToolName, .rank = 70},
    Rule{.attribute = "genkit:input", .target = Target::kMessages, .rank = 71},
    Rule{.attribute = "genkit:output", .target = Target::kOutput, .rank = 71},
    Rule{.attribute = "genkit:input", .target = Target::kToolArguments, .rank = 80},
    Rule{.attribute = "genkit:output", .target = Target::kToolResult, .rank = 80},

    Rule{.attribute = "mlflow.spanInputs", .target = Target::kMessages, .rank = 85},
    Rule{.attribute = "mlflow.spanOutputs", .target = Target::kOutput, .rank = 85},
    Rule{.attribute = "mlflow.spanInputs", .target = Target::kToolArguments, .rank = 85},
    Rule{.attribute = "mlflow.spanOutputs", .target = Target::kToolResult, .rank = 85},
};

}  // namespace

std::span<const Rule> framework_rules() {
  return kRules;
}

}  // namespace gleaner::gateway::otlp
