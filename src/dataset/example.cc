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

Result<bool> ExampleBuilder::choose_answer(const store::Stored& stored, std::string& answer) const {
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
  return !answer.empty();
}

Result<LeftOut> ExampleBuilder::build(const store::Stored& stored, Example& example) {
  const record::Interaction& i = stored.interaction;
  if (i.messages.empty()) return LeftOut::kNoInput;
  std::string answer;
  TRY_ASSIGN(const bool answered, choose_answer(stored, answer));
  if (!answered) return LeftOut::kNoAnswer;
  TRY_ASSIGN(const record::MessagesFacts input, inspector_.inspect(i.messages.text));
  if (!input.has_user) return LeftOut::kNoInput;
  TRY_ASSIGN(const record::MessagesFacts output, inspector_.inspect(answer));
  example.interaction_id = i.id;
  example.plain = input.plain && output.plain;
  example.tools = i.tools.text == "[]" ? "" : i.tools.text;
  example.messages.clear();
  if (i.kind == "workflow" && !input.has_system) {
    example.messages.append("[").append(
        message("system", fmt::format("You are an expert {} workflow generator.", i.platform)));
    example.messages.append(",").append(i.messages.text, 1, i.messages.text.size() - 2);
  } else {
    example.messages.append(i.messages.text, 0, i.messages.text.size() - 1);
  }
  example.messages.append(",").append(answer).append("]");
  return LeftOut::kNothing;
}

}  // namespace gleaner::dataset
