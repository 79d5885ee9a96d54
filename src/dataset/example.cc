#include "dataset/example.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "base/json.h"
#include "dataset/normal_json.h"
#include "record/kind.h"

namespace gleaner::dataset {
namespace {

constexpr std::array<std::string_view, 3> kTasks = {"supervised", "preference", "unpaired"};
constexpr std::array<std::string_view, 4> kRules = {"demonstrated", "corrected", "approved", "original"};

template <typename Enum, size_t kCount>
Result<Enum> parse(std::string_view what, std::string_view name, const std::array<std::string_view, kCount>& names) {
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<Enum>(found - names.begin());
  return fail(Code::kInvalidArgument,
              fmt::format("{}: expected one of {}; got \"{}\"", what, fmt::join(names, ", "), name));
}

bool artifact_is_the_point(const record::Interaction& interaction) {
  return !interaction.artifact.empty() &&
         (interaction.output.empty() || interaction.kind == "workflow" || interaction.kind == "extraction");
}

std::string message(std::string_view role, std::string_view content) {
  std::string out;
  json::Writer(out).begin_object().field("role", role).field("content", content).end_object();
  return out;
}

std::string array_of(std::string_view element) {
  std::string out;
  out.reserve(element.size() + 2);
  return out.append("[").append(element).append("]");
}

// Moves the assistant's last turn out of the conversation; what follows it is dropped. Empty if there is none.
Result<std::string> split_last_turn(std::string& messages) {
  json::Walker walker;
  TRY_ASSIGN(auto document, walker.begin(messages));
  json::ondemand::array turns;
  if (const auto error = document.get_array().get(turns)) return json::syntax_error(error);
  std::string said = "[";
  size_t last = 0;  // where the assistant's last turn starts and ends
  size_t end = 0;
  for (auto item : turns) {
    json::ondemand::value turn;
    if (const auto error = item.get(turn)) return json::syntax_error(error);
    if (said.size() > 1) said += ',';
    const size_t start = said.size();
    constexpr int kTurnDepth = 2;
    TRY(append_normal(walker, turn, said, kTurnDepth));
    if (!said_by_assistant(std::string_view(said).substr(start))) continue;
    last = start;
    end = said.size();
  }
  if (!json::at_end(document)) return json::syntax_error(simdjson::TRAILING_CONTENT);
  if (end == 0) return std::string();
  std::string answer = array_of(std::string_view(said).substr(last, end - last));
  said.resize(last == 1 ? 1 : last - 1);
  said += ']';
  messages = std::move(said);
  return answer;
}

bool holds_tool_calls(const record::Interaction& interaction) {
  return interaction.messages.text.find("\"tool_calls\"") != std::string::npos;
}

// Moves the turns before `answer_at` to the end of the prompt.
void move_steps(std::string& turns, size_t answer_at, std::string& prompt) {
  const std::string steps = array_of(std::string_view(turns).substr(1, answer_at - 2));
  std::string with_steps;
  append_conversation(with_steps, prompt, steps);
  prompt = std::move(with_steps);
  turns.erase(1, answer_at - 1);
}

const record::Signal* newest_correction(const store::Stored& stored) {
  for (const record::Signal& signal : std::views::reverse(stored.signals)) {
    const bool corrects = signal.kind == record::SignalKind::kCorrection || signal.kind == record::SignalKind::kEdit;
    if (corrects && !signal.output.empty()) return &signal;
  }
  return nullptr;
}

std::string metadata_of(const store::Stored& stored, Rule rule, const record::Signal* correction) {
  const record::Interaction& i = stored.interaction;
  std::string out;
  json::Writer w(out);
  const auto text = [&w](std::string_view name, const std::string& value) {
    if (!value.empty()) w.field(name, value);
  };
  w.begin_object().field("id", i.id);
  text("platform", i.platform);
  text("kind", i.kind);
  text("session_id", i.session_id);
  text("user_id", i.user_id);
  if (i.created_at) w.field("created_at", format_time(*i.created_at));
  text("model", i.model);
  text("language", i.language);
  text("intent", i.intent);
  text("relevance", i.relevance);
  if (!i.tags.empty()) {
    w.key("tags").begin_array();
    for (const std::string& tag : i.tags) w.string(tag);
    w.end_array();
  }
  if (i.quality_score) w.field("quality_score", *i.quality_score);
  if (i.auto_score) w.field("auto_score", *i.auto_score);
  text("experiment", i.experiment);
  text("variant", i.variant);
  w.field("answer", rule_name(rule));
  if (correction != nullptr) text("answer_by", correction->user_id);
  std::string verdict;
  record::encode(stored.verdict, verdict);
  w.key("verdict").raw(verdict).end_object();
  return out;
}

}  // namespace

std::string_view task_name(Task task) {
  return kTasks[std::to_underlying(task)];
}

Result<Task> parse_task(std::string_view name) {
  return parse<Task>("task", name, kTasks);
}

std::string_view rule_name(Rule rule) {
  return kRules[std::to_underlying(rule)];
}

Result<Rule> parse_rule(std::string_view name) {
  return parse<Rule>("answers", name, kRules);
}

void append_conversation(std::string& out, std::string_view prompt, std::string_view turns) {
  out.append(prompt.substr(0, prompt.size() - 1));
  if (prompt.size() > 2) out += ',';
  out.append(turns.substr(1));
}

std::string_view left_out_name(LeftOut reason) {
  switch (reason) {
    case LeftOut::kNothing:
      return "";
    case LeftOut::kNoInput:
      return "no input messages";
    case LeftOut::kNoAnswer:
      return "no answer to learn from";
    case LeftOut::kRule:
      return "another rule for its answer";
    case LeftOut::kNothingRejected:
      return "no answer that is worse";
    case LeftOut::kNoVerdict:
      return "nobody said whether the answer is good";
    case LeftOut::kUnseen:
      return "a shadow's answer that nobody has judged";
  }
  return "";
}

bool ExampleBuilder::counts(Rule rule) const {
  return options_.rules.empty() || std::ranges::find(options_.rules, rule) != options_.rules.end();
}

Result<ExampleBuilder::Answer> ExampleBuilder::own_answer(const record::Interaction& interaction, std::string& prompt) {
  if (artifact_is_the_point(interaction))
    return Answer{array_of(message("assistant", interaction.artifact.text)), {}, 0};
  if (!interaction.trajectory.empty() && !holds_tool_calls(interaction)) {
    TRY_ASSIGN(AgentTurns turns, agent_turns_.read(interaction.trajectory.text, interaction.output.text));
    if (!turns.turns.empty()) return Answer{std::move(turns.turns), std::move(turns.tools), turns.answer_at};
  }
  if (!interaction.output.empty()) return Answer{array_of(interaction.output.text), {}, 0};
  TRY_ASSIGN(std::string last, split_last_turn(prompt));
  return Answer{std::move(last), {}, 0};
}

Status ExampleBuilder::push(Example example, bool prompt_plain, std::vector<Example>& out) {
  example.plain = prompt_plain && !example.tools_shown;
  for (const std::string* const turns : {&example.answer, &example.rejected}) {
    // Turns with the calls that tools were told from are ours, and not plain.
    if (turns->empty() || example.tools_shown) continue;
    TRY_ASSIGN(const record::MessagesFacts said, inspector_.inspect(*turns));
    example.plain &= said.plain;
  }
  out.push_back(std::move(example));
  return {};
}

Result<LeftOut> ExampleBuilder::build(const store::Stored& stored, std::vector<Example>& out) {
  const record::Interaction& i = stored.interaction;
  if (i.messages.empty()) return LeftOut::kNoInput;
  if (i.kind == record::kShadowKind && stored.verdict.signals == 0) return LeftOut::kUnseen;
  Example base;
  base.task = options_.task;
  base.prompt = i.messages.text;
  TRY_ASSIGN(Answer own, own_answer(i, base.prompt));
  base.interaction_ids.push_back(i.id);
  base.tools = i.tools.text == "[]" ? "" : i.tools.text;
  return add(stored, std::move(base), std::move(own), out);
}

Result<LeftOut> ExampleBuilder::add(const store::Stored& stored, Example&& base, Answer own,
                                    std::vector<Example>& out) {
  const record::Interaction& i = stored.interaction;
  const record::Signal* const correction = newest_correction(stored);
  if (correction == nullptr && own.turns.empty()) return LeftOut::kNoAnswer;
  TRY_ASSIGN(const record::MessagesFacts asked, inspector_.inspect(base.prompt));
  if (!asked.has_user) return LeftOut::kNoInput;
  if (i.kind == "workflow" && !asked.has_system) {
    std::string system_first;
    const std::string system = message("system", fmt::format("You are an expert {} workflow generator.", i.platform));
    append_conversation(system_first, array_of(system), base.prompt);
    base.prompt = std::move(system_first);
  }
  base.rule = correction == nullptr ? (stored.verdict.positive() ? Rule::kApproved : Rule::kOriginal)
                                    : (own.turns.empty() ? Rule::kDemonstrated : Rule::kCorrected);
  if (!counts(base.rule)) return LeftOut::kRule;
  if (options_.metadata) base.metadata = metadata_of(stored, base.rule, correction);
  const std::string corrected = correction == nullptr ? std::string() : array_of(correction->output.text);
  const bool steps_stay = correction != nullptr && own.answer_at > 0;
  if (steps_stay) move_steps(own.turns, own.answer_at, base.prompt);
  if ((correction == nullptr || steps_stay) && base.tools.empty()) {
    base.tools_shown = !own.tools.empty();
    base.tools = std::move(own.tools);
  }
  switch (base.task) {
    case Task::kSupervised:
      base.answer = correction == nullptr ? std::move(own.turns) : corrected;
      break;
    case Task::kPreference:
      if (correction == nullptr || own.turns.empty() || own.turns == corrected) return LeftOut::kNothingRejected;
      base.answer = corrected;
      base.rejected = std::move(own.turns);
      break;
    case Task::kUnpaired:
      if (correction == nullptr && !stored.verdict.positive() && !stored.verdict.negative()) return LeftOut::kNoVerdict;
      base.label = correction != nullptr || stored.verdict.positive();
      if (correction != nullptr && !own.turns.empty() && own.turns != corrected) {
        Example original = base;
        original.answer = own.turns;
        original.label = false;
        TRY(push(std::move(original), asked.plain && !steps_stay, out));
      }
      base.answer = correction == nullptr ? std::move(own.turns) : corrected;
      break;
  }
  TRY(push(std::move(base), asked.plain && !steps_stay, out));
  return LeftOut::kNothing;
}

}  // namespace gleaner::dataset
