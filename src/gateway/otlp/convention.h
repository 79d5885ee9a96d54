// What the attributes of spans mean. Every convention is one file with one table, a row for each attribute; where two
// conventions say the same thing, or one says it twice, the row with the lowest rank wins, and the row says why.
// docs/otlp.md shows the tables; a test compares them.
//
// The tables are constant: safe from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gleaner::gateway::otlp {

// What a span is about.
enum class Role : uint8_t {
  kNone,       // nothing of this: a request, a query, a function
  kModel,      // one call of a model
  kWrapper,    // a call of a model that may make several of them, and run tools between them
  kAgent,      // a run of an agent
  kChain,      // a workflow or task around model calls and tools
  kTool,       // one call of a tool
  kRetriever,  // a search whose results go to a model
  kEmbedding,
  kEvaluator,  // a judgement or a guard
};

// What an attribute fills.
enum class Target : uint8_t {
  kRole,             // by `role_of`
  kMessages,         // interaction.messages
  kInstructions,     // the system message, unless messages has one
  kOutput,           // interaction.output
  kOutputText,       // the content of the output, where its parts stand apart
  kOutputToolCalls,  // the tool_calls of the output
  kOutputReasoning,  // the reasoning_content of the output
  kTools,            // interaction.tools
  kModel,
  kProvider,
  kParameter,     // parameters.`member`
  kParameters,    // members of parameters
  kUsage,         // usage.`member`
  kUsageDetails,  // members of usage
  kCost,          // cost_usd
  kCostDetails,   // cost_usd: total, or the sum of the members
  kFirstToken,    // ttft_ms
  kSession,
  kUser,
  kTags,
  kResponseId,    // metadata.response_id, and an item
  kFinishReason,  // metadata.finish_reason
  kErrorType,
  kErrorMessage,
  kLevel,  // ERROR is a failure
  kToolName,
  kToolCallId,
  kToolArguments,
  kToolResult,
  kAgentName,
  kMetadata,        // metadata.`what stands behind the prefix`
  kMetadataObject,  // members of metadata
  kDropped,         // said elsewhere, or of no use
};

// How its value is to be read.
enum class Form : uint8_t {
  kPlain,
  kIndexed,       // a family of flattened attributes: prefix.0.role, prefix.0.content, prefix.1.role ...
  kPrefixed,      // a family whose rest is a name
  kSeconds,       // of time
  kMilliseconds,  // of time
  kInstant,       // a point in time, RFC 3339
};

using RoleOf = Role (*)(std::string_view value);

struct Rule {
  std::string_view attribute;  // a family ends with a dot
  Target target = Target::kDropped;
  int rank = 0;                  // within the target and member
  std::string_view member = {};  //
  Role hint = Role::kNone;       // what a span that has it must be, if nothing says what it is
  Form form = Form::kPlain;      //
  RoleOf role_of = nullptr;      //
  std::string_view why = {};     // of the rank, where two disagree
};

// Content with this rank or above is what some framework was called with, not messages: it is taken last.
inline constexpr int kGenericContent = 80;
// Content of span or log events, between those of attributes.
inline constexpr int kEventContent = 60;

struct Convention {
  std::string_view name;
  std::span<const Rule> rules;
};
std::span<const Convention> conventions();

std::span<const Rule> gen_ai_rules();
std::span<const Rule> openinference_rules();
std::span<const Rule> openllmetry_rules();
std::span<const Rule> vercel_rules();
std::span<const Rule> langfuse_rules();
std::span<const Rule> framework_rules();

// The rules for an attribute: those of its name, or of the first family that it belongs to. Usually none.
std::span<const Rule* const> rules_for(std::string_view attribute);

std::string_view name_of(Target target);
std::string_view name_of(Role role);

}  // namespace gleaner::gateway::otlp
