#include "dataset/format/format.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "dataset/format/parquet_columns.h"

namespace gleaner::dataset {
namespace {

constexpr std::string_view kJsonl = "application/jsonl";
constexpr std::string_view kExtension = ".jsonl";

constexpr FileRules kOpenAiFile = {.min_lines = 10, .max_bytes = uint64_t{512} << 20, .byte_order_mark = true};
constexpr FileRules kTogetherFile = {.min_lines = 1, .max_bytes = 53'794'465'382};  // 50.1 GiB

constexpr std::string_view kOpenai[] = {"messages", "tools", "parallel_tool_calls"};
constexpr std::string_view kOpenaiDpo[] = {"input", "preferred_output", "non_preferred_output"};
constexpr std::string_view kTrl[] = {"messages", "tools"};
constexpr std::string_view kTrlPromptCompletion[] = {"prompt", "completion", "tools"};
constexpr std::string_view kTrlPreference[] = {"prompt", "chosen", "rejected", "tools"};
constexpr std::string_view kTrlKto[] = {"prompt", "completion", "label", "tools"};
constexpr std::string_view kSharegpt[] = {"conversations", "tools"};
constexpr std::string_view kAlpaca[] = {"instruction", "output", "input", "system"};
constexpr std::string_view kAxolotl[] = {"messages", "tools"};
constexpr std::string_view kAxolotlDpo[] = {"messages", "chosen", "rejected"};
constexpr std::string_view kLlamaFactory[] = {"messages", "system", "tools"};
constexpr std::string_view kLlamaFactoryDpo[] = {"messages", "chosen", "rejected", "system", "tools"};
constexpr std::string_view kLlamaFactoryKto[] = {"messages", "kto_tag", "system", "tools"};
constexpr std::string_view kBedrockClaude[] = {"messages", "system"};
constexpr std::string_view kBedrockConverse[] = {"schemaVersion", "messages", "system"};
constexpr std::string_view kGemini[] = {"contents", "systemInstruction", "tools"};
constexpr std::string_view kGeminiPreference[] = {"contents", "completions", "system_instruction"};
constexpr std::string_view kMistral[] = {"messages", "tools"};
constexpr std::string_view kTogether[] = {"messages"};
constexpr std::string_view kTogetherDpo[] = {"input", "preferred_output", "non_preferred_output"};
constexpr std::string_view kPromptResponse[] = {"prompt", "response"};
constexpr std::string_view kInstructionOutput[] = {"instruction", "output", "metadata"};
constexpr std::string_view kParquet[] = {"messages", "tools", "interaction_ids", "metadata"};
constexpr std::string_view kParquetPreference[] = {"prompt", "chosen",          "rejected",
                                                   "tools",  "interaction_ids", "metadata"};
constexpr std::string_view kParquetKto[] = {"prompt", "completion", "label", "tools", "interaction_ids", "metadata"};

constexpr Format parquet(std::string_view name, std::string_view description, Task task,
                         decltype(Format::append) append, decltype(Format::check) check,
                         std::span<const std::string_view> members, std::string_view columns) {
  return {name, description, task,   "application/vnd.apache.parquet", ".parquet", append, check, members,
          {},   true,        columns};
}

// Where the lines of two rows can look alike, a file is taken for the first of them.
constexpr std::array kFormats = {
    Format{"openai", "OpenAI chat fine-tuning (Azure, Fireworks): {\"messages\":[...],\"tools\":[...]}",
           Task::kSupervised, kJsonl, kExtension, &append_openai, &check_openai, kOpenai, kOpenAiFile},
    Format{"openai-dpo",
           "OpenAI preferences (Azure, Fireworks): {\"input\",\"preferred_output\",\"non_preferred_output\"}",
           Task::kPreference, kJsonl, kExtension, &append_openai_dpo, &check_openai_dpo, kOpenaiDpo, kOpenAiFile},
    Format{"trl", "TRL language modelling: {\"messages\":[...],\"tools\":[...]}, arguments of tools as objects",
           Task::kSupervised, kJsonl, kExtension, &append_trl, &check_trl, kTrl},
    Format{"trl-prompt-completion", "TRL: {\"prompt\":[...],\"completion\":[...]}", Task::kSupervised, kJsonl,
           kExtension, &append_trl_prompt_completion, &check_trl_prompt_completion, kTrlPromptCompletion},
    Format{"trl-preference", "TRL preferences: {\"prompt\":[...],\"chosen\":[...],\"rejected\":[...]}",
           Task::kPreference, kJsonl, kExtension, &append_trl_preference, &check_trl_preference, kTrlPreference},
    Format{"trl-kto",
           "TRL unpaired: {\"prompt\":[...],\"completion\":[...],\"label\":true}",
           Task::kUnpaired,
           kJsonl,
           kExtension,
           &append_trl_kto,
           &check_trl_kto,
           kTrlKto,
           {.both_labels = "label"}},
    Format{"sharegpt", "ShareGPT: {\"conversations\":[{\"from\",\"value\"}...]}", Task::kSupervised, kJsonl, kExtension,
           &append_sharegpt, &check_sharegpt, kSharegpt},
    Format{"alpaca", "Alpaca: {\"instruction\",\"input\",\"output\"}, one question and answer", Task::kSupervised,
           kJsonl, kExtension, &append_alpaca, &check_alpaca, kAlpaca},
    Format{"axolotl", "Axolotl, type chat_template: {\"messages\":[...],\"tools\":\"...\"}", Task::kSupervised, kJsonl,
           kExtension, &append_axolotl, &check_axolotl, kAxolotl},
    Format{"axolotl-dpo", "Axolotl preferences: {\"messages\":[...],\"chosen\":{},\"rejected\":{}}", Task::kPreference,
           kJsonl, kExtension, &append_axolotl_dpo, &check_axolotl_dpo, kAxolotlDpo},
    Format{"llama-factory", "LLaMA-Factory, sharegpt with tags: {\"messages\":[...],\"system\",\"tools\"}",
           Task::kSupervised, kJsonl, kExtension, &append_llama_factory, &check_llama_factory, kLlamaFactory},
    Format{"llama-factory-dpo", "LLaMA-Factory preferences: the same with \"chosen\":{} and \"rejected\":{}",
           Task::kPreference, kJsonl, kExtension, &append_llama_factory_dpo, &check_llama_factory_dpo,
           kLlamaFactoryDpo},
    Format{"llama-factory-kto",
           "LLaMA-Factory unpaired: the same with \"kto_tag\":true",
           Task::kUnpaired,
           kJsonl,
           kExtension,
           &append_llama_factory_kto,
           &check_llama_factory_kto,
           kLlamaFactoryKto,
           {.both_labels = "kto_tag"}},
    Format{"bedrock-claude", "Claude on Amazon Bedrock: {\"system\",\"messages\":[...]}, strictly in turns",
           Task::kSupervised, kJsonl, kExtension, &append_bedrock_claude, &check_bedrock_claude, kBedrockClaude},
    Format{"bedrock-converse", "Nova and Llama on Amazon Bedrock: {\"schemaVersion\",\"system\",\"messages\"}",
           Task::kSupervised, kJsonl, kExtension, &append_bedrock_converse, &check_bedrock_converse, kBedrockConverse},
    Format{"gemini", "Gemini on Vertex AI: {\"systemInstruction\",\"contents\":[...],\"tools\"}", Task::kSupervised,
           kJsonl, kExtension, &append_gemini, &check_gemini, kGemini},
    Format{
        "gemini-preference", "Gemini preferences: {\"contents\":[...],\"completions\":[{\"score\",\"completion\"}...]}",
        Task::kPreference, kJsonl, kExtension, &append_gemini_preference, &check_gemini_preference, kGeminiPreference},
    Format{"mistral",
           "Mistral: {\"messages\":[...],\"tools\":[...]}, ids of calls of nine characters",
           Task::kSupervised,
           kJsonl,
           kExtension,
           &append_mistral,
           &check_mistral,
           kMistral,
           {.min_lines = 10, .max_lines = 10'000'000, .min_bytes = 1000, .max_bytes = 10'000'000'000}},
    Format{"together", "Together: {\"messages\":[...]} and nothing else", Task::kSupervised, kJsonl, kExtension,
           &append_together, &check_together, kTogether, kTogetherFile},
    Format{"together-dpo", "Together preferences: {\"input\",\"preferred_output\",\"non_preferred_output\"}",
           Task::kPreference, kJsonl, kExtension, &append_together_dpo, &check_together_dpo, kTogetherDpo,
           kTogetherFile},
    Format{"prompt-response", "{\"prompt\",\"response\"}, one question and answer", Task::kSupervised, kJsonl,
           kExtension, &append_prompt_response, &check_prompt_response, kPromptResponse},
    Format{"instruction-output",
           "{\"instruction\",\"output\",\"metadata\"}, one question and answer",
           Task::kSupervised,
           kJsonl,
           kExtension,
           &append_instruction_output,
           &check_instruction_output,
           kInstructionOutput,
           {},
           true},
    parquet("parquet", "Parquet with typed columns: messages, tools, where it comes from", Task::kSupervised,
            &append_parquet, &check_parquet, kParquet, kParquetColumns),
    parquet("parquet-preference", "the same of preferences: prompt, chosen, rejected", Task::kPreference,
            &append_parquet_preference, &check_parquet_preference, kParquetPreference, kParquetPreferenceColumns),
    parquet("parquet-kto", "the same of unpaired examples: prompt, completion, label", Task::kUnpaired,
            &append_parquet_kto, &check_parquet_kto, kParquetKto, kParquetKtoColumns),
};

}  // namespace

std::span<const Format> formats() {
  return kFormats;
}

Result<const Format*> find_format(std::string_view name) {
  const auto* const found = std::ranges::find(kFormats, name, &Format::name);
  if (found != kFormats.end()) return found;
  std::string names;
  for (const Format& format : kFormats)
    names += names.empty() ? std::string(format.name) : ", " + std::string(format.name);
  return fail(Code::kInvalidArgument, fmt::format("output_format: expected one of {}; got \"{}\"", names, name));
}

}  // namespace gleaner::dataset
