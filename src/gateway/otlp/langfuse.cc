// The attributes of Langfuse's own SDKs. They come first wherever they are given: who writes them says outright what
// others leave to be guessed.
#include <array>

#include "base/text.h"
#include "gateway/otlp/convention.h"

namespace gleaner::gateway::otlp {
namespace {

// "span" and "event" are what an observation is by default, and say nothing.
Role role_of_type(std::string_view type) {
  const std::string lower = ascii_lower(type);
  if (lower == "generation") return Role::kModel;
  if (lower == "trace") return Role::kWrapper;  // only where a trace is told as a span: gateway/langfuse
  if (lower == "agent") return Role::kAgent;
  if (lower == "chain") return Role::kChain;
  if (lower == "tool") return Role::kTool;
  if (lower == "retriever") return Role::kRetriever;
  if (lower == "embedding") return Role::kEmbedding;
  if (lower == "evaluator" || lower == "guardrail") return Role::kEvaluator;
  return Role::kNone;
}

constexpr std::array kRules = {
    Rule{.attribute = "langfuse.observation.type", .target = Target::kRole, .rank = 10, .role_of = &role_of_type},
    Rule{.attribute = "langfuse.observation.input", .target = Target::kMessages, .rank = 10},
    Rule{.attribute = "langfuse.observation.output", .target = Target::kOutput, .rank = 10},
    Rule{.attribute = "langfuse.observation.input",
         .target = Target::kTools,
         .rank = 50,
         .member = "tools",
         .why = "a whole request is given as input: its tools, where they are not given apart"},
    Rule{.attribute = "langfuse.observation.input", .target = Target::kToolArguments, .rank = 5},
    Rule{.attribute = "langfuse.observation.output", .target = Target::kToolResult, .rank = 5},
    Rule{.attribute = "langfuse.trace.input", .target = Target::kMessages, .rank = 95},
    Rule{.attribute = "langfuse.trace.output", .target = Target::kOutput, .rank = 95},
    Rule{.attribute = "langfuse.observation.model.name", .target = Target::kModel, .rank = 10, .hint = Role::kModel},
    Rule{.attribute = "langfuse.observation.model.parameters", .target = Target::kParameters, .rank = 10},
    Rule{.attribute = "langfuse.observation.model_parameters", .target = Target::kParameters, .rank = 11},
    Rule{.attribute = "langfuse.observation.usage_details", .target = Target::kUsageDetails, .rank = 10},
    Rule{.attribute = "langfuse.observation.cost_details", .target = Target::kCostDetails, .rank = 10},
    Rule{.attribute = "langfuse.observation.completion_start_time",
         .target = Target::kFirstToken,
         .rank = 30,
         .form = Form::kInstant,
         .why = "to be compared with the span's start, by another clock perhaps"},
    Rule{.attribute = "langfuse.observation.level", .target = Target::kLevel, .rank = 10},
    Rule{.attribute = "langfuse.observation.status_message", .target = Target::kErrorMessage, .rank = 10},
    Rule{.attribute = "langfuse.session.id", .target = Target::kSession, .rank = 10},
    Rule{.attribute = "langfuse.user.id", .target = Target::kUser, .rank = 10},
    Rule{.attribute = "langfuse.trace.tags", .target = Target::kTags, .rank = 10},
    Rule{.attribute = "langfuse.trace.metadata.langfuse_session_id", .target = Target::kSession, .rank = 41},
    Rule{.attribute = "langfuse.trace.metadata.langfuse_user_id", .target = Target::kUser, .rank = 31},
    Rule{.attribute = "langfuse.trace.metadata.langfuse_tags", .target = Target::kTags, .rank = 21},
    Rule{.attribute = "langfuse.observation.metadata.langfuse_session_id", .target = Target::kSession, .rank = 40},
    Rule{.attribute = "langfuse.observation.metadata.langfuse_user_id", .target = Target::kUser, .rank = 30},
    Rule{.attribute = "langfuse.observation.metadata.langfuse_tags", .target = Target::kTags, .rank = 20},
    Rule{.attribute = "langfuse.observation.metadata", .target = Target::kMetadataObject, .rank = 10},
    Rule{.attribute = "langfuse.trace.metadata", .target = Target::kMetadataObject, .rank = 20},
    Rule{.attribute = "langfuse.observation.metadata.",
         .target = Target::kMetadata,
         .rank = 10,
         .form = Form::kPrefixed},
    Rule{.attribute = "langfuse.trace.metadata.", .target = Target::kMetadata, .rank = 20, .form = Form::kPrefixed},
    Rule{.attribute = "langfuse.internal.as_root", .target = Target::kDropped},
    Rule{.attribute = "gleaner.version", .target = Target::kDropped},
    Rule{.attribute = "gleaner.assumed_parent", .target = Target::kDropped},
};

}  // namespace

std::span<const Rule> langfuse_rules() {
  return kRules;
}

}  // namespace gleaner::gateway::otlp
