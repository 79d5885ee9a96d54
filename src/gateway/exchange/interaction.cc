#include "gateway/exchange/interaction.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/exchange/field.h"
#include "gateway/exchange/message.h"
#include "gateway/exchange/turn_hash.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;

void set_json(record::RawJson& field, const Value& value) {
  if (!is_empty(value)) field.text = value.dump();
}

std::string_view api_name(Operation operation) {
  switch (operation) {
    case Operation::kChatCompletions:
      return "chat.completions";
    case Operation::kResponses:
      return "responses";
    case Operation::kCompletions:
      return "completions";
    case Operation::kEmbeddings:
      return "embeddings";
    case Operation::kMessages:
      return "messages";
    case Operation::kNone:
      break;
  }
  return "";
}

std::string_view kind_of(Operation operation) {
  if (operation == Operation::kCompletions) return "completion";
  return operation == Operation::kEmbeddings ? "embedding" : "chat";
}

// What is ours keeps its name; what the client called the same gets a "_" in front.
void add_facts(Value& metadata, Value facts) {
  for (auto& [name, value] : facts.members()) {
    if (is_empty(value)) continue;
    std::string theirs = name;
    while (metadata.find(theirs) != nullptr) theirs.insert(0, "_");
    for (auto& [old, member] : metadata.members()) {
      if (theirs != name && old == name) old = theirs;
    }
    metadata.members().emplace_back(name, std::move(value));
  }
}

Value finish_reason(Value reasons) {
  const auto says_nothing = [](const Value& reason) { return is_empty(reason); };
  if (std::ranges::all_of(reasons.items(), says_nothing)) return {};
  if (reasons.items().size() == 1) return std::move(reasons.items().front());
  return reasons;
}

Value metadata_of(Exchange& exchange) {
  Value metadata = std::move(exchange.labels.metadata);
  for (auto& [name, value] : exchange.question.metadata.members()) {
    if (metadata.find(name) == nullptr) metadata.set(name, std::move(value));
  }
  Answer& answer = exchange.answer;
  Value facts = Value::object();
  facts.set("api", Value::string(std::string(api_name(exchange.operation))));
  facts.set("finish_reason", finish_reason(std::move(answer.finish_reasons)));
  facts.set("response_id", Value::string(answer.id));
  if (!answer.model.empty() && answer.model != exchange.question.model) {
    facts.set("request_model", Value::string(exchange.question.model));
  }
  if (answer.outputs.size() > 1) {
    facts.set("other_outputs", Value::array({std::make_move_iterator(answer.outputs.begin() + 1),
                                             std::make_move_iterator(answer.outputs.end())}));
  }
  add_facts(metadata, std::move(facts));
  add_facts(metadata, std::move(answer.facts));
  add_facts(metadata, std::move(exchange.question.facts));
  add_facts(metadata, std::move(exchange.transport));
  return metadata;
}

// What the provider says it costs, of those that do.
std::optional<double> told_cost(const Value& usage) {
  for (const char* const name : {"cost", "tensorzero_cost"}) {
    const Value* const cost = usage.find(name);
    if (cost != nullptr && cost->is_number() && cost->as_double() >= 0) return cost->as_double();
  }
  return {};
}

// An interaction whose messages end with an answer, and that has no output, would be read as if that was the output.
bool ends_with_prefill(const Exchange& exchange) {
  const auto& messages = exchange.question.messages;
  return exchange.answer.outputs.empty() && !messages.empty() && has_role(messages.back(), "assistant");
}

}  // namespace

Recorded recorded(Exchange&& exchange) {
  Recorded out;
  Question& question = exchange.question;
  Answer& answer = exchange.answer;
  out.outcome = Outcome::kNothingSaid;
  if (question.messages.empty() && answer.outputs.empty()) return out;
  out.outcome = Outcome::kRecorded;
  out.operation = exchange.operation;
  for (const Value& message : question.messages) {
    if (has_role(message, "system") || has_role(message, "developer")) continue;
    out.turns.push_back({turn_hash(message), has_role(message, "assistant")});
  }
  if (!answer.outputs.empty()) out.answer = turn_hash(answer.outputs.front());
  out.response_id = answer.id;
  out.previous_response_id = question.previous_response_id;
  out.conversation_id = question.conversation_id;
  out.instructions = question.instructions;

  record::Interaction& one = out.interaction;
  Labels& labels = exchange.labels;
  one.id = std::move(labels.id);
  one.platform = std::move(labels.platform);
  one.kind = labels.kind.empty() ? std::string(kind_of(exchange.operation)) : std::move(labels.kind);
  one.session_id = !labels.session_id.empty()     ? std::move(labels.session_id)
                   : !question.session_id.empty() ? id_field(question.session_id)
                                                  : id_field(question.conversation_id);
  one.user_id = labels.user_id.empty() ? id_field(question.user_id) : std::move(labels.user_id);
  one.tags = std::move(labels.tags);
  one.intent = std::move(labels.intent);
  one.experiment = std::move(labels.experiment);
  one.variant = std::move(labels.variant);
  one.created_at = exchange.created_at;
  one.model = name_field(answer.model.empty() ? question.model : answer.model);
  one.provider = name_field(exchange.provider);
  one.latency_ms = exchange.latency_ms;
  one.ttft_ms = exchange.ttft_ms;
  one.success = answer.error.is_null();
  set_json(one.error, answer.error);
  set_json(one.usage, answer.usage);
  one.cost_usd = exchange.cost_usd ? exchange.cost_usd : told_cost(answer.usage);
  set_json(one.parameters, question.parameters);
  set_json(one.tools, question.tools);
  if (fits(answer.id, kMaxIdBytes))
    one.items.text = Value::array({Value::object({{"id", Value::string(answer.id)}})}).dump();
  if (!answer.outputs.empty()) {
    one.output.text = answer.outputs.front().dump();
  } else if (ends_with_prefill(exchange)) {
    one.output.text = R"({"role":"assistant","content":null})";
  }
  set_json(one.metadata, metadata_of(exchange));
  set_json(one.messages, Value::array(std::move(question.messages)));
  return out;
}

}  // namespace gleaner::gateway::exchange
