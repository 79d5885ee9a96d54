// What golden_test.cc cannot show: times, limits, paths, and what is not recorded.
#include "gateway/exchange/recorder.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "base/json.h"

namespace gleaner::gateway::exchange {
namespace {

using json::Value;
using std::chrono::milliseconds;

constexpr Recorder::Instant kSent{};
constexpr std::string_view kAsked = R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})";

Request request(std::string_view body = kAsked, Headers headers = {}) {
  return {.api = Api::kOpenAi,
          .provider = "openai",
          .method = "POST",
          .path = "v1/chat/completions",
          .query = "",
          .headers = std::move(headers),
          .body = std::string(body)};
}

Headers event_stream() {
  return {{"content-type", "text/event-stream"}};
}

std::string delta(std::string_view text) {
  return R"(data: {"choices":[{"index":0,"delta":{"content":")" + std::string(text) + "\"}}]}\n\n";
}

Value metadata_of(const Recorded& recorded) {
  return json::parse(recorded.interaction.metadata.text).value_or(Value());
}

TEST(Operation, IsToldByTheEndOfThePath) {
  const auto openai = [](std::string_view path) { return operation_of(Api::kOpenAi, "POST", path); };
  EXPECT_EQ(openai("v1/chat/completions"), Operation::kChatCompletions);
  EXPECT_EQ(openai("/chat/completions/"), Operation::kChatCompletions);
  EXPECT_EQ(openai("openai/deployments/x/chat/completions"), Operation::kChatCompletions);
  EXPECT_EQ(openai("v1/completions"), Operation::kCompletions);
  EXPECT_EQ(openai("v1/responses"), Operation::kResponses);
  EXPECT_EQ(openai("v1/embeddings"), Operation::kEmbeddings);
  EXPECT_EQ(openai("v1/messages"), Operation::kMessages);
  EXPECT_EQ(openai("v1/threads/t/messages"), Operation::kNone);
  EXPECT_EQ(openai("v1/chat/completions/chatcmpl-1"), Operation::kNone);
  EXPECT_EQ(openai("v1/responses/resp_1/cancel"), Operation::kNone);
  EXPECT_EQ(openai("v1/xcompletions"), Operation::kNone);
  EXPECT_EQ(openai(""), Operation::kNone);
  EXPECT_EQ(operation_of(Api::kOpenAi, "GET", "v1/chat/completions"), Operation::kNone);
  EXPECT_EQ(operation_of(Api::kAnthropic, "POST", "anthropic/v1/messages"), Operation::kMessages);
  EXPECT_EQ(operation_of(Api::kAnthropic, "POST", "v1/messages/count_tokens"), Operation::kNone);
}

TEST(Recorder, TellsTimes) {
  Recorder recorder(request(), from_ms(5), kSent);
  recorder.head(200, event_stream());
  recorder.body(R"(data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]})"
                "\n\n",
                kSent + milliseconds(10));
  const std::string hello = delta("Hello");
  recorder.body(hello.substr(0, 30), kSent + milliseconds(20));
  recorder.body(hello.substr(30), kSent + milliseconds(30));
  recorder.body(delta("!"), kSent + milliseconds(40));
  EXPECT_FALSE(recorder.saw_end());
  recorder.body("data: [DONE]\n\n", kSent + milliseconds(50));
  EXPECT_TRUE(recorder.saw_end());
  const Recorded recorded = recorder.finish(End::kClientGone, "reset", kSent + milliseconds(90));
  EXPECT_TRUE(recorded.streamed);
  EXPECT_EQ(recorded.interaction.created_at, from_ms(5));
  EXPECT_EQ(recorded.interaction.ttft_ms, 30);
  EXPECT_EQ(recorded.interaction.latency_ms, 50);
  EXPECT_EQ(recorded.interaction.success, true);  // nothing was missed
  EXPECT_EQ(recorded.interaction.output.text, R"({"role":"assistant","content":"Hello!"})");
}

TEST(Recorder, KeepsNoMoreOfAnAnswerThanItMay) {
  for (const bool streamed : {true, false}) {
    Recorder recorder(request(), from_ms(0), kSent, {.max_answer_bytes = 400});
    recorder.head(200, streamed ? event_stream() : Headers{});
    for (int i = 0; i < 100; ++i) recorder.body(streamed ? delta("0123456789") : std::string(20, '{'), kSent);
    recorder.body("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n", kSent);
    const Recorded recorded = recorder.finish(End::kComplete, {}, kSent);
    EXPECT_EQ(recorded.outcome, Outcome::kRecorded);
    EXPECT_EQ(recorded.interaction.success, true);
    EXPECT_LT(recorded.interaction.output.text.size(), 500U);
    EXPECT_EQ(metadata_of(recorded).find_string("answer_not_kept"), "longer than 400 bytes");
    EXPECT_EQ(metadata_of(recorded).find_string("finish_reason").value_or("none"), streamed ? "stop" : "none");
  }
}

TEST(Recorder, KeepsWhatWasDecoded) {
  Recorder recorder(request(), from_ms(0), kSent);
  recorder.head(200, event_stream());
  recorder.body(delta("Hel"), kSent);
  recorder.undecodable("gzip: the body is damaged");
  recorder.body("no events", kSent);
  const Recorded recorded = recorder.finish(End::kComplete, {}, kSent);
  EXPECT_EQ(recorded.interaction.output.text, R"({"role":"assistant","content":"Hel"})");
  EXPECT_EQ(metadata_of(recorded).find_string("answer_not_kept"), "gzip: the body is damaged");
  EXPECT_EQ(recorded.interaction.success, true);
}

