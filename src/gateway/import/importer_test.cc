#include "gateway/import/testing/imported.h"

namespace gleaner::gateway {
namespace {

TEST(ImporterTest, TheTableIsSound) {
  for (const Shape& shape : shapes()) {
    EXPECT_EQ(find_shape(shape.name), &shape);
    EXPECT_FALSE(shape.description.empty()) << shape.name;
    EXPECT_EQ(import_as(shape.name, "[1]").error, "expected one JSON object, got an array") << shape.name;
    EXPECT_NE(import_as(shape.name, "{}").error, "") << shape.name;
    for (const char* const stranger : {"{}", "[]", "null", "5", R"({"a":1})"}) {
      EXPECT_FALSE(shape.recognise(parsed(stranger))) << shape.name << " " << stranger;
    }
  }
  EXPECT_EQ(find_shape("n8n"), find_shape("workflow"));
  EXPECT_EQ(find_shape(""), nullptr);
  EXPECT_EQ(find_shape("docx"), nullptr);
}

TEST(ImporterTest, IdsAreMadeOfNamespaceAndContent) {
  EXPECT_EQ(import_id("a", "b"), import_id("a", "b"));
  EXPECT_NE(import_id("a", "bc"), import_id("ab", "c"));
  EXPECT_EQ(import_id("a", "b").size(), std::string("import_").size() + 32);
}

TEST(ImporterTest, PeopleAreNotLeftInTheMetadata) {
  const std::string row = R"({"instruction":"a","output":"b","metadata":{"user_id":7,"x":1},"user_id":7,"user_id":8})";
  const Imported imported = import_auto("alpaca", row);
  EXPECT_EQ(imported.interaction().user_id, "7");
  EXPECT_EQ(imported.interaction().metadata.text, R"({"x":1})");
}

TEST(ImporterTest, GleanerRecords) {
  const auto i = import_auto("gleaner", R"({"id":"a","platform":"web","output":"hi"})").interaction();
  EXPECT_EQ(i.id, "a");
  EXPECT_EQ(i.output.text, R"({"role":"assistant","content":"hi"})");
  EXPECT_THAT(import_auto("gleaner", R"({"messages":[{"role":"user","content":"x"}],"skill":1})").interaction().id,
              StartsWith("import_"));
  const Imported like = import_auto("gleaner", R"({"kind":"like","item_id":"abc"})");
  EXPECT_EQ(like.signal(0).item_id, "abc");
  const Imported fix = import_auto("gleaner", R"({"kind":"correction","interaction_id":"a","output":"better"})");
  EXPECT_EQ(fix.signal(0).kind, record::SignalKind::kCorrection);
}

TEST(ImporterTest, GleanerRecordsWithTheirSignals) {
  const Imported both = import_auto("gleaner", R"({"age_minutes":3,"interaction":{"output":"hi"},
      "signals":[{"kind":"thumbs_up"},{"id":"s","interaction_id":"other","kind":"like"}]})");
  ASSERT_EQ(both.records.size(), 3);
  EXPECT_EQ(both.signal(1).interaction_id, both.interaction().id);
  EXPECT_EQ(both.signal(2).interaction_id, "other");
  EXPECT_EQ(both.signal(2).id, "s");
}

TEST(ImporterTest, OpenAiChat) {
  const Imported chat = import_auto(
      "openai", R"({"messages":[{"role":"user","content":"Which stops?"},{"role":"assistant","tool_calls":[{"id":"c",
      "type":"function","function":{"name":"stops","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"c","content":"m"},
      {"role":"assistant","content":"The market.","weight":1},{"role":"user","content":"Observation: done"}],
      "tools":[{"type":"function","function":{"name":"stops"}}],"parallel_tool_calls":false})");
  const Interaction& i = chat.interaction();
  EXPECT_EQ(i.output.text, R"({"role":"assistant","content":"The market.","weight":1})");
  EXPECT_THAT(i.messages.text, HasSubstr(R"({"role":"tool","tool_call_id":"c","content":"m"}])"));
  EXPECT_EQ(i.tools.text, R"([{"type":"function","function":{"name":"stops"}}])");
  EXPECT_EQ(i.parameters.text, R"({"parallel_tool_calls":false})");
  EXPECT_EQ(i.metadata.text, R"({"after_output":[{"role":"user","content":"Observation: done"}]})");
  EXPECT_FALSE(i.created_at);
}

