#include "gateway/exchange/session_stitcher.h"

#include <string>

#include <gtest/gtest.h>

#include "base/json.h"

namespace gleaner::gateway::exchange {
namespace {

constexpr std::string_view kUser = R"({"role":"user","content":"Weather?"})";

Recorded recorded_of(std::string_view path, std::string_view asked, std::string_view answered, Headers headers = {}) {
  Recorder recorder({.api = Api::kAnthropic,
                     .provider = "p",
                     .method = "POST",
                     .path = std::string(path),
                     .query = "",
                     .headers = std::move(headers),
                     .body = std::string(asked)},
                    from_ms(0), {});
  recorder.head(answered.empty() ? 500 : 200, {});
  recorder.body(answered, {});
  return recorder.finish(End::kComplete, {}, {});
}

// A chat completion: the messages, and the message that answers; none if it failed.
Recorded chat(std::string_view messages, std::string_view answer, Headers headers = {}) {
  const std::string answered =
      answer.empty() ? std::string() : R"({"choices":[{"message":)" + std::string(answer) + "}]}";
  return recorded_of("v1/chat/completions", R"({"messages":[)" + std::string(messages) + "]}", answered,
                     std::move(headers));
}

std::string session(SessionStitcher& stitcher, Recorded recorded, std::string_view project = "p") {
  stitcher.stitch(project, recorded);
  return recorded.interaction.session_id;
}

std::string joined(std::initializer_list<std::string_view> messages) {
  std::string all;
  for (const std::string_view one : messages) all.append(all.empty() ? "" : ",").append(one);
  return all;
}

TEST(SessionStitcher, FollowsAToolLoopHoweverClientsWriteTheAnswerBack) {
  SessionStitcher stitcher;
  constexpr std::string_view kCall =
      R"({"role":"assistant","content":null,"refusal":null,"annotations":[],"reasoning_content":"Hm.","tool_calls":)"
      R"([{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"city\": \"Oslo\"}"}}]})";
  const std::string first = session(stitcher, chat(kUser, kCall));
  EXPECT_TRUE(first.starts_with("s_"));
  EXPECT_EQ(first.size(), 34U);
  constexpr std::string_view kWrittenBack =
      R"({"tool_calls":[{"function":{"arguments":"{\"city\":\"Oslo\"}","name":"f"},"id":"c1","type":"function"}],)"
      R"("role":"assistant","content":""})";
  constexpr std::string_view kResult = R"({"role":"tool","tool_call_id":"c1","content":"cold"})";
  const std::string second = joined({kUser, kWrittenBack, kResult});
  EXPECT_EQ(session(stitcher, chat(second, R"({"role":"assistant","content":"It is cold. "})")), first);
  constexpr std::string_view kParts = R"({"role":"assistant","content":[{"type":"text","text":"It is cold."}]})";
  const std::string third = joined({second, kParts, R"({"role":"user","content":"Thanks"})"});
  EXPECT_EQ(session(stitcher, chat(third, "")), first);  // even though it fails
  EXPECT_EQ(session(stitcher, chat(third, R"({"content":"Gladly."})")), first);
  EXPECT_NE(session(stitcher, chat(R"({"role":"user","content":"Other"})", R"({"content":"x"})")), first);
}

TEST(SessionStitcher, LeavesSystemMessagesOutOfTheChain) {
  SessionStitcher stitcher;
  const std::string first = session(
      stitcher, chat(joined({R"({"role":"system","content":"It is 8:00."})", kUser}), R"({"content":"Cold."})"));
  const std::string next = joined({R"({"role":"system","content":"It is 8:01."})", kUser,
                                   R"({"role":"assistant","content":"Cold."})", R"({"role":"user","content":"And?"})"});
  EXPECT_EQ(session(stitcher, chat(next, R"({"content":"Still."})")), first);
}

