// The runs of question-answering agents:
//   - FireAct: {"id","reward","em","f1","gt","pred","prompt","traj"}, where traj is a list of messages or one text;
//   - ReAct and Reflexion: {"question" or "claim", "steps":[{"thought","action","observation"}...], "info"}.
//
// Ids of these files are those of the questions: every model that was asked has the same. They stay in the metadata.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "gateway/import/shapes.h"
#include "gateway/import/steps.h"

namespace gleaner::gateway {
namespace {

using json::Value;

bool has_steps(const Value& element) {
  const Value* const steps = element.find("steps");
  if (steps == nullptr || steps->items().empty()) return false;
  const Value& first = steps->items().front();
  return first.find("action") != nullptr || first.find("thought") != nullptr;
}

// The question in what stands before the first step: below "### Instruction:" where that template is used.
std::string_view question_in(std::string_view text) {
  constexpr std::string_view kInstruction = "### Instruction:";
  constexpr std::string_view kQuestion = "Question:";
  if (const size_t start = text.find(kInstruction); start != std::string_view::npos) {
    text.remove_prefix(start + kInstruction.size());
    text = text.substr(0, text.find("\n### "));
  }
  text = trim(text);
  if (text.starts_with(kQuestion)) text.remove_prefix(kQuestion.size());
  return trim(text);
}

// True as JSON writes it, or as a number.
bool is_truthy(const Value& value) {
  return value.is_bool() ? value.as_bool() : value.is_number() && value.as_double() > 0;
}

void set_success(Draft& draft) {
  const Value* const outcome = draft.peek("outcome");
  const Value* const reward = draft.peek("reward");
  const Value* const match = draft.peek("em");
  if (outcome != nullptr && outcome->is_string()) {
    draft.set("success", Value::boolean(outcome->text() == "correct"));
  } else if (reward != nullptr || match != nullptr) {
    draft.set("success",
              Value::boolean((reward != nullptr && is_truthy(*reward)) || (match != nullptr && is_truthy(*match))));
  }
}

void set_run(Draft& draft, std::vector<Value> prompt, std::string_view question, Value steps) {
  if (const std::string_view answer = final_answer(steps); !answer.empty()) draft.set("output", text_value(answer));
  if (!steps.items().empty()) draft.set("trajectory", std::move(steps));
  if (!question.empty()) prompt.push_back(message("user", question));
  if (!prompt.empty()) draft.set("messages", Value::array(std::move(prompt)), "prompt");
}

// What the agent was told before the question: messages, or a text of instructions and examples.
Result<std::vector<Value>> take_prompt(Draft& draft) {
  const Value* const prompt = draft.use({"prompt"});
  if (prompt == nullptr) return std::vector<Value>();
  if (prompt->is_array()) return prompt->items();
  if (!prompt->is_string()) return wrong("prompt", "a string or an array of messages", *prompt);
  if (prompt->text().empty()) return std::vector<Value>();
  return std::vector<Value>{message("system", prompt->text())};
}

// Messages in which the assistant thinks and acts, and the observations are the user's.
Status take_messages(Draft& draft, const std::vector<Value>& messages, std::vector<Value> prompt) {
  std::string said;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (!messages[i].is_object()) return wrong(fmt::format("traj[{}]", i), "an object", messages[i]);
    if (said.empty() && messages[i].find_string("role") != "assistant") continue;
    said.append(messages[i].find_string("content").value_or("")).append("\n");
  }
  Value steps = read_react(said).steps;
  if (!steps.items().empty()) draft.set("trajectory", std::move(steps), "traj");
  const std::string origin = prompt.empty() ? "traj" : "prompt and traj";
  prompt.insert(prompt.end(), messages.begin(), messages.end());
  set_conversation(draft, std::move(prompt), origin);
  return {};
}

Status take_traj(Draft& draft) {
  const Value* const traj = draft.use({"traj"});
  if (traj == nullptr) return fail(Code::kInvalidArgument, "traj: missing; expected a string or an array of messages");
  TRY_ASSIGN(std::vector<Value> prompt, take_prompt(draft));
  if (traj->is_array()) return take_messages(draft, traj->items(), std::move(prompt));
  if (!traj->is_string()) return wrong("traj", "a string or an array of messages", *traj);
  ReActText run = read_react(traj->text());
  set_run(draft, std::move(prompt), question_in(run.before), std::move(run.steps));
  return {};
}

Status take_steps(Draft& draft) {
  TRY_ASSIGN(const Value* const steps, draft.need({"steps"}, Kind::kArray));
  TRY_ASSIGN(const Value* const question, draft.use({"question", "claim"}, Kind::kString));
  TRY_ASSIGN(Value ours, read_steps("steps", *steps));
  if (const Value* const info = draft.peek("info"); info != nullptr && info->is_object()) TRY(draft.open("info"));
  set_run(draft, {}, question == nullptr ? std::string_view() : question->text(), std::move(ours));
  return {};
}

}  // namespace

bool is_trajectory(const Value& element) {
  return element.find("traj") != nullptr || has_steps(element);
}

Result<Records> convert_trajectory(const Value& element, record::Decoder& decoder) {
  TRY_ASSIGN(Draft draft, Draft::of(element));
  draft.identify();
  draft.set("kind", text_value("agent"));
  TRY(has_steps(element) ? take_steps(draft) : take_traj(draft));
  set_success(draft);
  return one(draft.interaction(decoder));
}

}  // namespace gleaner::gateway