TEST(ImporterTest, OpenAiPreferences) {
  constexpr std::string_view kLine = R"({"input":{"messages":[{"role":"user","content":"q"}],"tools":[]},
      "preferred_X":[{"role":"assistant","content":"good"}],"non_preferred_X":[{"role":"assistant","content":"bad"}]})";
  for (const char* const suffix : {"output", "completion"}) {
    std::string line(kLine);
    for (size_t at = 0; (at = line.find('X', at)) != std::string::npos;) line.replace(at, 1, suffix);
    const Imported pair = import_auto("openai", line);
    ASSERT_EQ(pair.records.size(), 2);
    EXPECT_EQ(pair.interaction().messages.text, R"([{"role":"user","content":"q"}])");
    EXPECT_EQ(pair.interaction().output.text, R"({"role":"assistant","content":"bad"})");
    EXPECT_EQ(pair.signal().kind, record::SignalKind::kCorrection);
    EXPECT_EQ(pair.signal().output.text, R"({"role":"assistant","content":"good"})");
    EXPECT_EQ(pair.signal().interaction_id, pair.interaction().id);
  }
}

TEST(ImporterTest, ShareGpt) {
  const Imported chat = import_auto("sharegpt", R"({"id":"identity_0","conversations":[
      {"from":"system","value":"You are a guide."},{"from":"human","value":"What is here?"},
      {"from":"gpt","value":"The harbour."}],"source":"x"})");
  EXPECT_EQ(chat.interaction().id, "identity_0");
  EXPECT_EQ(chat.interaction().messages.text,
            R"([{"role":"system","content":"You are a guide."},{"role":"user","content":"What is here?"}])");
  EXPECT_EQ(chat.interaction().output.text, R"({"role":"assistant","content":"The harbour."})");
  EXPECT_EQ(chat.interaction().metadata.text, R"({"source":"x"})");
}

TEST(ImporterTest, ShareGptToolCalls) {
  const Imported chat = import_auto("sharegpt", R"({"id":7,"system":"s","tools":"[{\"name\":\"f\"}]","conversations":[
      {"from":"user","value":"q"},{"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{\"a\":1}}"},
      {"from":"observation","value":"r"},{"from":"observation","value":"nobody asked"},
      {"from":"chatgpt","value":"done"}]})");
  const Interaction& i = chat.interaction();
  EXPECT_THAT(i.id, StartsWith("import_"));
  EXPECT_EQ(i.metadata.text, R"({"id":7})");
  EXPECT_EQ(i.tools.text, R"([{"type":"function","function":{"name":"f"}}])");
  EXPECT_EQ(i.messages.text,
            R"([{"role":"system","content":"s"},{"role":"user","content":"q"},)"
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function",)"
            R"("function":{"name":"f","arguments":"{\"a\":1}"}}]},)"
            R"({"role":"tool","content":"r","tool_call_id":"call_1"},{"role":"user","content":"nobody asked"}])");
}

TEST(ImporterTest, Alpaca) {
  const Imported plain = import_auto("alpaca", R"({"instruction":"Translate","input":"Guten Morgen","output":"Good"})");
  EXPECT_EQ(plain.interaction().messages.text, R"([{"role":"user","content":"Translate\n\nGuten Morgen"}])");
  EXPECT_EQ(plain.interaction().output.text, R"({"role":"assistant","content":"Good"})");
  const Imported full = import_auto(
      "alpaca", R"({"instruction":"b","input":"","response":"B","system":"s","history":[["a","A"]],"category":"x"})");
  EXPECT_EQ(full.interaction().messages.text, R"([{"role":"system","content":"s"},{"role":"user","content":"a"},)"
                                              R"({"role":"assistant","content":"A"},{"role":"user","content":"b"}])");
  EXPECT_EQ(full.interaction().metadata.text, R"({"category":"x"})");
}

constexpr const char* kStepsOfTwo =
    R"([{"thought":"I need to search.","action":{"tool":"search","arguments":"harbour"},)"
    R"("observation":"The lighthouse\nstands."},)"
    R"({"thought":"It is the lighthouse.","action":{"tool":"finish","arguments":"the lighthouse"},)"
    R"("observation":"Episode finished, reward = True"}])";

