#include "gateway/otlp/span_figures.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "gateway/otlp/values.h"

namespace gleaner::gateway::otlp {
namespace {

using json::Value;

constexpr size_t kMaxMembers = 256;  // of parameters and of usage
constexpr double kNsPerMs = 1e6;
constexpr double kMsPerSecond = 1000;

struct Renamed {
  std::string_view written;
  std::string_view ours;
};
// Langfuse's own names and Anthropic's; OpenAI's are ours.
constexpr std::array kUsageNames = {
    Renamed{"input", "prompt_tokens"},      Renamed{"input_tokens", "prompt_tokens"},
    Renamed{"output", "completion_tokens"}, Renamed{"output_tokens", "completion_tokens"},
    Renamed{"total", "total_tokens"},
};

void add_members(const Value& from, Value& to) {
  for (const auto& [name, member] : from.members()) {
    const bool room = to.members().size() < kMaxMembers;
    if (room && !is_empty(member) && to.find(name) == nullptr) to.members().emplace_back(name, member);
  }
}

bool take_usage_details(const Value& details, Value& usage) {
  Value renamed = Value::object();
  for (const auto& [name, member] : details.members()) {
    const auto known = std::ranges::find(kUsageNames, std::string_view(name), &Renamed::written);
    renamed.members().emplace_back(known == kUsageNames.end() ? name : std::string(known->ours), member);
  }
  // These are all of one source: they replace what others said.
  add_members(usage, renamed);
  usage = Value::object();
  add_members(renamed, usage);
  return !details.members().empty();
}

bool take_cost(const Value& cost, std::optional<double>& out) {
  if (out || is_empty(cost)) return out.has_value();
  std::optional<double> sum;
  if (const Value* const total = first_member(cost, {"total", "total_cost"})) {
    sum = number_of(*total);
  } else if (cost.is_object()) {
    sum = 0;
    for (const auto& [name, part] : cost.members()) *sum += number_of(part).value_or(0);
  } else {
    sum = number_of(cost);
  }
  if (!sum || !(*sum >= 0)) return false;
  out = sum;
  return true;
}

bool take_first_token(Form form, const Value& value, SpanFacts& facts) {
  std::optional<double> ms = number_of(value);
  if (form == Form::kInstant) {
    const auto instant = parse_time(text_of(opened(value)));
    if (!instant || facts.start_ns == 0) return false;
    ms = static_cast<double>(to_ms(*instant)) - std::floor(static_cast<double>(facts.start_ns) / kNsPerMs);
  } else if (ms && form == Form::kSeconds) {
    *ms *= kMsPerSecond;
  }
  if (!ms || !(*ms >= 0)) return false;
  facts.ttft_ms = ms;
  return true;
}

}  // namespace

bool take_figure(const Rule& rule, const Value& value, SpanFacts& facts) {
  switch (rule.target) {
    case Target::kParameter: {
      Value parameter = opened(value);
      if (is_empty(parameter)) return false;
      facts.parameters.set(std::string(rule.member), std::move(parameter));
      return true;
    }
    case Target::kParameters:
      add_members(opened(value), facts.parameters);
      return true;
    case Target::kUsage: {
      auto number = json_number(value);
      if (!number) return false;
      set_path(facts.usage, rule.member, *std::move(number));
      return true;
    }
    case Target::kUsageDetails:
      return take_usage_details(opened(value), facts.usage);
    case Target::kCost:
    case Target::kCostDetails:
      return take_cost(opened(value), facts.cost_usd);
    default:
      return take_first_token(rule.form, value, facts);
  }
}

void take_tags(const Value& written, std::vector<std::string>& tags) {
  constexpr size_t kMaxTags = 64;
  const Value value = opened(written);
  const auto add = [&](std::string_view tag) {
    tag = trim(tag);
    const bool known = std::ranges::find(tags, tag) != tags.end();
    if (fits(tag, kMaxNameBytes) && !known && tags.size() < kMaxTags) tags.emplace_back(tag);
  };
  for (const Value& item : value.items()) add(text_of(item));
  if (!value.is_string()) return;
  std::string_view rest = value.text();
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    add(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

}  // namespace gleaner::gateway::otlp
