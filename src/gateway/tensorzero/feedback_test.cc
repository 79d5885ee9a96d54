#include "gateway/tensorzero/feedback.h"

#include <gtest/gtest.h>

#include "gateway/tensorzero/message.h"
#include "record/codec.h"

namespace gleaner::gateway::tensorzero {
namespace {

constexpr std::string_view kId = "0192f0c1-7e64-7000-8000-2f6a52c1a111";

Result<record::Signal> read(const std::string& members) {
  TRY_ASSIGN(const json::Value fields, signal_of(*json::parse("{" + members + "}"), "f-1"));
  return record::Decoder().signal(fields.dump());
}

record::Signal about(const std::string& members) {
  auto signal = read(R"("inference_id":")" + std::string(kId) + R"(",)" + members);
  EXPECT_TRUE(signal) << signal.error().message;
  return signal.value_or(record::Signal{});
}

TEST(TensorZeroFeedback, MetricsAreScoresUnlessTheirNameSaysMore) {
  const record::Signal draft = about(R"("metric_name":"draft_accepted","value":true,"dryrun":null,"episode_id":null)");
  EXPECT_EQ(draft.id, "f-1");
  EXPECT_EQ(draft.interaction_id, kId);
  EXPECT_EQ(draft.kind, record::SignalKind::kScore);
  EXPECT_EQ(draft.value.text, "true");
  EXPECT_EQ(draft.reason, "draft_accepted");
  EXPECT_EQ(about(R"("metric_name":"thumbs_up","value":false)").kind, record::SignalKind::kThumbsDown);
  EXPECT_EQ(about(R"("metric_name":"user_rating","value":4.5)").kind, record::SignalKind::kRating);
}

TEST(TensorZeroFeedback, ADemonstrationIsACorrection) {
  const auto output = [](const std::string& value) {
    const record::Signal one = about(R"("metric_name":"demonstration","value":)" + value);
    EXPECT_EQ(one.kind, record::SignalKind::kCorrection);
    return one.output.text;
  };
  EXPECT_EQ(output(R"("At the market.")"), R"({"role":"assistant","content":"At the market."})");
  EXPECT_EQ(output(R"([{"type":"text","text":"There."}])"), R"({"role":"assistant","content":"There."})");
  EXPECT_EQ(output(R"({"city":"Oslo"})"), R"({"role":"assistant","content":"{\"city\":\"Oslo\"}"})");
  EXPECT_EQ(output(R"([{"type":"tool_call","name":"stops","arguments":{"line":"red"}}])"),
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"","type":"function",)"
            R"("function":{"name":"stops","arguments":"{\"line\":\"red\"}"}}]})");
}

TEST(TensorZeroFeedback, ACommentMayBeOfAnEpisode) {
  const auto one = read(R"("episode_id":")" + std::string(kId) +
                        R"(","metric_name":"comment","value":"Slow.","tags":{"user_id":"ann","team":"east"})");
  ASSERT_TRUE(one) << one.error().message;
  EXPECT_EQ(one->item_id, kId);
  EXPECT_EQ(one->kind, record::SignalKind::kComment);
  EXPECT_EQ(one->text, "Slow.");
  EXPECT_EQ(one->user_id, "ann");
  EXPECT_EQ(one->metadata.text, R"({"team":"east"})");
}

TEST(TensorZeroFeedback, SaysWhatIsWrong) {
  const std::string target = R"("inference_id":")" + std::string(kId) + R"(",)";
  const std::string episode = R"("episode_id":")" + std::string(kId) + R"(",)";
  for (const auto& [members, start] : std::vector<std::pair<std::string, std::string>>{
           {R"("metric_name":"a","value":1)", "expected exactly one"},
           {target + episode + R"("metric_name":"a","value":1)", "expected exactly one"},
           {R"("inference_id":"17","metric_name":"a","value":1)", "inference_id:"},
           {target + R"("value":1)", "metric_name:"},
           {target + R"("metric_name":"a")", "value:"},
           {target + R"("metric_name":"a","value":"good")", "value:"},
           {target + R"("metric_name":"comment","value":1)", "value:"},
           {target + R"("metric_name":"a","value":1,"tags":[])", "tags:"},
           {episode + R"("metric_name":"demonstration","value":"x")", "inference_id:"}}) {
    const auto one = read(members);
    ASSERT_FALSE(one) << members;
    EXPECT_TRUE(one.error().message.starts_with(start)) << one.error().message;
  }
  EXPECT_FALSE(signal_of(json::Value::array(), "f"));
}

TEST(TensorZeroFeedback, RowsOfItsTablesAreKnown) {
  const std::string id = R"("id":"0192f0c1-7e64-7000-8000-000000000001",)";
  const std::string target = R"("target_id":")" + std::string(kId) + R"(",)";
  const auto kind = [](const std::string& row) {
    const json::Value value = *json::parse("{" + row + "}");
    EXPECT_TRUE(is_feedback_row(value)) << row;
    const auto fields = signal_of_row(value);
    EXPECT_TRUE(fields) << fields.error().message;
    const auto signal = record::Decoder().signal(fields ? fields->dump() : "");
    EXPECT_TRUE(signal) << signal.error().message;
    return signal ? std::string(record::signal_kind_name(signal->kind)) + " " + signal->interaction_id + signal->item_id
                  : "";
  };
  const std::string about_it = " " + std::string(kId);
  EXPECT_EQ(kind(id + target + R"("metric_name":"ok","value":true,"tags":{})"), "score" + about_it);
  EXPECT_EQ(kind(id + target + R"("metric_name":"rating","value":0.5)"), "rating" + about_it);
  EXPECT_EQ(kind(id + target + R"("target_type":"episode","value":"Slow.")"), "comment" + about_it);
  EXPECT_EQ(kind(id + R"("inference_id":")" + std::string(kId) + R"(","value":"[{\"type\":\"text\",\"text\":\"x\"}]")"),
            "correction" + about_it);
  for (const char* const other : {"[]", "{}", R"({"id":"1","target_id":"2","metric_name":"a","value":1})"}) {
    EXPECT_FALSE(is_feedback_row(*json::parse(other))) << other;
  }
}

TEST(TensorZeroMessages, AreChatMessages) {
  const json::Value input = *json::parse(R"({"system":"Know the trams.","messages":[
    {"role":"user","content":[{"type":"text","text":"Where?"}]},
    {"role":"assistant","content":[{"type":"thought","text":"Hm."},
      {"type":"tool_call","id":"c","name":null,"raw_name":"stops","arguments":null,"raw_arguments":"{"}]},
    {"role":"user","content":[{"type":"tool_result","id":"c","name":"stops","result":"harbour"}]},
    {"role":"user","content":"And?"}]})");
  const std::vector<std::string> expected = {
      R"({"role":"system","content":"Know the trams."})", R"({"role":"user","content":"Where?"})",
      R"({"role":"assistant","content":null,"reasoning_content":"Hm.","tool_calls":[{"id":"c","type":"function",)"
      R"("function":{"name":"stops","arguments":"{"}}]})",
      R"({"role":"tool","tool_call_id":"c","name":"stops","content":"harbour"})",
      R"({"role":"user","content":"And?"})"};
  std::vector<std::string> messages;
  for (const json::Value& one : input_messages(input)) messages.push_back(one.dump());
  EXPECT_EQ(messages, expected);
}

}  // namespace
}  // namespace gleaner::gateway::tensorzero