TEST(ImporterTest, TrajectoriesAsText) {
  const Imported run = import_auto(
      "trajectory",
      R"({"reward":true,"em":false,"f1":1.0,"gt":"g","pred":"p","prompt":"",
      "traj":"Below is an instruction.\n\n### Instruction:\nWhat stands there?\n\n### Response:\n)"
      R"(Thought: I need to search.\nAction: search[harbour]\n)"
      R"(Observation: The lighthouse\nstands.\nThought 2: It is the lighthouse.\nAction 2: finish[the lighthouse]\n)"
      R"(Observation 2: Episode finished, reward = True\n",
      "id":"6238"})");
  const Interaction& i = run.interaction();
  EXPECT_THAT(i.id, StartsWith("import_"));
  EXPECT_EQ(i.kind, "agent");
  EXPECT_EQ(i.messages.text, R"([{"role":"user","content":"What stands there?"}])");
  EXPECT_EQ(i.output.text, R"({"role":"assistant","content":"the lighthouse"})");
  EXPECT_EQ(i.trajectory.text, kStepsOfTwo);
  EXPECT_EQ(i.success, true);
  EXPECT_EQ(i.metadata.text, R"({"reward":true,"em":false,"f1":1.0,"gt":"g","pred":"p","id":"6238"})");
  const Imported chain = import_auto(
      "trajectory", R"({"prompt":"Be brief.","traj":"Question: q\nThought: t\nAction: Search\nAction Input: x\n)"
                    R"(Observation: o\nFinal Answer: a"})");
  EXPECT_EQ(chain.interaction().messages.text,
            R"([{"role":"system","content":"Be brief."},{"role":"user","content":"q"}])");
  EXPECT_EQ(chain.interaction().trajectory.text,
            R"([{"thought":"t","action":{"tool":"Search","arguments":"x"},"observation":"o"},)"
            R"({"action":{"tool":"finish","arguments":"a"}}])");
  EXPECT_EQ(chain.interaction().output.text, R"({"role":"assistant","content":"a"})");
  EXPECT_FALSE(chain.interaction().success);
}

TEST(ImporterTest, TrajectoriesAsMessages) {
  const Imported run = import_auto("trajectory", R"({"reward":false,"em":0,"prompt":[],"id":"1","traj":[
      {"role":"user","content":"What stands there?"},
      {"role":"assistant","content":"Thought: I need to search.\nAction: search[harbour]"},
      {"role":"user","content":"Observation: The lighthouse\nstands."},
      {"role":"assistant","content":"Thought: It is the lighthouse.\nAction: finish[the lighthouse]"},
      {"role":"user","content":"Observation: Episode finished, reward = True"}]})");
  EXPECT_EQ(run.interaction().trajectory.text, kStepsOfTwo);
  EXPECT_EQ(run.interaction().success, false);
  EXPECT_THAT(run.interaction().output.text, HasSubstr("finish[the lighthouse]"));
  const Imported steps = import_auto("trajectory", R"({"id":3,"claim":"c","steps":[{"thought":"t",
      "action":"Finish[REFUTES]","observation":"o"}],"info":{"em":1,"answer":"REFUTES"}})");
  EXPECT_EQ(steps.interaction().success, true);
  EXPECT_EQ(steps.interaction().output.text, R"({"role":"assistant","content":"REFUTES"})");
}

TEST(ImporterTest, Workflows) {
  const std::string workflow = R"({"id":"112","name":"Mail me","nodes":[{"name":"T"}],"connections":{}})";
  const Imported row =
      import_auto("workflow", R"({"path":"w/1.json","bytes":2141,"sha1":"f6","name":"Mail me","nodes":1,
      "workflow":)" + workflow + "}");
  const Imported bare = import_auto("workflow", workflow);
  EXPECT_EQ(row.interaction().metadata.text, R"({"path":"w/1.json","bytes":2141,"sha1":"f6","nodes":1})");
  EXPECT_EQ(bare.interaction().metadata.text, "");
  for (const Imported* const one : {&row, &bare}) {
    const Interaction& i = one->interaction();
    EXPECT_THAT(i.id, StartsWith("import_"));
    EXPECT_EQ(i.platform, "n8n");
    EXPECT_EQ(i.kind, "workflow");
    EXPECT_EQ(i.artifact.text, workflow);
    EXPECT_EQ(i.messages.text, R"([{"role":"system","content":"You are an expert n8n workflow generator."},)"
                               R"({"role":"user","content":"Mail me"}])");
    EXPECT_TRUE(i.output.empty());
  }
}

