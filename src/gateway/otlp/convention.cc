#include "gateway/otlp/convention.h"

#include <array>
#include <unordered_map>

namespace gleaner::gateway::otlp {
namespace {

bool is_family(const Rule& rule) {
  return rule.attribute.ends_with('.');
}

// Whether `attribute` is of the family: what stands behind the prefix of an indexed one is a number.
bool belongs(std::string_view attribute, const Rule& family) {
  if (!attribute.starts_with(family.attribute)) return false;
  const std::string_view rest = attribute.substr(family.attribute.size());
  return !rest.empty() && (family.form != Form::kIndexed || (rest.front() >= '0' && rest.front() <= '9'));
}

class Index {
 public:
  Index() {
    for (const Convention& convention : conventions()) {
      for (const Rule& rule : convention.rules) {
        auto& rules = is_family(rule) ? families_ : names_;
        if (is_family(rule) && !rules.contains(rule.attribute)) order_.push_back(&rule);
        rules[rule.attribute].push_back(&rule);
      }
    }
  }

  std::span<const Rule* const> find(std::string_view attribute) const {
    if (const auto named = names_.find(attribute); named != names_.end()) return named->second;
    for (const Rule* const family : order_) {
      if (belongs(attribute, *family)) return families_.find(family->attribute)->second;
    }
    return {};
  }

 private:
  std::unordered_map<std::string_view, std::vector<const Rule*>> names_;
  std::unordered_map<std::string_view, std::vector<const Rule*>> families_;
  std::vector<const Rule*> order_;
};

}  // namespace

std::span<const Convention> conventions() {
  static const std::array kConventions = {
      Convention{"OpenTelemetry GenAI", gen_ai_rules()}, Convention{"OpenInference", openinference_rules()},
      Convention{"OpenLLMetry", openllmetry_rules()},    Convention{"Vercel AI SDK", vercel_rules()},
      Convention{"Langfuse", langfuse_rules()},          Convention{"Other frameworks", framework_rules()},
  };
  return kConventions;
}

std::span<const Rule* const> rules_for(std::string_view attribute) {
  static const Index kIndex;
  return kIndex.find(attribute);
}

std::string_view name_of(Role role) {
  constexpr std::array<std::string_view, 9> kNames = {"none", "model",     "wrapper",   "agent",    "chain",
                                                      "tool", "retriever", "embedding", "evaluator"};
  return kNames[static_cast<size_t>(role)];
}

std::string_view name_of(Target target) {
  constexpr std::array<std::string_view, 33> kNames = {
      "what the span is",  "messages",         "system message", "output",        "output text",
      "output tool calls", "output reasoning", "tools",          "model",         "provider",
      "parameters",        "parameters",       "usage",          "usage",         "cost_usd",
      "cost_usd",          "ttft_ms",          "session_id",     "user_id",       "tags",
      "response id",       "finish reason",    "error type",     "error message", "success",
      "tool name",         "tool call id",     "tool arguments", "tool result",   "agent name",
      "metadata",          "metadata",         "left out"};
  static_assert(kNames.size() == static_cast<size_t>(Target::kDropped) + 1);
  return kNames[static_cast<size_t>(target)];
}

}  // namespace gleaner::gateway::otlp