TEST(Recorder, RecordsNothingWhereThereIsNothing) {
  const auto outcome = [](Request asked, RecorderOptions options = {}) {
    Recorder recorder(std::move(asked), from_ms(0), kSent, options);
    recorder.head(200, {});
    recorder.body(R"({"object":"list","data":[]})", kSent);
    return recorder.finish(End::kComplete, {}, kSent).outcome;
  };
  EXPECT_EQ(outcome(request()), Outcome::kRecorded);
  EXPECT_EQ(outcome(request("no JSON")), Outcome::kNothingSaid);
  EXPECT_EQ(outcome(request("[]")), Outcome::kNothingSaid);
  EXPECT_EQ(outcome(request(kAsked, {{"x-gleaner-no-store", "1"}})), Outcome::kNoStore);
  Request models = request();
  models.path = "v1/models";
  EXPECT_EQ(outcome(std::move(models)), Outcome::kNoOperation);
  Request embeddings = request(R"({"input":"text"})");
  embeddings.path = "v1/embeddings";
  EXPECT_EQ(outcome(Request(embeddings)), Outcome::kEmbedding);
  EXPECT_EQ(outcome(std::move(embeddings), {.record_embeddings = true}), Outcome::kRecorded);
}

TEST(Recorder, NeverRecordsCredentials) {
  Recorder recorder(
      request(R"({"messages":[{"role":"user","content":"Hi"}],"api_key":"SECRET","extra_headers":{"a":"SECRET"},)"
              R"("tensorzero::credentials":{"k":"SECRET"},"metadata":{"openai_api_key":"SECRET"},)"
              R"("mcp_servers":[{"url":"u","authorization_token":"SECRET"}],"prompt_cache_key":"kept","max_tokens":5,)"
              R"("response_format":{"type":"json_schema","json_schema":{"schema":{"properties":{"password":{}}}}},)"
              R"("tools":[{"type":"mcp","headers":{"a":"SECRET"}},{"type":"function","function":{"name":"f",)"
              R"("parameters":{"properties":{"api_key":{}}}}}]})",
              {{"authorization", "Bearer SECRET"},
               {"x-api-key", "SECRET"},
               {"helicone-auth", "SECRET"},
               {"openai-organization", "SECRET"},
               {"cookie", "SECRET"}}),
      from_ms(0), kSent);
  recorder.head(200, {{"set-cookie", "SECRET"}, {"openai-organization", "SECRET"}});
  const Recorded recorded = recorder.finish(End::kComplete, {}, kSent);
  const record::Interaction& one = recorded.interaction;
  const std::string all = one.messages.text + one.parameters.text + one.tools.text + one.metadata.text + one.error.text;
  EXPECT_EQ(all.find("SECRET"), std::string::npos) << all;
  EXPECT_EQ(one.parameters.text,
            R"({"mcp_servers":[{"url":"u"}],"prompt_cache_key":"kept","max_tokens":5,"response_format":{"type":)"
            R"("json_schema","json_schema":{"schema":{"properties":{"password":{}}}}}})");
  EXPECT_EQ(one.tools.text, R"([{"type":"mcp"},{"type":"function","function":{"name":"f","parameters":)"
                            R"({"properties":{"api_key":{}}}}}])");
}

TEST(Recorder, LeavesLongParametersOut) {
  Recorder recorder(request(R"({"messages":[{"role":"user","content":"Hi"}],"prediction":")" +
                            std::string(20'000, 'x') + R"(","temperature":1})"),
                    from_ms(0), kSent);
  const Recorded recorded = recorder.finish(End::kUnreachable, {}, kSent);
  EXPECT_EQ(recorded.interaction.parameters.text, R"({"temperature":1})");
  EXPECT_EQ(metadata_of(recorded).find("parameters_not_kept")->dump(), R"(["prediction"])");
}

TEST(Recorder, PutsCallsTogetherThatServersNumberBadly) {
  Recorder recorder(request(), from_ms(0), kSent);
  recorder.head(200, event_stream());
  // Every call whole, and every one the first.
  for (const char* const id : {"a", "b"}) {
    recorder.body(R"(data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":")" + std::string(id) +
                      R"(","function":{"name":"f","arguments":"{}"}}]}}]})"
                      "\n\n",
                  kSent);
  }
  recorder.body("data: [DONE]", kSent);  // without the empty line
  const Recorded recorded = recorder.finish(End::kComplete, {}, kSent);
  EXPECT_EQ(recorded.interaction.output.text,
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"f",)"
            R"("arguments":"{}"}},{"id":"b","type":"function","function":{"name":"f","arguments":"{}"}}]})");
  EXPECT_EQ(recorded.interaction.success, true);
}

TEST(Recorder, PassesOverWhatIsNoChunk) {
  Recorder recorder(request(), from_ms(0), kSent);
  recorder.head(200, event_stream());
  recorder.body(delta("a") + "data: {broken\n\ndata: [1]\n\ndata: {\"choices\":[5,null]}\n\ndata: {\"choices\":7}\n\n" +
                    R"(data: {"choices":[{"index":0,"delta":{"content":"b","refusal":"\ud800"}}]})"
                    "\n\n" +
                    delta("c"),
                kSent);
  const Recorded recorded = recorder.finish(End::kComplete, {}, kSent);
  EXPECT_EQ(recorded.interaction.output.text, R"({"role":"assistant","content":"ac"})");
  EXPECT_EQ(recorded.interaction.error.text,
            R"({"type":"incomplete_stream","message":"the stream ended before it said so"})");
}

}  // namespace
}  // namespace gleaner::gateway::exchange
