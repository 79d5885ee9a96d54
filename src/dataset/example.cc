#include "dataset/example.h"

#include <ranges>

#include <fmt/format.h>

#include "base/json.h"

namespace gleaner::dataset {
namespace {

bool artifact_is_the_point(const record::Interaction& interaction) {
  return !interaction.artifact.empty() &&
         (interaction.output.empty() || interaction.kind == "workflow" || interaction.kind == "extraction");
}

std::string message(std::string_view role, std::string_view content) {
  std::string out;
  json::Writer(out).begin_object().field("role", role).field("content", content).end_object();
  return out;
}

// Moves the assistant's last turn out of the conversation; what follows it is dropped. False if there is none.
Result<bool> split_last_turn(std::string& messages, std::string& answer) {
  TRY_ASSIGN(json::Value conversation, json::parse(messages));
  std::vector<json::Value>& turns = conversation.items();
  while (!turns.empty() && turns.back().find_string("role") != "assistant") turns.pop_back();
  if (turns.empty()) return false;
  answer = turns.back().dump();
  turns.pop_back();
  messages = conversation.dump();
  return true;
}

}  // namespace

std::string_view left_out_name(LeftOut reason) {
  switch (reason) {
    case LeftOut::kNothing:
      return "";
    case LeftOut::kNoInput:
      return "no input messages";
    case LeftOut::kNoAnswer:
      return "no answer to learn from";
  }
  return "";
}

Result<bool> ExampleBuilder::choose_answer(const store::Stored& stored, std::string& input, std::string& answer) const {
  const record::Interaction& i = stored.interaction;
  for (const record::Signal& signal : std::views::reverse(stored.signals)) {
    const bool corrects = signal.kind == record::SignalKind::kCorrection || signal.kind == record::SignalKind::kEdit;
    if (!corrects || signal.output.empty()) continue;
    answer = signal.output.text;
    return true;
  }
  if (artifact_is_the_point(i)) {
    answer = message("assistant", i.artifact.text);
    return true;
  }
  answer = i.output.text;
  return answer.empty() ? split_last_turn(input, answer) : Result<bool>(true);
}

Result<LeftOut> ExampleBuilder::build(const store::Stored& stored, Example& example) {
  const record::Interaction& i = stored.interaction;
  if (i.messages.empty()) return LeftOut::kNoInput;
  std::string input = i.messages.text;
  std::string answer;
  TRY_ASSIGN(const bool answered, choose_answer(stored, input, answer));
  if (!answered) return LeftOut::kNoAnswer;
  TRY_ASSIGN(const record::MessagesFacts asked, inspector_.inspect(input));
  if (!asked.has_user) return LeftOut::kNoInput;
  TRY_ASSIGN(const record::MessagesFacts said, inspector_.inspect(answer));
  example.interaction_id = i.id;
  example.plain = asked.plain && said.plain;
  example.tools = i.tools.text == "[]" ? "" : i.tools.text;
  example.messages = "[";
  if (i.kind == "workflow" && !asked.has_system) {
    example.messages.append(message("system", fmt::format("You are an expert {} workflow generator.", i.platform)));
    example.messages.append(",");
  }
  example.messages.append(input, 1, input.size() - 2).append(",").append(answer).append("]");
  return LeftOut::kNothing;
}

}  // namespace gleaner::dataset
