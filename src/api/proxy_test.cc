#include "api/proxy.h"

#include <gtest/gtest.h>

#include "api/feedback_token.h"
#include "api/ownership.h"

namespace gleaner::api {
namespace {

using gateway::exchange::Api;

TEST(UpstreamsTest, TheUsualOnesAreThere) {
  const auto upstreams = parse_upstreams("");
  ASSERT_TRUE(upstreams);
  ASSERT_EQ(upstreams->size(), 2u);
  const NamedUpstream& anthropic = upstreams->at("anthropic");
  EXPECT_EQ(anthropic.api, Api::kAnthropic);
  EXPECT_TRUE(anthropic.to->tls);
  EXPECT_EQ(anthropic.to->authority(), "api.anthropic.com");
}

TEST(UpstreamsTest, AreNamed) {
  const auto upstreams = parse_upstreams(
      " vllm=http://[::1]:8000/ ,openai=http://127.0.0.1:9/x/y//,c:anthropic = https://gw.example.com:8443/a,");
  ASSERT_TRUE(upstreams) << upstreams.error().message;
  ASSERT_EQ(upstreams->size(), 4u);
  EXPECT_EQ(upstreams->at("vllm").to->authority(), "[::1]:8000");
  EXPECT_EQ(upstreams->at("vllm").to->base, "");
  EXPECT_EQ(upstreams->at("openai").to->base, "/x/y");
  EXPECT_EQ(upstreams->at("openai").to->port, 9);
  EXPECT_EQ(upstreams->at("c").api, Api::kAnthropic);
  EXPECT_EQ(upstreams->at("c").to->authority(), "gw.example.com:8443");
}

TEST(UpstreamsTest, SaysWhatIsWrong) {
  for (const char* const bad :
       {"x", "=http://a", "A=http://a", "a:b=http://a", "a=ftp://a", "a=http://", "a=http://:80", "a=http://u@b",
        "a=http://b:0", "a=http://b:70000", "a=http://b:x", "a=http://b?q", "a=http://[::1", "a=http://b c"}) {
    const auto upstreams = parse_upstreams(bad);
    ASSERT_FALSE(upstreams) << bad;
    EXPECT_TRUE(upstreams.error().message.starts_with("upstreams: ")) << upstreams.error().message;
  }
}

class StillClock final : public Clock {
 public:
  Time now() const override { return time; }
  Time time = parse_time("2026-11-22T08:00:00Z").value();
};

class FeedbackTokenTest : public ::testing::Test {
 protected:
  std::shared_ptr<const store::Project> project_ = std::make_shared<store::Project>(
      store::Project{.name = "shop", .secret = Secret(std::string(32, 's')), .rotations = {}});
  StillClock clock_;
  FeedbackTokens tokens_{[this](std::string_view name) -> Result<std::shared_ptr<const store::Project>> {
                           if (name == "shop") return project_;
                           return fail(Code::kNotFound, "no such project");
                         },
                         clock_};

  // For the interaction i-1, good for a minute.
  std::string token_of(const store::Project& project) const {
    return make_feedback_token(feedback_token_key(project), project.name, "i-1",
                               clock_.time + std::chrono::seconds(60));
  }
};

TEST_F(FeedbackTokenTest, IsGoodForItsInteractionAndTime) {
  const std::string token = token_of(*project_);
  const auto principal = tokens_.authenticate(token);
  ASSERT_TRUE(principal) << principal.error().message;
  EXPECT_EQ((*principal)->project, "shop");
  EXPECT_EQ((*principal)->interaction, "i-1");
  EXPECT_TRUE((*principal)->may(http::Scope::kIngest));
  EXPECT_FALSE((*principal)->may(http::Scope::kRead));
  clock_.time += std::chrono::seconds(61);
  EXPECT_FALSE(tokens_.authenticate(token));
}

TEST_F(FeedbackTokenTest, EveryCharacterCounts) {
  const std::string token = token_of(*project_);
  for (size_t i = 0; i + 1 < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto refused = tokens_.authenticate(changed);
    ASSERT_FALSE(refused) << i;
    EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
  }
  const store::Project other{.name = "shop", .secret = Secret(std::string(32, 't')), .rotations = {}};
  EXPECT_FALSE(tokens_.authenticate(token_of(other)));
  const store::Project gone{.name = "gone", .secret = Secret(std::string(32, 's')), .rotations = {}};
  EXPECT_FALSE(tokens_.authenticate(token_of(gone)));
}

TEST_F(FeedbackTokenTest, SpeaksOfNothingElse) {
  const http::Principal principal{.project = "shop", .scopes = 1, .interaction = "i-1"};
  const Ownership ownership(principal, *project_);
  record::Signal signal;
  EXPECT_TRUE(ownership.claim(signal));
  EXPECT_EQ(signal.interaction_id, "i-1");
  signal.interaction_id = "i-2";
  EXPECT_FALSE(ownership.claim(signal));
  signal = {.item_id = "x"};
  EXPECT_FALSE(ownership.claim(signal));
  signal = {.user_id = "u"};
  EXPECT_FALSE(ownership.claim(signal));
}

}  // namespace
}  // namespace gleaner::api
