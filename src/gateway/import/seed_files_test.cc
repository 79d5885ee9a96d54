// The files that the collectors of the five seeds write.
#include "gateway/import/testing/imported.h"

namespace gleaner::gateway {
namespace {

TEST(SeedFilesTest, CollectorExamples) {
  const std::string before = R"({"id":"train_20241120_103000_ab12cd34","timestamp":"2024-11-20T10:30:00.123456",
      "source":"verified_calculation","prompt":"What's TPO production rate?","response":"Ten squares a day.",
      "metadata":{"skill_used":"estimating","tier_handled":"fast","latency_ms":812.4,"user_id":"u","prompt_tokens":4},
      "quality":{"user_feedback":)";
  const std::string behind = R"(,"was_corrected":false,"verified_accurate":null,"domain_relevance":"medium",
      "auto_score":0.6},"tags":["tpo","labor"],"project_context":"general","include_in_training":true})";
  const Imported plain = import_auto("collector", before + "null" + behind);
  ASSERT_EQ(plain.records.size(), 1);
  EXPECT_EQ(plain.texts[0],
            R"({"id":"train_20241120_103000_ab12cd34","platform":"general","kind":"calculation","user_id":"u",)"
            R"("created_at":"2024-11-20T10:30:00.123Z",)"
            R"("messages":[{"role":"user","content":"What's TPO production rate?"}],)"
            R"("output":{"role":"assistant","content":"Ten squares a day."},"latency_ms":812.4,"tags":["tpo","labor"],)"
            R"("relevance":"medium","auto_score":0.6,)"
            R"("metadata":{"source":"verified_calculation","include_in_training":true,"skill_used":"estimating",)"
            R"("tier_handled":"fast","prompt_tokens":4},"schema_version":1})");
  const Imported liked = import_auto("collector", before + R"("positive")" + behind);
  ASSERT_EQ(liked.records.size(), 2);
  EXPECT_EQ(liked.texts[0], plain.texts[0]);
  EXPECT_EQ(liked.signal().kind, record::SignalKind::kThumbsUp);
  EXPECT_EQ(liked.signal().interaction_id, "train_20241120_103000_ab12cd34");
}

TEST(SeedFilesTest, CollectorKinds) {
  const std::pair<const char*, const char*> kinds[] = {{"chat", "chat"},
                                                       {"spec_interpretation", "spec_qa"},
                                                       {"calculation", "calculation"},
                                                       {"rfi_generation", "document"},
                                                       {"verified_correction", "verified_correction"}};
  for (const auto& [source, kind] : kinds) {
    const std::string line = R"({"source":")" + std::string(source) + R"(","prompt":"p","response":"r","quality":{}})";
    EXPECT_EQ(import_auto("collector", line).interaction().kind, kind);
  }
}

TEST(SeedFilesTest, CollectorCorrections) {
  const Imported fix = import_auto("collector", R"({"id":"corr_20241120_104500","timestamp":"2024-11-20T10:45:00",
      "source":"user_correction","original_prompt":"What's the seam overlap for TPO?",
      "original_response":"2 inches minimum","corrected_response":"2.5 inches minimum per most manufacturers.",
      "correction_reason":"Original was too brief","corrector":"user",
      "quality":{"learning_value":"very_high","domain_relevance":"high"},"tags":["tpo"],"include_in_training":true})");
  ASSERT_EQ(fix.records.size(), 2);
  EXPECT_EQ(fix.interaction().output.text, R"({"role":"assistant","content":"2 inches minimum"})");
  EXPECT_EQ(fix.interaction().relevance, "high");
  EXPECT_EQ(fix.interaction().tags, std::vector<std::string>{"tpo"});
  EXPECT_EQ(fix.signal().output.text, R"({"role":"assistant","content":"2.5 inches minimum per most manufacturers."})");
  EXPECT_EQ(fix.signal().reason, "Original was too brief");
  EXPECT_EQ(fix.signal().author, "human");
  EXPECT_EQ(fix.signal().interaction_id, fix.interaction().id);
  EXPECT_EQ(fix.signal().created_at, fix.interaction().created_at);
}

