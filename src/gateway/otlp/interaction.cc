#include "gateway/otlp/interaction.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/hash.h"
#include "base/time.h"
#include "gateway/otlp/chat.h"
#include "gateway/otlp/trajectory.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

void set_json(record::RawJson& field, const Value& value) {
  if (!is_empty(value)) field.text = dumped(value);
}

// An id of the application's as the record takes it. What is too long is still the same each time.
std::string id_of(std::string id) {
  if (id.empty() || fits(id, kMaxIdBytes)) return id;
  return "sha256_" + to_hex(sha256(id));
}

void set_output(SpanFacts& facts, record::Interaction& out) {
  std::vector<Value>& output = facts.output;
  // Who gives the whole conversation gives the answer as its end.
  if (output.empty() && !facts.messages.empty() && has_role(facts.messages.back(), "assistant")) {
    output.push_back(std::move(facts.messages.back()));
    facts.messages.pop_back();
  }
  // Or as both.
  if (!output.empty() && !facts.messages.empty() && has_role(facts.messages.back(), "assistant") &&
      facts.messages.back().find("tool_calls") == nullptr && said(facts.messages.back()) == said(output.front())) {
    facts.messages.pop_back();
  }
  const auto is_answer = [](const Value& message) { return has_role(message, "assistant"); };
  const auto answers = std::ranges::count_if(output, is_answer);
  size_t chosen = 0;
  if (std::cmp_less(answers, output.size())) {
    // A conversation rather than choices: its last answer is the output, what stands before it was the input.
    const auto last = std::ranges::find_if(output.rbegin(), output.rend(), is_answer);
    chosen = last == output.rend() ? 0 : static_cast<size_t>(output.rend() - last) - 1;
    if (last == output.rend()) output.front().set("role", Value::string("assistant"));
    for (size_t i = 0; i < chosen; ++i) facts.messages.push_back(std::move(output[i]));
    output.erase(output.begin(), output.begin() + static_cast<std::ptrdiff_t>(chosen));
  }
  if (output.empty()) return;
  set_json(out.output, output.front());
  if (output.size() > 1) {
    Value others = Value::array({std::make_move_iterator(output.begin() + 1), std::make_move_iterator(output.end())});
    facts.metadata.set("other_outputs", std::move(others));
  }
}

// All but the trajectory.
record::Interaction interaction_of(SpanFacts& facts) {
  constexpr uint64_t kNsPerMs = 1'000'000;
  record::Interaction out;
  out.id = std::move(facts.id);
  out.platform = std::move(facts.platform);
  out.session_id = id_of(std::move(facts.session_id));
  out.user_id = id_of(std::move(facts.user_id));
  if (facts.start_ns > 0) out.created_at = from_ms(static_cast<int64_t>(facts.start_ns / kNsPerMs));
  set_output(facts, out);
  set_json(out.messages, Value::array(std::move(facts.messages)));
  set_json(out.tools, facts.tools);
  out.model = std::move(facts.model);
  out.provider = std::move(facts.provider);
  set_json(out.parameters, facts.parameters);
  out.latency_ms = facts.latency_ms();
  out.ttft_ms = facts.ttft_ms;
  set_json(out.usage, facts.usage);
  out.cost_usd = facts.cost_usd;
  out.success = facts.success;
  set_json(out.error, facts.error);
  out.tags = std::move(facts.tags);
  set_json(out.metadata, facts.metadata);
  return out;
}

Value item(std::string id) {
  return Value::object({{"id", Value::string(std::move(id))}});
}

void sum_up(const Value& usage, Value& sum) {
  for (const auto& [name, member] : usage.members()) {
    auto known = std::ranges::find(sum.members(), name, &Value::Member::first);
    if (known == sum.members().end()) {
      sum.members().emplace_back(name, member);
    } else if (known->second.is_object()) {
      sum_up(member, known->second);
    } else if (const auto a = known->second.as_integer(), b = member.as_integer(); a && b) {
      int64_t total = 0;
      if (!__builtin_add_overflow(*a, *b, &total)) known->second = Value::number(std::to_string(total));
    }
  }
}

void take_from_calls(SpanFacts& run, std::vector<SpanFacts>& calls) {
  const auto fill = [](auto& mine, const auto& theirs) {
    if (mine.empty()) mine = theirs;
  };
  Value usage = Value::object();
  std::optional<double> cost;
  for (const SpanFacts& call : calls) {
    fill(run.session_id, call.session_id);
    fill(run.user_id, call.user_id);
    fill(run.tags, call.tags);
    if (call.role != Role::kModel && call.role != Role::kWrapper) continue;
    fill(run.model, call.model);
    fill(run.provider, call.provider);
    if (is_empty(run.parameters)) run.parameters = call.parameters;
    if (is_empty(run.tools)) run.tools = call.tools;
    sum_up(call.usage, usage);
    if (call.cost_usd) cost = cost.value_or(0) + *call.cost_usd;
  }
  if (is_empty(run.usage)) run.usage = std::move(usage);
  if (!run.cost_usd) run.cost_usd = cost;
}

// The run's own messages where they are messages, else those that its calls were made with.
void take_conversation(SpanFacts& run, const std::vector<SpanFacts>& calls) {
  const auto asked = std::ranges::find_if(calls, [](const SpanFacts& call) { return !call.messages.empty(); });
  if ((run.messages.empty() || run.generic_messages) && asked != calls.end()) run.messages = asked->messages;
  const auto answered = std::ranges::find_if(calls.rbegin(), calls.rend(), [](const SpanFacts& call) {
    return !call.output.empty() && call.output.front().find("tool_calls") == nullptr;
  });
  const bool ends_with_answer = !run.messages.empty() && has_role(run.messages.back(), "assistant");
  if (run.output.empty() && ends_with_answer) return;
  if ((run.output.empty() || run.generic_output) && answered != calls.rend()) run.output = answered->output;
}

}  // namespace

record::Interaction model_interaction(SpanFacts&& facts) {
  std::string kind = facts.operation == "text_completion" || facts.operation == "completion" ? "completion" : "chat";
  std::string response_id = facts.response_id;
  record::Interaction out = interaction_of(facts);
  out.kind = std::move(kind);
  if (fits(response_id, kMaxIdBytes)) set_json(out.items, Value::array({item(std::move(response_id))}));
  return out;
}

std::optional<record::Interaction> agent_interaction(SpanFacts run, std::vector<SpanFacts> calls) {
  std::ranges::sort(calls, [](const SpanFacts& a, const SpanFacts& b) {
    return std::tie(a.start_ns, a.end_ns, a.id) < std::tie(b.start_ns, b.end_ns, b.id);
  });
  take_from_calls(run, calls);
  take_conversation(run, calls);
  if (!run.has_content() && calls.empty()) return {};
  Value items = Value::array();
  for (const SpanFacts& call : calls) {
    if (call.id != run.id) items.push(item(call.id));
    if (fits(call.response_id, kMaxIdBytes)) items.push(item(call.response_id));
  }
  const std::string answer = run.output.empty() ? std::string() : said(run.output.front());
  const Value steps = trajectory(run.messages, answer, calls);
  record::Interaction out = interaction_of(run);
  out.kind = "agent";
  set_json(out.trajectory, steps);
  set_json(out.items, items);
  if (out.messages.empty() && out.output.empty() && out.trajectory.empty()) return {};
  return out;
}

}  // namespace gleaner::gateway::otlp