TEST(SessionStitcher, AnExplicitSessionWinsAndIsRemembered) {
  SessionStitcher stitcher;
  EXPECT_EQ(session(stitcher, chat(kUser, R"({"content":"Cold."})", {{"x-gleaner-session", "mine"}})), "mine");
  const std::string next = joined({kUser, R"({"role":"assistant","content":"Cold."})", kUser});
  EXPECT_EQ(session(stitcher, chat(next, R"({"content":"Still."})")), "mine");
  EXPECT_EQ(session(stitcher, chat(next, R"({"content":"No."})", {{"helicone-session-id", "other"}})), "other");
}

TEST(SessionStitcher, ProjectsAndUsersShareNothing) {
  SessionStitcher stitcher;
  const std::string first = session(stitcher, chat(kUser, R"({"content":"Cold."})"));
  EXPECT_NE(session(stitcher, chat(kUser, R"({"content":"Cold."})"), "q"), first);
  EXPECT_NE(session(stitcher, chat(kUser, R"({"content":"Cold."})", {{"x-gleaner-user", "u"}})), first);
}

TEST(SessionStitcher, TheSameFirstExchangeIsTheSameSessionAfterARestart) {
  SessionStitcher before({.secret = "k"});
  SessionStitcher after({.secret = "k"});
  SessionStitcher elsewhere({.secret = "other"});
  const std::string first = session(before, chat(kUser, R"({"content":"Cold."})"));
  EXPECT_EQ(session(after, chat(kUser, R"({"content":"Cold."})")), first);
  EXPECT_NE(session(elsewhere, chat(kUser, R"({"content":"Cold."})")), first);
}

TEST(SessionStitcher, ExamplesInAPromptAreNoSession) {
  SessionStitcher stitcher;
  const auto classified = [&](std::string_view what) {
    return session(stitcher,
                   chat(joined({R"({"role":"user","content":"good"})", R"({"role":"assistant","content":"+"})",
                                R"({"role":"user","content":")" + std::string(what) + "\"}"}),
                        R"({"content":"-"})"));
  };
  EXPECT_NE(classified("bad"), classified("worse"));
}

TEST(SessionStitcher, ForgetsWhatIsOldest) {
  SessionStitcher stitcher({.max_exchanges = 2});
  const auto asked = [&](int i) {
    const std::string user = R"({"role":"user","content":")" + std::to_string(i) + "\"}";
    return session(stitcher, chat(user, R"({"content":"a"})", {{"x-gleaner-session", std::to_string(i)}}));
  };
  const auto goes_on = [&](int i) {
    const std::string user = R"({"role":"user","content":")" + std::to_string(i) + "\"}";
    return session(stitcher, chat(joined({user, R"({"role":"assistant","content":"a"})", kUser}), ""));
  };
  for (const int i : {1, 2, 3}) asked(i);
  EXPECT_EQ(goes_on(2), "2");
  EXPECT_EQ(goes_on(3), "3");
  EXPECT_NE(goes_on(1), "1");
}

Recorded response(std::string_view id, std::string_view request, std::string_view text) {
  return recorded_of("v1/responses", request,
                     R"({"id":")" + std::string(id) +
                         R"(","status":"completed","output":[{"type":"message","content":)" +
                         R"([{"type":"output_text","text":")" + std::string(text) + R"("}]}]})");
}

TEST(SessionStitcher, RestoresWhatTheServerKept) {
  SessionStitcher stitcher;
  Recorded first = response("r1", R"({"instructions":"Be brief.","input":"One?"})", "1");
  stitcher.stitch("p", first);
  Recorded second = response("r2", R"({"instructions":"Be long.","input":"Two?","previous_response_id":"r1"})", "2");
  stitcher.stitch("p", second);
  EXPECT_EQ(second.interaction.session_id, first.interaction.session_id);
  EXPECT_EQ(second.interaction.messages.text,
            R"([{"role":"system","content":"Be long."},{"role":"user","content":"One?"},)"
            R"({"role":"assistant","content":"1"},{"role":"user","content":"Two?"}])");
  EXPECT_EQ(second.interaction.metadata.text.find("partial"), std::string::npos);
  Recorded third = response("r3", R"({"input":"Three?","previous_response_id":"r2"})", "3");
  stitcher.stitch("p", third);
  EXPECT_EQ(json::parse(third.interaction.messages.text)->items().size(), 5U);
  EXPECT_EQ(third.interaction.session_id, first.interaction.session_id);
}

