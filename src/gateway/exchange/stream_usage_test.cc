#include "gateway/exchange/stream_usage.h"

#include <string>

#include <gtest/gtest.h>

namespace gleaner::gateway::exchange {
namespace {

constexpr Operation kChat = Operation::kChatCompletions;

TEST(StreamUsage, IsAskedForOnce) {
  EXPECT_EQ(usage_wish(kChat, R"({"stream":true})"), UsageWish::kNotAsked);
  EXPECT_EQ(usage_wish(kChat, R"({"stream":true,"stream_options":{"include_usage":false}})"), UsageWish::kNotAsked);
  EXPECT_EQ(usage_wish(kChat, R"({"stream_options":{"include_usage":true},"stream":true})"), UsageWish::kAsked);
  EXPECT_EQ(usage_wish(Operation::kCompletions, R"({"stream":true})"), UsageWish::kNotAsked);
  EXPECT_EQ(usage_wish(Operation::kResponses, R"({"stream":true})"), UsageWish::kNotApplicable);
  for (const char* const body :
       {R"({"stream":false})", R"({})", R"([])", "", R"({"stream":true)", R"({"stream":true}x)",
        R"({"stream":true,"stream_options":5})", R"({"stream":true,"stream_options":{},"stream_options":{}})"}) {
    EXPECT_EQ(usage_wish(kChat, body), UsageWish::kNotApplicable) << body;
    EXPECT_FALSE(with_usage_asked(kChat, body)) << body;
  }
}

TEST(StreamUsage, IsPutIntoTheBodyAndNothingElseChanges) {
  const auto asked = [](std::string_view body) { return with_usage_asked(kChat, body).value_or("nothing"); };
  EXPECT_EQ(asked("{ \"a\" : 1.0, \"stream\": true }"),
            "{\"stream_options\":{\"include_usage\":true}, \"a\" : 1.0, \"stream\": true }");
  EXPECT_EQ(asked(R"({"stream":true,"stream_options": null ,"b":"ü\u00fc"})"),
            R"({"stream":true,"stream_options": {"include_usage":true} ,"b":"ü\u00fc"})");
  EXPECT_EQ(asked(R"({"stream_options":{ },"stream":true})"),
            R"({"stream_options":{"include_usage":true },"stream":true})");
  EXPECT_EQ(asked(R"({"stream_options":{"include_obfuscation":false},"stream":true})"),
            R"({"stream_options":{"include_usage":true,"include_obfuscation":false},"stream":true})");
  EXPECT_EQ(asked(R"({"stream_options":{"include_usage": false ,"x":1},"stream":true})"),
            R"({"stream_options":{"include_usage": true ,"x":1},"stream":true})");
  EXPECT_EQ(asked(R"({"stream":true,"stream_options":{"include_usage":true}})"), "nothing");
}

std::string filtered(std::string_view stream, size_t piece) {
  UsageFilter filter;
  std::string out;
  for (size_t at = 0; at < stream.size(); at += piece) filter.filter(stream.substr(at, piece), out);
  filter.finish(out);
  return out;
}

TEST(UsageFilter, TakesTheUsageOutAgain) {
  const std::string first = "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"choices\\\":[]\"}}],\"usage\":null}\n\n";
  const std::string azure = ": x\ndata: {\"choices\":[],\"prompt_filter_results\":[]}\n\n";
  const std::string usage = "data: { \"choices\" : [ ], \"usage\":{\"prompt_tokens\":1}}\n\n";
  const std::string done = "data: [DONE]\n\n";
  for (const char* const ending : {"\n", "\r", "\r\n"}) {
    const auto with = [&](const std::string& lf) {
      std::string text;
      for (const char c : lf) text += c == '\n' ? std::string(ending) : std::string(1, c);
      return text;
    };
    const std::string stream = with(azure + first + usage + done);
    for (size_t piece = 1; piece <= stream.size(); piece += 3) {
      EXPECT_EQ(filtered(stream, piece), with(azure + first + done)) << piece;
    }
  }
  EXPECT_EQ(filtered(first + usage.substr(0, usage.size() - 2), 5), first);
}

TEST(UsageFilter, PassesEventsAtTheirEndAndWhatIsLongAtOnce) {
  UsageFilter filter;
  std::string out;
  filter.filter("data: {\"choices\":[{}]}\n\ndata: ", out);
  EXPECT_EQ(out, "data: {\"choices\":[{}]}\n\n");
  const std::string large(UsageFilter::kMaxHeld + 1, 'x');
  filter.filter(large, out);
  EXPECT_EQ(out.size(), 24 + 6 + large.size());
}

}  // namespace
}  // namespace gleaner::gateway::exchange
