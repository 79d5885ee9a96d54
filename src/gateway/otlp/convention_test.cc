#include "gateway/otlp/convention.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gleaner::gateway::otlp {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(OtlpConventions, EveryRankDecides) {
  std::map<std::tuple<Target, std::string_view, int>, std::string_view> taken;
  for (const Convention& convention : conventions()) {
    for (const Rule& rule : convention.rules) {
      const bool decides = rule.target != Target::kDropped && rule.target != Target::kMetadata;
      if (!decides) continue;
      const auto [other, is_new] = taken.try_emplace({rule.target, rule.member, rule.rank}, rule.attribute);
      EXPECT_TRUE(is_new) << rule.attribute << " and " << other->second << " have the same rank";
    }
  }
}

TEST(OtlpConventions, NamesAndFamiliesAreFound) {
  const auto first_target = [](std::string_view attribute) {
    const auto rules = rules_for(attribute);
    return rules.empty() ? Target::kDropped : rules.front()->target;
  };
  EXPECT_EQ(first_target("gen_ai.prompt.0.role"), Target::kMessages);
  EXPECT_THAT(rules_for("gen_ai.prompt.name"), IsEmpty());
  EXPECT_THAT(rules_for("gen_ai.prompt."), IsEmpty());
  EXPECT_EQ(first_target("ai.telemetry.metadata.userId"), Target::kUser);
  EXPECT_EQ(first_target("ai.telemetry.metadata.plan"), Target::kMetadata);
  EXPECT_THAT(rules_for("input.value"), SizeIs(2));
}

struct RoleCase {
  std::string_view attribute;
  std::string_view value;
  Role role;
};

class OtlpRoles : public ::testing::TestWithParam<RoleCase> {};

TEST_P(OtlpRoles, AreTold) {
  const auto rules = rules_for(GetParam().attribute);
  ASSERT_FALSE(rules.empty());
  EXPECT_EQ(rules.front()->role_of(GetParam().value), GetParam().role) << GetParam().value;
}

INSTANTIATE_TEST_SUITE_P(Values, OtlpRoles,
                         ::testing::Values(RoleCase{"gen_ai.operation.name", "chat", Role::kModel},
                                           RoleCase{"gen_ai.operation.name", "generate_content", Role::kModel},
                                           RoleCase{"gen_ai.operation.name", "invoke_agent", Role::kAgent},
                                           RoleCase{"gen_ai.operation.name", "invoke_workflow", Role::kChain},
                                           RoleCase{"gen_ai.operation.name", "execute_tool", Role::kTool},
                                           RoleCase{"gen_ai.operation.name", "embeddings", Role::kEmbedding},
                                           RoleCase{"gen_ai.operation.name", "create_agent", Role::kNone},
                                           RoleCase{"openinference.span.kind", "LLM", Role::kModel},
                                           RoleCase{"openinference.span.kind", "Agent", Role::kAgent},
                                           RoleCase{"openinference.span.kind", "RERANKER", Role::kRetriever},
                                           RoleCase{"openinference.span.kind", "GUARDRAIL", Role::kEvaluator},
                                           RoleCase{"traceloop.span.kind", "workflow", Role::kChain},
                                           RoleCase{"traceloop.span.kind", "tool", Role::kTool},
                                           RoleCase{"llm.request.type", "completion", Role::kModel},
                                           RoleCase{"ai.operationId", "ai.streamText.doStream", Role::kModel},
                                           RoleCase{"ai.operationId", "ai.streamText", Role::kWrapper},
                                           RoleCase{"ai.operationId", "generateText", Role::kWrapper},
                                           RoleCase{"operation.name", "ai.toolCall my-function", Role::kTool},
                                           RoleCase{"operation.name", "ai.embed.doEmbed", Role::kEmbedding},
                                           RoleCase{"langfuse.observation.type", "generation", Role::kModel},
                                           RoleCase{"langfuse.observation.type", "span", Role::kNone},
                                           RoleCase{"langfuse.observation.type", "trace", Role::kWrapper},
                                           RoleCase{"genkit:metadata:subtype", "flow", Role::kChain}));

// The tables as docs/otlp.md shows them.
std::string tables() {
  std::string out;
  for (const Convention& convention : conventions()) {
    out.append("### ").append(convention.name).append("\n\n");
    out += "| attribute | fills | rank | why |\n|---|---|---|---|\n";
    for (const Rule& rule : convention.rules) {
      out.append("| `").append(rule.attribute);
      if (rule.form == Form::kIndexed) out += "N.…";
      if (rule.form == Form::kPrefixed) out += "*";
      out.append("` | ").append(name_of(rule.target));
      if (!rule.member.empty()) out.append(" `").append(rule.member).append("`");
      out += " | ";
      if (rule.target != Target::kDropped) out += std::to_string(rule.rank);
      out += " |";
      if (!rule.why.empty()) out.append(" ").append(rule.why);
      out += " |\n";
    }
    out += '\n';
  }
  return out;
}

TEST(OtlpConventions, DocumentationHasTheTables) {
  std::ifstream file(std::filesystem::path(GLEANER_SOURCE_DIR) / "docs/otlp.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(text.find(tables()), std::string::npos) << "docs/otlp.md should have:\n" << tables();
}

}  // namespace
}  // namespace gleaner::gateway::otlp