TEST(SessionStitcher, SaysWhereSomethingIsMissing) {
  SessionStitcher stitcher;
  Recorded second = response("r2", R"({"input":"Two?","previous_response_id":"r1"})", "2");
  stitcher.stitch("p", second);
  Recorded sibling = response("r2b", R"({"input":"Zwei?","previous_response_id":"r1"})", "2");
  stitcher.stitch("p", sibling);
  EXPECT_EQ(sibling.interaction.session_id, second.interaction.session_id);
  Recorded third = response("r3", R"({"input":"Three?","previous_response_id":"r2"})", "3");
  stitcher.stitch("p", third);
  EXPECT_EQ(third.interaction.session_id, second.interaction.session_id);
  for (const Recorded* const one : {&second, &sibling, &third}) {
    EXPECT_NE(one->interaction.metadata.text.find(R"("partial":true)"), std::string::npos);
  }
  EXPECT_EQ(json::parse(third.interaction.messages.text)->items().size(), 3U);
}

TEST(SessionStitcher, AConversationIsASession) {
  SessionStitcher stitcher;
  Recorded first = response("r1", R"({"input":"One?","conversation":"conv_1"})", "1");
  stitcher.stitch("p", first);
  EXPECT_EQ(first.interaction.session_id, "conv_1");
  Recorded second = response("r2", R"({"input":"Two?","conversation":{"id":"conv_1"}})", "2");
  stitcher.stitch("p", second);
  EXPECT_EQ(second.interaction.session_id, "conv_1");
  EXPECT_EQ(json::parse(second.interaction.messages.text)->items().size(), 3U);
}

TEST(SessionStitcher, LongConversationsAreRememberedWithoutTheirMessages) {
  SessionStitcher stitcher({.max_conversation_bytes = 100});
  Recorded first = response("r1", R"({"input":")" + std::string(200, 'x') + "\"}", "1");
  stitcher.stitch("p", first);
  Recorded second = response("r2", R"({"input":"Two?","previous_response_id":"r1"})", "2");
  stitcher.stitch("p", second);
  EXPECT_EQ(second.interaction.session_id, first.interaction.session_id);
  EXPECT_NE(second.interaction.metadata.text.find(R"("partial":true)"), std::string::npos);
}

TEST(SessionStitcher, ReadsAnthropicsLoopsToo) {
  SessionStitcher stitcher;
  Recorded first =
      recorded_of("v1/messages", R"({"messages":[{"role":"user","content":"Weather?"}]})",
                  R"({"content":[{"type":"thinking","thinking":"Hm.","signature":"s"},{"type":"text","text":)"
                  R"("I look."},{"type":"tool_use","id":"t1","name":"f","input":{"a":1}}]})");
  stitcher.stitch("p", first);
  Recorded second = recorded_of(
      "v1/messages",
      R"({"messages":[{"role":"user","content":[{"type":"text","text":"Weather?","cache_control":{"type":"ephemeral"}}]},)"
      R"({"role":"assistant","content":[{"type":"text","text":"I look."},{"type":"tool_use","id":"t1","name":"f","input":)"
      R"({"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"cold"}]}]})",
      R"({"content":[{"type":"text","text":"Cold."}]})");
  stitcher.stitch("p", second);
  EXPECT_EQ(second.interaction.session_id, first.interaction.session_id);
}

}  // namespace
}  // namespace gleaner::gateway::exchange
