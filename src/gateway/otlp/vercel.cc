// The Vercel AI SDK: spans ai.generateText, ai.streamText and so on around one ai.*.doGenerate or ai.*.doStream for
// each call of a model, and ai.toolCall for each tool between them.
#include <array>

#include "gateway/otlp/convention.h"

namespace gleaner::gateway::otlp {
namespace {

// "ai.streamText.doStream", also with the function's id behind it ("ai.streamText.doStream my-function"), and without
// "ai." in old releases.
Role role_of_operation(std::string_view operation) {
  operation = operation.substr(0, operation.find(' '));
  if (operation.starts_with("ai.")) operation.remove_prefix(3);
  if (operation.ends_with(".doGenerate") || operation.ends_with(".doStream")) return Role::kModel;
  if (operation == "generateText" || operation == "streamText" || operation == "generateObject" ||
      operation == "streamObject") {
    return Role::kWrapper;
  }
  if (operation == "toolCall") return Role::kTool;
  if (operation.starts_with("embed")) return Role::kEmbedding;
  return Role::kNone;
}

constexpr std::array kRules = {
    Rule{.attribute = "ai.operationId",
         .target = Target::kRole,
         .rank = 25,
         .role_of = &role_of_operation,
         .why = "before gen_ai.operation.name, which does not tell the outer span from the inner ones"},
    Rule{.attribute = "operation.name", .target = Target::kRole, .rank = 60, .role_of = &role_of_operation},
    Rule{.attribute = "ai.prompt.messages",
         .target = Target::kMessages,
         .rank = 30,
         .hint = Role::kModel,
         .why = "before ai.prompt, which has the call's options around them"},
    Rule{.attribute = "ai.prompt", .target = Target::kMessages, .rank = 31, .hint = Role::kModel},
    Rule{.attribute = "ai.prompt.tools", .target = Target::kTools, .rank = 40},
    Rule{.attribute = "ai.prompt.toolChoice", .target = Target::kParameter, .rank = 20, .member = "tool_choice"},
    Rule{.attribute = "ai.response.text", .target = Target::kOutputText, .rank = 30, .hint = Role::kModel},
    Rule{.attribute = "ai.response.object", .target = Target::kOutputText, .rank = 31, .hint = Role::kModel},
    Rule{.attribute = "ai.result.text",
         .target = Target::kOutputText,
         .rank = 32,
         .hint = Role::kModel,
         .why = "until SDK 3.4"},
    Rule{.attribute = "ai.result.object", .target = Target::kOutputText, .rank = 33, .hint = Role::kModel},
    Rule{.attribute = "ai.response.reasoning", .target = Target::kOutputReasoning, .rank = 30},
    Rule{.attribute = "ai.response.toolCalls", .target = Target::kOutputToolCalls, .rank = 30, .hint = Role::kModel},
    Rule{.attribute = "ai.result.toolCalls", .target = Target::kOutputToolCalls, .rank = 31, .hint = Role::kModel},
    Rule{.attribute = "ai.response.model", .target = Target::kModel, .rank = 25},
    Rule{.attribute = "ai.model.id", .target = Target::kModel, .rank = 30, .hint = Role::kModel},
    Rule{.attribute = "ai.model.provider",
         .target = Target::kProvider,
         .rank = 30,
         .why = "names the endpoint too (openai.chat)"},
    Rule{.attribute = "ai.settings.temperature", .target = Target::kParameter, .rank = 30, .member = "temperature"},
    Rule{.attribute = "ai.settings.topP", .target = Target::kParameter, .rank = 30, .member = "top_p"},
    Rule{.attribute = "ai.settings.topK", .target = Target::kParameter, .rank = 30, .member = "top_k"},
    Rule{.attribute = "ai.settings.maxTokens", .target = Target::kParameter, .rank = 31, .member = "max_tokens"},
    Rule{.attribute = "ai.settings.maxOutputTokens", .target = Target::kParameter, .rank = 30, .member = "max_tokens"},
    Rule{.attribute = "ai.settings.seed", .target = Target::kParameter, .rank = 30, .member = "seed"},
    Rule{.attribute = "ai.settings.frequencyPenalty",
         .target = Target::kParameter,
         .rank = 30,
         .member = "frequency_penalty"},
    Rule{.attribute = "ai.settings.presencePenalty",
         .target = Target::kParameter,
         .rank = 30,
         .member = "presence_penalty"},
    Rule{.attribute = "ai.settings.stopSequences", .target = Target::kParameter, .rank = 30, .member = "stop"},

    Rule{.attribute = "ai.usage.inputTokens", .target = Target::kUsage, .rank = 40, .member = "prompt_tokens"},
    Rule{.attribute = "ai.usage.promptTokens", .target = Target::kUsage, .rank = 41, .member = "prompt_tokens"},
    Rule{.attribute = "ai.usage.outputTokens", .target = Target::kUsage, .rank = 40, .member = "completion_tokens"},
    Rule{.attribute = "ai.usage.completionTokens", .target = Target::kUsage, .rank = 41, .member = "completion_tokens"},
    Rule{.attribute = "ai.usage.totalTokens", .target = Target::kUsage, .rank = 40, .member = "total_tokens"},
    Rule{.attribute = "ai.usage.tokens", .target = Target::kUsage, .rank = 41, .member = "total_tokens"},
    Rule{.attribute = "ai.usage.inputTokenDetails.cacheReadTokens",
         .target = Target::kUsage,
         .rank = 55,
         .member = "prompt_tokens_details.cached_tokens"},
    Rule{.attribute = "ai.usage.cachedInputTokens",
         .target = Target::kUsage,
         .rank = 60,
         .member = "prompt_tokens_details.cached_tokens"},
    Rule{.attribute = "ai.usage.inputTokenDetails.cacheWriteTokens",
         .target = Target::kUsage,
         .rank = 60,
         .member = "prompt_tokens_details.cache_write_tokens"},
    Rule{.attribute = "ai.usage.reasoningTokens",
         .target = Target::kUsage,
         .rank = 40,
         .member = "completion_tokens_details.reasoning_tokens"},
    Rule{.attribute = "ai.response.msToFirstChunk",
         .target = Target::kFirstToken,
         .rank = 20,
         .form = Form::kMilliseconds},
    Rule{.attribute = "ai.response.id", .target = Target::kResponseId, .rank = 20},
    Rule{.attribute = "ai.response.finishReason", .target = Target::kFinishReason, .rank = 20},
    Rule{.attribute = "ai.toolCall.name", .target = Target::kToolName, .rank = 20, .hint = Role::kTool},
    Rule{.attribute = "ai.toolCall.id", .target = Target::kToolCallId, .rank = 20, .hint = Role::kTool},
    Rule{.attribute = "ai.toolCall.args", .target = Target::kToolArguments, .rank = 20, .hint = Role::kTool},
    Rule{.attribute = "ai.toolCall.input", .target = Target::kToolArguments, .rank = 21, .hint = Role::kTool},
    Rule{.attribute = "ai.toolCall.result", .target = Target::kToolResult, .rank = 20, .hint = Role::kTool},
    Rule{.attribute = "ai.toolCall.output", .target = Target::kToolResult, .rank = 21, .hint = Role::kTool},
    Rule{.attribute = "ai.telemetry.metadata.sessionId", .target = Target::kSession, .rank = 50},
    Rule{.attribute = "ai.telemetry.metadata.userId", .target = Target::kUser, .rank = 40},
    Rule{.attribute = "ai.telemetry.metadata.tags", .target = Target::kTags, .rank = 30},
    Rule{.attribute = "ai.telemetry.metadata.", .target = Target::kMetadata, .rank = 40, .form = Form::kPrefixed},
    Rule{.attribute = "ai.request.headers.",
         .target = Target::kDropped,
         .form = Form::kPrefixed,
         .why = "may have keys in them"},
};

}  // namespace

std::span<const Rule> vercel_rules() {
  return kRules;
}

}  // namespace gleaner::gateway::otlp
