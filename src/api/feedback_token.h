// Tokens that let a browser say something about one interaction, and nothing else: handed out with the interaction's
// answer, signed, good for a limited time. Nobody keeps a list of them.
//
//   glf_<base64url of {"project":"default","interaction":"...","until":1790000000}>.<base64url of its HMAC-SHA-256>
//
// The key is made of the project's secret, which outlives every rotation.
//
// Thread contract: safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/time.h"
#include "http/authenticator.h"
#include "store/registry.h"

namespace gleaner::api {

inline constexpr std::string_view kFeedbackTokenPrefix = "glf_";

// What a project's tokens are signed with.
using FeedbackTokenKey = Sha256;
FeedbackTokenKey feedback_token_key(const store::Project& project);

std::string make_feedback_token(const FeedbackTokenKey& key, std::string_view project, std::string_view interaction_id,
                                Time until);

class FeedbackTokens final : public http::Authenticator {
 public:
  using FindProject = std::function<Result<std::shared_ptr<const store::Project>>(std::string_view name)>;

  FeedbackTokens(FindProject find_project, const Clock& clock)
      : find_project_(std::move(find_project)), clock_(clock) {}

  // A principal that may speak about one interaction (Principal::interaction). Errors: kUnauthenticated.
  Result<std::shared_ptr<const http::Principal>> authenticate(std::string_view token) override;

 private:
  const FindProject find_project_;
  const Clock& clock_;
};

}  // namespace gleaner::api
