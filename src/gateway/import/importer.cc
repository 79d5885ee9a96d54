#include "gateway/import/importer.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "gateway/import/shapes.h"

namespace gleaner::gateway {
namespace {

// The most telling shapes first: the last ones take what looks only a little like them.
constexpr std::array kShapes = {
    Shape{"tree", "", "OpenAssistant conversation trees, with ranks and emojis", &is_tree, &convert_tree},
    Shape{"collector", "", "examples_*.jsonl and corrections.jsonl of TrainingCollector", &is_collector,
          &convert_collector},
    Shape{"extraction", "", "extraction, feedback and query logs of training_logger", &is_extraction,
          &convert_extraction},
    Shape{"workflow", "n8n", "n8n workflows", &is_workflow, &convert_workflow},
    Shape{"trajectory", "", "ReAct and FireAct trajectories", &is_trajectory, &convert_trajectory},
    Shape{"agent", "", "contexts and predictions of an agent's data collector", &is_agent, &convert_agent,
          &join_agent_sessions},
    Shape{"langfuse", "", "traces, observations and scores exported by Langfuse", &is_langfuse, &convert_langfuse,
          &join_langfuse_traces, true},
    Shape{"tensorzero", "", "rows of TensorZero's inference and feedback tables", &is_tensorzero, &convert_tensorzero},
    Shape{"sharegpt", "", "ShareGPT conversations", &is_sharegpt, &convert_sharegpt},
    Shape{"openai", "", "OpenAI fine-tuning lines: chat and preference", &is_openai, &convert_openai},
    Shape{"alpaca", "", "Alpaca instructions", &is_alpaca, &convert_alpaca},
    Shape{"gleaner", "", "Gleaner's own interactions and signals", &is_gleaner, &convert_gleaner},
    Shape{"chatlog", "", "chat_logs.jsonl: one question and answer each", &is_chatlog, &convert_chatlog},
};

}  // namespace

std::span<const Shape> shapes() {
  return kShapes;
}

const Shape* find_shape(std::string_view name) {
  if (name.empty()) return nullptr;
  for (const Shape& shape : kShapes) {
    if (shape.name == name || shape.alias == name) return &shape;
  }
  return nullptr;
}

const Shape* recognise(const json::Value& element) {
  for (const Shape& shape : kShapes) {
    if (shape.recognise(element)) return &shape;
  }
  return nullptr;
}

Result<Record> decode_interaction(const json::Value& fields, record::Decoder& decoder) {
  return decoder.interaction(fields.dump());
}

Result<Record> decode_signal(const json::Value& fields, record::Decoder& decoder) {
  return decoder.signal(fields.dump());
}

std::string import_id(std::string_view namespace_name, std::string_view content) {
  constexpr size_t kDigits = 32;
  std::string both(namespace_name);
  both += '\0';
  both += content;
  return "import_" + to_hex(sha256(both)).substr(0, kDigits);
}

}  // namespace gleaner::gateway