TEST(ImporterTest, Trees) {
  const Imported tree = import_auto("tree", R"({"message_tree_id":"t","tree_state":"ready","prompt":{"message_id":"t",
      "text":"q","role":"prompter","lang":"en","replies":[
        {"message_id":"a","parent_id":"t","text":"A","role":"assistant","lang":"en","rank":0,"model_name":"m",
         "emojis":{"+1":2,"-1":0,"_skip_labeling":1},"replies":[
          {"message_id":"u","text":"more","role":"prompter","replies":[
            {"message_id":"b","text":"B","role":"assistant","replies":[]}]}]},
        {"message_id":"c","text":"C","role":"assistant","rank":1,"emojis":null},
        {"message_id":"d","text":"D","role":"assistant","deleted":true}]}})");
  ASSERT_EQ(tree.records.size(), 6);
  EXPECT_EQ(tree.interaction(0).id, "a");
  EXPECT_EQ(tree.interaction(0).session_id, "t");
  EXPECT_EQ(tree.interaction(0).model, "m");
  EXPECT_EQ(tree.interaction(0).messages.text, R"([{"role":"user","content":"q"}])");
  EXPECT_EQ(tree.signal(1).kind, record::SignalKind::kScore);
  EXPECT_EQ(tree.signal(1).value.text, "0");
  EXPECT_EQ(tree.signal(1).reason, "rank");
  EXPECT_EQ(tree.signal(1).author, "human");
  EXPECT_EQ(tree.signal(2).kind, record::SignalKind::kThumbsUp);
  EXPECT_EQ(tree.interaction(3).id, "b");
  EXPECT_EQ(tree.interaction(3).messages.text,
            R"([{"role":"user","content":"q"},)"
            R"({"role":"assistant","content":"A"},{"role":"user","content":"more"}])");
  EXPECT_EQ(tree.interaction(4).messages.text, R"([{"role":"user","content":"q"}])");
  EXPECT_EQ(tree.signal(5).interaction_id, "c");
  const Imported row = import_auto("tree", R"({"message_id":"t","text":"q","role":"prompter","replies":[
      {"message_id":"a","text":"A","role":"assistant"}]})");
  EXPECT_EQ(row.interaction().id, "a");
  EXPECT_EQ(row.interaction().session_id, "t");
}

