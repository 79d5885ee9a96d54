// OpenInference (Arize): openinference.span.kind, and lists flattened into numbered attributes.
#include <array>

#include "base/text.h"
#include "gateway/otlp/convention.h"

namespace gleaner::gateway::otlp {
namespace {

Role role_of_kind(std::string_view kind) {
  const std::string lower = ascii_lower(kind);
  if (lower == "llm") return Role::kModel;
  if (lower == "agent") return Role::kAgent;
  if (lower == "chain") return Role::kChain;
  if (lower == "tool") return Role::kTool;
  if (lower == "retriever" || lower == "reranker") return Role::kRetriever;
  if (lower == "embedding") return Role::kEmbedding;
  if (lower == "evaluator" || lower == "guardrail") return Role::kEvaluator;
  return Role::kNone;
}

constexpr std::array kRules = {
    Rule{.attribute = "openinference.span.kind",
         .target = Target::kRole,
         .rank = 20,
         .role_of = &role_of_kind,
         .why = "in either case: some instrumentations write \"Agent\""},
    Rule{.attribute = "llm.input_messages.",
         .target = Target::kMessages,
         .rank = 40,
         .hint = Role::kModel,
         .form = Form::kIndexed},
    Rule{.attribute = "llm.prompts.",
         .target = Target::kMessages,
         .rank = 45,
         .hint = Role::kModel,
         .form = Form::kIndexed},
    Rule{.attribute = "llm.output_messages.",
         .target = Target::kOutput,
         .rank = 40,
         .hint = Role::kModel,
         .form = Form::kIndexed},
    Rule{.attribute = "llm.choices.",
         .target = Target::kOutput,
         .rank = 45,
         .hint = Role::kModel,
         .form = Form::kIndexed},
    Rule{.attribute = "input.value",
         .target = Target::kMessages,
         .rank = 80,
         .why = "the call as the framework made it: only where no messages are given"},
    Rule{.attribute = "output.value", .target = Target::kOutput, .rank = 80},
    Rule{.attribute = "input.value",
         .target = Target::kToolArguments,
         .rank = 50,
         .why = "before tool.parameters, which in real captures describes the parameters instead of giving them"},
    Rule{.attribute = "tool.parameters", .target = Target::kToolArguments, .rank = 60},
    Rule{.attribute = "output.value", .target = Target::kToolResult, .rank = 50},
    Rule{.attribute = "retrieval.documents.",
         .target = Target::kToolResult,
         .rank = 40,
         .hint = Role::kRetriever,
         .form = Form::kIndexed},
    Rule{.attribute = "input.mime_type", .target = Target::kDropped},
    Rule{.attribute = "output.mime_type", .target = Target::kDropped},
    Rule{.attribute = "llm.tools.", .target = Target::kTools, .rank = 20, .form = Form::kIndexed},

    Rule{.attribute = "llm.response.model_name", .target = Target::kModel, .rank = 50, .hint = Role::kModel},
    Rule{.attribute = "llm.model_name", .target = Target::kModel, .rank = 60, .hint = Role::kModel},
    Rule{.attribute = "llm.request.model_name", .target = Target::kModel, .rank = 70, .hint = Role::kModel},
    Rule{.attribute = "llm.provider",
         .target = Target::kProvider,
         .rank = 40,
         .why = "who was called; llm.system is whose model it is"},
    Rule{.attribute = "llm.system", .target = Target::kProvider, .rank = 50},
    Rule{.attribute = "llm.invocation_parameters", .target = Target::kParameters, .rank = 20},

    Rule{.attribute = "llm.token_count.prompt", .target = Target::kUsage, .rank = 30, .member = "prompt_tokens"},
    Rule{
        .attribute = "llm.token_count.completion", .target = Target::kUsage, .rank = 30, .member = "completion_tokens"},
    Rule{.attribute = "llm.token_count.total", .target = Target::kUsage, .rank = 30, .member = "total_tokens"},
    Rule{.attribute = "llm.token_count.prompt_details.cache_read",
         .target = Target::kUsage,
         .rank = 40,
         .member = "prompt_tokens_details.cached_tokens"},
    Rule{.attribute = "llm.token_count.prompt_details.cache_write",
         .target = Target::kUsage,
         .rank = 50,
         .member = "prompt_tokens_details.cache_write_tokens"},
    Rule{.attribute = "llm.token_count.prompt_details.audio",
         .target = Target::kUsage,
         .rank = 30,
         .member = "prompt_tokens_details.audio_tokens"},
    Rule{.attribute = "llm.token_count.completion_details.reasoning",
         .target = Target::kUsage,
         .rank = 30,
         .member = "completion_tokens_details.reasoning_tokens"},
    Rule{.attribute = "llm.token_count.completion_details.audio",
         .target = Target::kUsage,
         .rank = 30,
         .member = "completion_tokens_details.audio_tokens"},
    Rule{.attribute = "llm.cost.total", .target = Target::kCost, .rank = 30},
    Rule{.attribute = "llm.finish_reason", .target = Target::kFinishReason, .rank = 30},

    Rule{.attribute = "tag.tags", .target = Target::kTags, .rank = 40},
    Rule{.attribute = "metadata", .target = Target::kMetadataObject, .rank = 40},
    Rule{.attribute = "tool.name", .target = Target::kToolName, .rank = 30, .hint = Role::kTool},
    Rule{.attribute = "tool.id", .target = Target::kToolCallId, .rank = 30},
    Rule{.attribute = "tool_call.id", .target = Target::kToolCallId, .rank = 25},
    Rule{.attribute = "annotations.", .target = Target::kDropped, .form = Form::kPrefixed, .why = "become signals"},
    Rule{.attribute = "evaluations.", .target = Target::kDropped, .form = Form::kPrefixed, .why = "become signals"},
    Rule{.attribute = "agent.name", .target = Target::kAgentName, .rank = 20},
};

}  // namespace

std::span<const Rule> openinference_rules() {
  return kRules;
}

}  // namespace gleaner::gateway::otlp