TEST(SeedFilesTest, ExtractionLog) {
  const Imported log = import_auto("extraction", R"({"timestamp":"2024-11-20T10:30:00Z","stage":"extraction",
      "topic":"value investing","source_url":"https://example.com/article","source_content":"First 8000 chars...",
      "extracted_insights":[{"text":"Buffett increased Alphabet...","category":"counterintuitive"},
      {"id":"abc123","text":"x"},{"id":12,"text":"y"}],"quality_score":8.5,"passed_filters":true,"insight_count":3})");
  const Interaction& i = log.interaction();
  EXPECT_EQ(i.kind, "extraction");
  EXPECT_EQ(i.quality_score, 8.5);
  EXPECT_EQ(format_time(*i.created_at), "2024-11-20T10:30:00.000Z");
  EXPECT_EQ(i.source.text, R"({"url":"https://example.com/article","content":"First 8000 chars..."})");
  EXPECT_THAT(i.artifact.text, StartsWith(R"([{"text":"Buffett increased Alphabet...","category")"));
  EXPECT_THAT(i.items.text, HasSubstr(R"("id":")" + i.id + R"(#0"},{"id":"abc123","text":"x"},{"id":"12")"));
  EXPECT_THAT(i.messages.text, HasSubstr(R"(Topic: value investing\nSource: https://example.com/article\n\nFirst)"));
  EXPECT_EQ(i.metadata.text, R"({"topic":"value investing","passed_filters":true,"insight_count":3})");
}

TEST(SeedFilesTest, ExtractionFeedbackAndQueries) {
  const Imported like = import_auto("extraction", R"({"timestamp":"2024-11-20T12:00:00Z","insight_id":"abc123",
      "action":"like","metadata":{"user_id":1,"page":2}})");
  EXPECT_EQ(like.texts[0], R"({"id":")" + like.signal(0).id +
                               R"(","item_id":"abc123","kind":"like","user_id":"1",)"
                               R"("created_at":"2024-11-20T12:00:00.000Z","metadata":{"page":2},"schema_version":1})");
  for (const char* const action : {"x", "bookmark", "share"}) {
    const std::string line = R"({"insight_id":5,"action":")" + std::string(action) + R"("})";
    EXPECT_EQ(import_auto("extraction", line).signal(0).kind, record::parse_signal_kind(action));
  }
  const Imported query = import_auto("extraction", R"({"timestamp":"2024-11-20T12:00:00Z","query":"moats",
      "results":[{"url":"u","quality":7}],"user_id":3})");
  EXPECT_EQ(query.interaction().kind, "query");
  EXPECT_EQ(query.interaction().messages.text, R"([{"role":"user","content":"moats"}])");
  EXPECT_EQ(query.interaction().metadata.text, R"({"results":[{"url":"u","quality":7}]})");
  EXPECT_EQ(query.interaction().user_id, "3");
}

TEST(SeedFilesTest, ChatLogs) {
  const Imported line = import_auto("chatlog", R"({"timestamp":"2024-12-09T08:00:00","session_id":"s","user_id":"u",
      "user_message":"Ayasofya nerede?","bot_response":"Sultanahmet'te.","language":"tr","intent":"attraction",
      "response_time":1.25,"feedback":"positive","city":"Istanbul"})");
  ASSERT_EQ(line.records.size(), 2);
  const Interaction& i = line.interaction();
  EXPECT_EQ(i.kind, "chat");
  EXPECT_EQ(i.language, "tr");
  EXPECT_EQ(i.intent, "attraction");
  EXPECT_EQ(i.latency_ms, 1250);
  EXPECT_EQ(i.metadata.text, R"({"city":"Istanbul"})");
  EXPECT_EQ(line.signal().kind, record::SignalKind::kThumbsUp);
  EXPECT_EQ(line.signal().user_id, "u");
  const Imported other = import_auto("chatlog", R"({"id":"m1","query":"q","answer":"a","response_time_ms":80,
      "feedback":{"type":"thumbs_down","comment":"wrong"},"metadata":{"language":"en","user_id":"u"}})");
  EXPECT_EQ(other.interaction().id, "m1");
  EXPECT_EQ(other.interaction().latency_ms, 80);
  EXPECT_EQ(other.interaction().language, "en");
  EXPECT_EQ(other.interaction().metadata.text, "");
  EXPECT_EQ(other.signal().kind, record::SignalKind::kThumbsDown);
  EXPECT_EQ(other.signal().text, "wrong");
  EXPECT_EQ(import_auto("chatlog", R"({"prompt":"p","response":"r","response_time":1800})").interaction().latency_ms,
            1800);
}

constexpr const char* kContext = R"({"version":"1.0","timestamp":"2024-01-15T10:30:00Z",
    "session_id":"550e8400-e29b-41d4-a716-446655440000","events":[{"author":"ada","content":"When do we meet?"},
    {"type":"join"},{"author":{"name":"gepeto","bot":true},"text":"At ten."},{"message":{"content":"Thanks"}}],
    "chat_id":123456789,"chat_name":"general","chat_type":"text","model_name":"gpt-4",
    "model_config":{"temperature":0.7},    "user_count":3,"message_count":15,"contains_images":false})";