TEST(ImporterTest, ErrorsNameTheField) {
  struct Case {
    const char* shape;
    const char* element;
    const char* begins;
  };
  const Case cases[] = {
      {"gleaner", R"({"messages":5})", "messages: expected an array, got a number"},
      {"gleaner", R"({"kind":"love","interaction_id":"a"})", "kind: expected a signal kind"},
      {"gleaner", R"({"interaction":5})", "interaction: expected an object, got a number"},
      {"gleaner", R"({"interaction":{"output":"x","tags":1}})", "interaction: tags: expected an array"},
      {"gleaner", R"({"interaction":{"output":"x"},"signals":[1]})", "signals[0]: expected an object"},
      {"openai", R"({"messages":"hi"})", "messages: expected an array, got a string"},
      {"openai", R"({"messages":[{"role":"assistant","content":5}]})", "messages[0].content: expected a string"},
      {"openai", R"({"messages":[{"role":"user"}],"tools":1})", "tools: expected an array"},
      {"openai", R"({"preferred_output":[]})", "input: missing; expected an object"},
      {"openai", R"({"input":{},"preferred_output":[]})", "input: messages: missing"},
      {"openai", R"({"input":{"messages":[5]},"preferred_output":"a","non_preferred_output":"b"})",
       "input.messages[0]"},
      {"openai", R"({"input":{"messages":[]},"preferred_output":"a"})", "non_preferred_output: missing"},
      {"openai", R"({"input":{"messages":[]},"preferred_output":[],"non_preferred_output":"a"})",
       "preferred_output: expe"},
      {"openai", R"({"input":{"messages":[]},"preferred_output":5,"non_preferred_output":"a"})",
       "preferred_output: outp"},
      {"sharegpt", R"({"conversations":"x"})", "conversations: expected an array, got a string"},
      {"sharegpt", R"({"conversations":[{"from":"human"}]})", "conversations[0].value: missing"},
      {"sharegpt", R"({"conversations":[{"from":"human","value":5}]})", "conversations[0].value: expected a string"},
      {"sharegpt", R"({"conversations":[{"from":"cat","value":"x"}]})", "conversations[0].from: expected human"},
      {"sharegpt", R"({"conversations":[{"from":"function_call","value":"{"}]})",
       "conversations[0].value: not valid JSON"},
      {"sharegpt", R"({"conversations":[{"from":"function_call","value":"[1]"}]})",
       "conversations[0].value: expected {"},
      {"sharegpt", R"({"conversations":[],"tools":"x"})", "tools: not valid JSON"},
      {"sharegpt", R"({"conversations":[],"system":1})", "system: expected a string"},
      {"alpaca", R"({"instruction":1,"output":"x"})", "instruction: expected a string, got a number"},
      {"alpaca", R"({"instruction":"x"})", "output: missing"},
      {"alpaca", R"({"instruction":"x","output":"y","history":[["a"]]})",
       "history[0]: expected an array of two strings"},
      {"collector", R"({"prompt":1,"response":"r"})", "prompt: expected a string"},
      {"collector", R"({"prompt":"p","response":"r","metadata":1})", "metadata: expected an object"},
      {"collector", R"({"prompt":"p","response":"r","metadata":{"latency_ms":"1"}})",
       "metadata.latency_ms: expected a num"},
      {"collector", R"({"prompt":"p","response":"r","quality":{"auto_score":2}})",
       "quality.auto_score: expected a number"},
      {"collector", R"({"prompt":"p","response":"r","quality":{"user_feedback":"so-so"}})",
       "quality.user_feedback: expect"},
      {"collector", R"({"prompt":"p","response":"r","timestamp":"soon"})", "timestamp: expected an RFC 3339 time"},
      {"collector", R"({"corrected_response":"c"})", "original_prompt: missing"},
      {"collector", R"({"corrected_response":1,"original_prompt":"p","original_response":"r"})",
       "corrected_response: exp"},
      {"extraction", R"({"stage":"extraction"})", "extracted_insights: missing"},
      {"extraction", R"({"extracted_insights":["x"]})", "extracted_insights[0]: expected an object"},
      {"extraction", R"({"extracted_insights":[],"quality_score":11})",
       "quality_score: expected a number from 0 to 10"},
      {"extraction", R"({"extracted_insights":[],"source_url":1})", "source_url: expected a string"},
      {"extraction", R"({"insight_id":"a","action":"love"})", "action: expected a signal kind"},
      {"extraction", R"({"insight_id":[],"action":"like"})", "insight_id: expected a string"},
      {"extraction", R"({"stage":"query"})", "query: missing"},
      {"chatlog", R"({"query":1,"response":"x"})", "query: expected a string"},
      {"chatlog", R"({"query":"q"})", "bot_response: missing"},
      {"chatlog", R"({"query":"q","reply":"r","feedback":"meh"})", "feedback: expected positive or negative"},
      {"chatlog", R"({"query":"q","reply":"r","response_time":"1s"})", "response_time: expected a number from 0"},
      {"agent", R"({"session_id":"s","events":5})", "events: expected an array"},
      {"agent", R"({"session_id":"s","events":[5]})", "events[0]: expected an object"},
      {"agent", R"({"session_id":"s","events":[{"content":5}]})", "events[0].content: expected a string"},
      {"agent", R"({"session_id":"s","trajectory":5})", "trajectory: expected an array of steps"},
      {"agent", R"({"session_id":"s","trajectory":[5]})", "trajectory[0]: expected an object"},
      {"agent", R"({"session_id":"s","trajectory":{"thought":"x"}})",
       "trajectory.thought: expected a name with the number"},
      {"agent", R"({"trajectory":[],"execution_time_ms":"x"})", "execution_time_ms: expected a number"},
      {"agent", R"({"trajectory":[],"model_config":"x"})", "model_config: expected an object"},
      {"agent", R"({"session_id":"s"})", "events: missing"},
      {"trajectory", R"({"id":1})", "traj: missing"},
      {"trajectory", R"({"traj":5})", "traj: expected a string or an array of messages"},
      {"trajectory", R"({"traj":[5]})", "traj[0]: expected an object"},
      {"trajectory", R"({"traj":"x","prompt":5})", "prompt: expected a string or an array"},
      {"workflow", R"({"workflow":5})", "workflow: expected an object"},
      {"workflow", R"({"workflow":{"nodes":5}})", "workflow.nodes: expected an array"},
      {"tree", R"({"message_tree_id":"t"})", "prompt: missing"},
      {"tree", R"({"prompt":{"role":"cat","text":"x"}})", "prompt.role: expected prompter or assistant"},
      {"tree", R"({"prompt":{"role":"prompter","text":5}})", "prompt.text: expected a string"},
      {"tree", R"({"prompt":{"role":"prompter","text":"x","replies":5}})", "prompt.replies: expected an array"},
      {"tree", R"({"prompt":{"role":"assistant","text":"x","rank":"first"}})", "prompt: rank: expected a number"},
      {"tree", R"({"prompt":{"role":"assistant","text":"x","emojis":1}})", "prompt: emojis: expected an object"},
      {"tree", R"({"role":"prompter","text":"x","message_id":"a"})", "replies: missing; a prompt alone"},
      {"tree", R"({"role":"assistant","text":"x","message_id":"a"})", "parent_id: a reply without"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(import_as(c.shape, c.element).error, StartsWith(c.begins)) << c.shape << " " << c.element;
  }
}

}  // namespace
}  // namespace gleaner::gateway
