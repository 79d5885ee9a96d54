#include "gateway/exchange/headers.h"

#include <string>

#include <gmock/gmock.h>

namespace gleaner::gateway::exchange {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Headers, SayWhatARequestIs) {
  const Labels labels = read_labels({{"x-gleaner-platform", "web"},
                                     {"x-gleaner-kind", "agent"},
                                     {"x-gleaner-session", "s1"},
                                     {"x-gleaner-user", "u1"},
                                     {"x-gleaner-tags", "a, b,,a"},
                                     {"x-gleaner-intent", "ask"},
                                     {"x-gleaner-experiment", "e"},
                                     {"x-gleaner-variant", "v"},
                                     {"x-gleaner-metadata", R"({"order":7,"no":null})"},
                                     {"x-gleaner-interaction-id", "i1"},
                                     {"authorization", "Bearer secret"}});
  EXPECT_EQ(labels.id, "i1");
  EXPECT_EQ(labels.platform, "web");
  EXPECT_EQ(labels.kind, "agent");
  EXPECT_EQ(labels.session_id, "s1");
  EXPECT_EQ(labels.user_id, "u1");
  EXPECT_THAT(labels.tags, ElementsAre("a", "b"));
  EXPECT_EQ(labels.intent, "ask");
  EXPECT_EQ(labels.experiment, "e");
  EXPECT_EQ(labels.variant, "v");
  EXPECT_EQ(labels.metadata.dump(), R"({"order":7})");
  EXPECT_FALSE(labels.no_store);
}

TEST(Headers, OfOtherProxiesCountWhereOursSayNothing) {
  const Labels labels = read_labels({{"helicone-user-id", "theirs"},
                                     {"helicone-session-id", "h1"},
                                     {"helicone-session-path", "/a/b"},
                                     {"helicone-property-team", "blue"},
                                     {"helicone-auth", "Bearer secret"},
                                     {"x-litellm-tags", "x,y"},
                                     {"x-litellm-end-user-id", "customer"},
                                     {"x-litellm-spend-logs-metadata", R"({"team":"red","job":1})"},
                                     {"x-gleaner-user", "ours"}});
  EXPECT_EQ(labels.user_id, "ours");
  EXPECT_EQ(labels.session_id, "h1");
  EXPECT_THAT(labels.tags, ElementsAre("x", "y"));
  EXPECT_EQ(labels.metadata.dump(), R"({"session_path":"/a/b","team":"blue","job":1})");
}

TEST(Headers, WhatDoesNotFitIsLeftOutAndLongIdsStayThemselves) {
  const Labels labels = read_labels({{"x-gleaner-platform", std::string(200, 'p')},
                                     {"x-gleaner-session", std::string(300, 's')},
                                     {"x-gleaner-user", "m\xfcller"},
                                     {"x-gleaner-metadata", "no JSON"},
                                     {"x-gleaner-kind", "a\x01"}});
  EXPECT_EQ(labels.platform, "");
  EXPECT_EQ(labels.kind, "");
  EXPECT_EQ(labels.session_id.size(), 7 + 64U);
  EXPECT_TRUE(labels.user_id.starts_with("sha256_"));
  EXPECT_TRUE(labels.metadata.members().empty());
}

TEST(Headers, AskForNothingToBeStored) {
  for (const char* const name : {"x-gleaner-no-store", "helicone-omit-request", "helicone-omit-response",
                                 "x-litellm-enable-message-redaction"}) {
    EXPECT_TRUE(read_labels({{name, "True"}}).no_store) << name;
    EXPECT_FALSE(read_labels({{name, "false"}}).no_store) << name;
  }
}

TEST(Headers, ForTheUpstream) {
  const Headers headers = {{"host", "gleaner"},         {"content-length", "5"},
                           {"connection", "X-Hop, te"}, {"x-hop", "1"},
                           {"te", "trailers"},          {"transfer-encoding", "chunked"},
                           {"x-gleaner-user", "u"},     {"helicone-auth", "secret"},
                           {"x-litellm-timeout", "5"},  {"authorization", "Bearer key"},
                           {"x-api-key", "key"},        {"openai-project", "p"},
                           {"anthropic-beta", "a,b"},   {"accept-encoding", "gzip"}};
  EXPECT_THAT(headers_for_upstream(headers),
              ElementsAre(Pair("authorization", "Bearer key"), Pair("x-api-key", "key"), Pair("openai-project", "p"),
                          Pair("anthropic-beta", "a,b"), Pair("accept-encoding", "gzip")));
  EXPECT_EQ(headers_for_upstream(headers, Upstream::kProxy).size(), 7U);
}

TEST(Headers, ForAnotherUpstreamThanTheClients) {
  EXPECT_THAT(headers_for_another({{"authorization", "Bearer key"},
                                   {"cookie", "a=b"},
                                   {"openai-organization", "o"},
                                   {"content-type", "application/json"},
                                   {"anthropic-version", "2023-06-01"},
                                   {"x-anything", "1"}}),
              ElementsAre(Pair("content-type", "application/json"), Pair("anthropic-version", "2023-06-01")));
}

TEST(Headers, OfResponses) {
  json::Value metadata = json::Value::object();
  std::optional<double> cost;
  add_response_labels({{"request-id", "req_2"},
                       {"x-request-id", "req_1"},
                       {"openai-processing-ms", "81"},
                       {"x-litellm-response-cost", "0.25"},
                       {"openai-organization", "acme"}},
                      metadata, cost);
  EXPECT_EQ(metadata.dump(), R"({"request_id":"req_1","processing_ms":81})");
  EXPECT_EQ(cost, 0.25);
}

}  // namespace
}  // namespace gleaner::gateway::exchange
