#include "api/feedback_token.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/seal.h"

namespace gleaner::api {
namespace {

constexpr std::string_view kPurpose = "tokens for feedback on an interaction";

std::string signature_of(const FeedbackTokenKey& key, std::string_view payload) {
  const Sha256 mac = hmac_sha256({reinterpret_cast<const char*>(key.data()), key.size()}, payload);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

int64_t seconds(Time time) {
  constexpr int64_t kMillis = 1000;
  return to_ms(time) / kMillis;
}

}  // namespace

FeedbackTokenKey feedback_token_key(const store::Project& project) {
  return derive_key(project.secret, kPurpose);
}

std::string make_feedback_token(const FeedbackTokenKey& key, std::string_view project, std::string_view interaction_id,
                                Time until) {
  std::string payload;
  json::Writer(payload)
      .begin_object()
      .field("project", project)
      .field("interaction", interaction_id)
      .field("until", seconds(until))
      .end_object();
  return std::string(kFeedbackTokenPrefix) + base64url_encode(payload) + "." +
         base64url_encode(signature_of(key, payload));
}

Result<std::shared_ptr<const http::Principal>> FeedbackTokens::authenticate(std::string_view token) {
  const auto refused = [] {
    return fail(Code::kUnauthenticated, "the feedback token is not one of this server, or it was changed");
  };
  if (!token.starts_with(kFeedbackTokenPrefix)) return refused();
  token.remove_prefix(kFeedbackTokenPrefix.size());
  const size_t dot = token.find('.');
  if (dot == std::string_view::npos) return refused();
  const auto payload = base64url_decode(token.substr(0, dot));
  const auto signature = base64url_decode(token.substr(dot + 1));
  if (!payload || !signature) return refused();
  // Which project's key it is signed with has to be read before it can be believed.
  const auto claims = json::parse(*payload);
  if (!claims) return refused();
  const auto project = find_project_(claims->find_string("project").value_or(""));
  if (!project) return project.error().code == Code::kNotFound ? refused() : std::unexpected(project.error());
  if (!constant_time_equal(signature_of(feedback_token_key(**project), *payload), *signature)) return refused();
  const json::Value* const until = claims->find("until");
  if (until == nullptr || until->as_integer().value_or(0) < seconds(clock_.now()))
    return fail(Code::kUnauthenticated, "the feedback token is no longer good: its time is over");
  http::Principal principal;
  principal.project = (*project)->name;
  principal.scopes = static_cast<unsigned>(http::Scope::kIngest);
  principal.interaction = claims->find_string("interaction").value_or("");
  if (principal.interaction.empty()) return refused();
  return std::make_shared<const http::Principal>(std::move(principal));
}

}  // namespace gleaner::api
