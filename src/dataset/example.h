// From interactions and what people said about them to training examples.
//
// Which answer of an interaction counts (the rule of an example), the first that there is:
//   demonstrated  the newest output that somebody gave where the application had none of its own;
//   corrected     the newest corrected output: a correction or an edit that brought one;
//   approved      its own answer, where people approve of it: a thumbs up or an approval in review that nothing
//   outweighs; original      its own answer.
// Its own answer is
//   the artifact, where the artifact is the point: kinds workflow and extraction, or no output at all; it becomes an
//   assistant message whose content is its JSON;
//   the steps of its trajectory as tool calls, and the output behind them, unless the messages hold tool calls already;
//   the output;
// A correction of what an agent said at the end of its run is of that alone: its steps stay, at the end of the prompt.
//   where the conversation goes on after the assistant's last turn: that turn, and what follows it is cut off.
// A workflow without a system prompt gets one that names its platform.
//
// Thread contract: an ExampleBuilder belongs to one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/agent_turns.h"
#include "record/messages.h"
#include "store/store.h"

namespace gleaner::dataset {

// What is learned: the answer; to prefer one answer to another; which answers are good and which are bad.
enum class Task { kSupervised, kPreference, kUnpaired };
std::string_view task_name(Task task);  // "supervised", "preference", "unpaired"
Result<Task> parse_task(std::string_view name);

enum class Rule { kDemonstrated, kCorrected, kApproved, kOriginal };
std::string_view rule_name(Rule rule);
Result<Rule> parse_rule(std::string_view name);

struct Example {
  Task task = Task::kSupervised;
  Rule rule = Rule::kOriginal;               // of the answer
  std::vector<std::string> interaction_ids;  // that it came from, that of the prompt first
  std::string prompt;                        // JSON array: the conversation before the answer
  std::string answer;                        // JSON array of turns, the last one from the assistant
  std::string rejected;                      // of a preference: the same, worse
  bool label = true;                         // of an unpaired one: whether the answer is good
  std::string tools;                         // JSON array, or empty
  // The tools were told from the answer's calls: functions in OpenAI's shape, which a format may pass on as they are.
  bool tools_shown = false;
  // The messages are only role and text; a format may pass them on as they are.
  bool plain = true;
  std::string metadata;  // JSON object: where it comes from and how it was judged
};

// Appends the prompt and the turns behind it as one JSON array.
void append_conversation(std::string& out, std::string_view prompt, std::string_view turns);

// Why an interaction is no example; counted in the report of an export.
enum class LeftOut { kNothing, kNoInput, kNoAnswer, kRule, kNothingRejected, kNoVerdict, kUnseen };
std::string_view left_out_name(LeftOut reason);

struct ExampleOptions {
  Task task = Task::kSupervised;
  std::vector<Rule> rules;  // that count; empty for all
  bool metadata = false;    // whether it is filled in
};

class ExampleBuilder {
 public:
  explicit ExampleBuilder(ExampleOptions options) : options_(std::move(options)) {}

  // Appends the examples that the interaction gives by itself to `out`, or says why there is none. A corrected one
  // gives a preference, and two unpaired ones. Errors: kDataLoss when a stored record does not parse.
  Result<LeftOut> build(const store::Stored& stored, std::vector<Example>& out);

 private:
  struct Answer {
    std::string turns;     // empty if there is none
    std::string tools;     // that the trajectory shows
    size_t answer_at = 0;  // of `turns`: as of AgentTurns
  };
  // May cut the end of `prompt` off.
  Result<Answer> own_answer(const record::Interaction& interaction, std::string& prompt);
  Result<LeftOut> add(const store::Stored& stored, Example&& base, Answer own, std::vector<Example>& out);
  Status push(Example example, bool prompt_plain, std::vector<Example>& out);
  bool counts(Rule rule) const;

  const ExampleOptions options_;
  record::MessageInspector inspector_;
  AgentTurnsReader agent_turns_;
};

}  // namespace gleaner::dataset