constexpr const char* kPrediction = R"({"version":"1.0","timestamp":"2024-01-15T10:30:05Z",
    "session_id":"550e8400-e29b-41d4-a716-446655440000","trajectory":[{"thought":"look","tool_name":"search",
    "tool_args":{"q":"meeting"},"observation":"at ten"},{"action":"send_message[At ten.]","success":true}],
    "reasoning":{"summary":"searched"},"execution_time_ms":1250.5,"success":true,
    "tools_used":["send_message","search"],"tool_call_count":2})";
constexpr const char* kSession = R"({"session_id":"550e8400-e29b-41d4-a716-446655440000","version":"1.0",
    "context_file":"chat_contexts/1.0/c.json","prediction_file":"predictions/1.0/p.json",
    "timestamp":"2024-01-15T10:30:05Z"})";

TEST(SeedFilesTest, AgentFiles) {
  const Imported context = import_auto("agent", kContext);
  const Interaction& c = context.interaction();
  EXPECT_EQ(c.id, "ctx_550e8400-e29b-41d4-a716-446655440000_2024-01-15T10:30:00Z");
  EXPECT_EQ(c.kind, "agent");
  EXPECT_EQ(c.messages.text,
            R"([{"role":"user","content":"When do we meet?","name":"ada"},)"
            R"({"role":"assistant","content":"At ten.","name":"gepeto"},{"role":"user","content":"Thanks"}])");
  EXPECT_EQ(c.model, "gpt-4");
  EXPECT_EQ(c.parameters.text, R"({"temperature":0.7})");
  EXPECT_EQ(c.metadata.text, R"({"version":"1.0","chat_id":123456789,"chat_name":"general","chat_type":"text",)"
                             R"("user_count":3,"message_count":15,"contains_images":false})");
  const Imported prediction = import_auto("agent", kPrediction);
  const Interaction& p = prediction.interaction();
  EXPECT_EQ(p.id, "pred_550e8400-e29b-41d4-a716-446655440000_2024-01-15T10:30:05Z");
  EXPECT_EQ(p.session_id, c.session_id);
  EXPECT_EQ(p.trajectory.text,
            R"([{"thought":"look","action":{"tool":"search","arguments":{"q":"meeting"}},"observation":"at ten"},)"
            R"({"action":{"tool":"send_message","arguments":"At ten."},"ok":true}])");
  EXPECT_EQ(p.latency_ms, 1250.5);
  EXPECT_EQ(p.success, true);
  EXPECT_EQ(p.metadata.text, R"({"version":"1.0","reasoning":{"summary":"searched"},)"
                             R"("tools_used":["send_message","search"],"tool_call_count":2})");
  EXPECT_TRUE(import_auto("agent", kSession).records.empty());
  // Not every line with a session and a path says only where files are.
  import_auto("chatlog", R"({"session_id":"s","message":"m","response":"r","image_path":"a.png"})");
}

TEST(SeedFilesTest, AgentTrajectoriesOfDspy) {
  const Imported p = import_auto("agent", R"({"session_id":"s","timestamp":"2024-01-15T10:30:05Z","trajectory":{
      "thought_0":"a","tool_name_0":"search","tool_args_0":{"q":1},"observation_0":"b",
      "thought_10":"d","tool_name_10":"finish","tool_args_10":{},"observation_10":"Completed.","thought_2":"c"},
      "success":false,"error":"late"})");
  EXPECT_EQ(p.interaction().trajectory.text,
            R"([{"thought":"a","action":{"tool":"search","arguments":{"q":1}},"observation":"b"},{"thought":"c"},)"
            R"({"thought":"d","action":{"tool":"finish","arguments":{}},"observation":"Completed."}])");
  EXPECT_EQ(p.interaction().error.text, R"("late")");
}

TEST(SeedFilesTest, AgentSessionsAreJoined) {
  const std::string lone = R"({"session_id":"lone","timestamp":"2024-01-15T10:30:00Z","events":["hi"]})";
  const auto joined =
      join_agent_sessions({parsed(kPrediction), parsed(lone), parsed(kContext), parsed("null"), parsed(kSession)});
  ASSERT_EQ(joined.size(), 4);
  EXPECT_EQ(joined[0].dump(), parsed(lone).dump());
  EXPECT_TRUE(joined[2].is_null());
  const Imported both = import_auto("agent", joined[1].dump());
  const Interaction& i = both.interaction();
  EXPECT_EQ(i.id, "session_550e8400-e29b-41d4-a716-446655440000_2024-01-15T10:30:00Z");
  EXPECT_EQ(i.latency_ms, 1250.5);
  EXPECT_THAT(i.messages.text, HasSubstr("When do we meet?"));
  EXPECT_THAT(i.trajectory.text, HasSubstr("look"));
  EXPECT_EQ(join_agent_sessions({parsed(kContext), parsed(kContext), parsed(kPrediction)}).size(), 3);
}

}  // namespace
}  // namespace gleaner::gateway
