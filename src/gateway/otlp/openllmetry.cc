// OpenLLMetry (Traceloop): today the GenAI names, before that numbered gen_ai.prompt and gen_ai.completion; always its
// own traceloop.* for workflows, tasks, agents and tools.
#include <array>

#include "gateway/otlp/convention.h"

namespace gleaner::gateway::otlp {
namespace {

Role role_of_kind(std::string_view kind) {
  if (kind == "agent") return Role::kAgent;
  if (kind == "tool") return Role::kTool;
  if (kind == "workflow" || kind == "task") return Role::kChain;
  return Role::kNone;
}

Role role_of_request(std::string_view type) {
  if (type == "chat" || type == "completion") return Role::kModel;
  if (type == "embedding") return Role::kEmbedding;
  if (type == "rerank") return Role::kRetriever;
  return Role::kNone;
}

constexpr std::array kRules = {
    Rule{
        .attribute = "traceloop.span.kind",
        .target = Target::kRole,
        .rank = 40,
        .role_of = &role_of_kind,
        .why = "behind gen_ai.operation.name: a model call inside a task carries the kind of the task in old releases"},
    Rule{.attribute = "llm.request.type", .target = Target::kRole, .rank = 50, .role_of = &role_of_request},
    Rule{.attribute = "gen_ai.prompt.",
         .target = Target::kMessages,
         .rank = 50,
         .hint = Role::kModel,
         .form = Form::kIndexed,
         .why = "numbers only: gen_ai.prompt.name and its like are names of a prompt template"},
    Rule{.attribute = "gen_ai.completion.",
         .target = Target::kOutput,
         .rank = 50,
         .hint = Role::kModel,
         .form = Form::kIndexed},
    Rule{.attribute = "llm.request.functions.", .target = Target::kTools, .rank = 30, .form = Form::kIndexed},
    Rule{.attribute = "traceloop.entity.input",
         .target = Target::kMessages,
         .rank = 90,
         .why = "the arguments of a function, last of all"},
    Rule{.attribute = "traceloop.entity.output", .target = Target::kOutput, .rank = 90},
    Rule{.attribute = "traceloop.entity.input", .target = Target::kToolArguments, .rank = 70},
    Rule{.attribute = "traceloop.entity.output", .target = Target::kToolResult, .rank = 70},
    Rule{.attribute = "traceloop.entity.name", .target = Target::kToolName, .rank = 60},
    Rule{.attribute = "traceloop.entity.name", .target = Target::kAgentName, .rank = 60},
    Rule{.attribute = "llm.usage.total_tokens", .target = Target::kUsage, .rank = 20, .member = "total_tokens"},
    Rule{.attribute = "gen_ai.usage.reasoning_tokens",
         .target = Target::kUsage,
         .rank = 20,
         .member = "completion_tokens_details.reasoning_tokens"},
    Rule{.attribute = "llm.is_streaming", .target = Target::kParameter, .rank = 40, .member = "stream"},
    Rule{.attribute = "gen_ai.is_streaming", .target = Target::kParameter, .rank = 30, .member = "stream"},
    Rule{.attribute = "llm.headers", .target = Target::kDropped, .why = "of the request: may have keys in it"},
    Rule{.attribute = "gen_ai.user", .target = Target::kUser, .rank = 50},
    Rule{.attribute = "llm.user", .target = Target::kUser, .rank = 55},
    Rule{.attribute = "gen_ai.request.user", .target = Target::kUser, .rank = 57},
    Rule{.attribute = "traceloop.association.properties.session_id", .target = Target::kSession, .rank = 60},
    Rule{.attribute = "traceloop.association.properties.user_id", .target = Target::kUser, .rank = 60},
    Rule{.attribute = "traceloop.association.properties.",
         .target = Target::kMetadata,
         .rank = 50,
         .form = Form::kPrefixed},
};

}  // namespace

std::span<const Rule> openllmetry_rules() {
  return kRules;
}

}  // namespace gleaner::gateway::otlp
