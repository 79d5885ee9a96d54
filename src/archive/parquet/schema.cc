#include "archive/parquet/schema.h"

#include <array>

#include "archive/line.h"
#include "base/json.h"

namespace gleaner::archive::parquet {
namespace {

using record::Interaction;
using record::Verdict;

template <typename T>
Value value_of(const std::optional<T>& value) {
  return value ? Value(*value) : Value();
}

template <std::string Interaction::* member>
Value text(const Row& row) {
  const std::string& value = row.interaction.*member;
  return value.empty() ? Value() : Value(std::string_view(value));
}

template <auto member>
Value number(const Row& row) {
  return value_of(row.interaction.*member);
}

template <int64_t Verdict::* member>
Value count(const Row& row) {
  return row.verdict.*member;
}

template <auto function>
Value derived(const Row& row) {
  return (row.verdict.*function)();
}

Value id(const Row& row) {
  return std::string_view(row.interaction.id);
}

Value created_at(const Row& row) {
  return to_ms(row.interaction.created_at.value_or(Time{}));
}

Value rating(const Row& row) {
  const Verdict& verdict = row.verdict;
  return verdict.ratings == 0 ? Value() : Value(verdict.rating_sum / static_cast<double>(verdict.ratings));
}

constexpr std::array kColumns = {
    Column{"line", Kind::kJson},
    Column{"id", Kind::kText, false, true, id},
    Column{"created_at", Kind::kTime, false, true, created_at},
    Column{"session_id", Kind::kText, true, false, text<&Interaction::session_id>},
    Column{"user_id", Kind::kText, true, false, text<&Interaction::user_id>},
    Column{"kind", Kind::kText, true, false, text<&Interaction::kind>},
    Column{"model", Kind::kText, true, false, text<&Interaction::model>},
    Column{"provider", Kind::kText, true, false, text<&Interaction::provider>},
    Column{"language", Kind::kText, true, false, text<&Interaction::language>},
    Column{"intent", Kind::kText, true, false, text<&Interaction::intent>},
    Column{"relevance", Kind::kText, true, false, text<&Interaction::relevance>},
    Column{"experiment", Kind::kText, true, false, text<&Interaction::experiment>},
    Column{"variant", Kind::kText, true, false, text<&Interaction::variant>},
    Column{"success", Kind::kFlag, true, false, number<&Interaction::success>},
    Column{"latency_ms", Kind::kReal, true, false, number<&Interaction::latency_ms>},
    Column{"ttft_ms", Kind::kReal, true, false, number<&Interaction::ttft_ms>},
    Column{"cost_usd", Kind::kReal, true, false, number<&Interaction::cost_usd>},
    Column{"prompt_tokens", Kind::kInteger, true, false, [](const Row& row) { return value_of(row.prompt_tokens); }},
    Column{"completion_tokens", Kind::kInteger, true, false,
           [](const Row& row) { return value_of(row.completion_tokens); }},
    Column{"prompt_chars", Kind::kInteger, true, false, number<&Interaction::prompt_chars>},
    Column{"response_chars", Kind::kInteger, true, false, number<&Interaction::response_chars>},
    Column{"auto_score", Kind::kReal, true, false, number<&Interaction::auto_score>},
    Column{"quality_score", Kind::kReal, true, false, number<&Interaction::quality_score>},
    Column{"signals", Kind::kInteger, false, false, count<&Verdict::signals>},
    Column{"feedback", Kind::kInteger, false, false, derived<&Verdict::feedback>},
    Column{"engagement", Kind::kInteger, false, false, derived<&Verdict::engagement>},
    Column{"viewers", Kind::kInteger, false, false, count<&Verdict::viewers>},
    Column{"thumbs_up", Kind::kInteger, false, false, count<&Verdict::thumbs_up>},
    Column{"thumbs_down", Kind::kInteger, false, false, count<&Verdict::thumbs_down>},
    Column{"rating", Kind::kReal, true, false, rating},
    Column{"positive", Kind::kFlag, false, false, derived<&Verdict::positive>},
    Column{"negative", Kind::kFlag, false, false, derived<&Verdict::negative>},
    Column{"edited", Kind::kFlag, false, false, derived<&Verdict::edited>},
    Column{"quality", Kind::kFlag, false, false, derived<&Verdict::quality>},
};

// By the names of both great interfaces.
std::optional<int64_t> tokens(const json::Value& usage, std::string_view name, std::string_view other_name) {
  for (const std::string_view key : {name, other_name}) {
    const json::Value* const value = usage.find(key);
    if (value != nullptr && value->is_number()) return value->as_integer();
  }
  return std::nullopt;
}

}  // namespace

Row::Row(const store::Stored& stored) : interaction(stored.interaction), verdict(verdict_of(stored.signals)) {
  if (interaction.usage.empty()) return;
  const auto usage = json::parse(interaction.usage.text);
  if (!usage) return;
  prompt_tokens = tokens(*usage, "prompt_tokens", "input_tokens");
  completion_tokens = tokens(*usage, "completion_tokens", "output_tokens");
}

std::span<const Column> columns() {
  return kColumns;
}

}  // namespace gleaner::archive::parquet
