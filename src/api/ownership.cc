#include "api/ownership.h"

#include <algorithm>

#include "privacy/pseudonym.h"

namespace gleaner::api {

std::vector<std::string> pseudonyms(const store::Project& project, std::string_view id,
                                    std::string (*pseudonym)(const Secret&, std::string_view)) {
  if (id.empty()) return {};
  std::vector<std::string> out = {pseudonym(project.secret, id)};
  for (const store::Rotation& rotation : project.rotations) out.push_back(pseudonym(rotation.secret, id));
  return out;
}

Ownership::Ownership(const http::Principal& principal, const store::Project& project) {
  interaction_ = principal.interaction;
  if (!principal.is_person()) return;
  user_ = principal.user;
  pseudonyms_ = api::pseudonyms(project, user_, &privacy::pseudonym);
}

bool Ownership::owns_user(std::string_view pseudonym) const {
  return !limited() || std::ranges::find(pseudonyms_, pseudonym) != pseudonyms_.end();
}

Status Ownership::claim(record::Signal& signal) const {
  if (!interaction_.empty()) {
    if (!signal.user_id.empty())
      return fail(Code::kPermissionDenied, "user_id: a feedback token is nobody's name; leave it out");
    const bool other = !signal.interaction_id.empty() && signal.interaction_id != interaction_;
    if (other || !signal.item_id.empty())
      return fail(Code::kPermissionDenied, "interaction_id: names another interaction than the feedback token");
    signal.interaction_id = interaction_;
    return {};
  }
  if (!limited()) return {};
  if (!signal.user_id.empty() && signal.user_id != user_ && !owns_user(signal.user_id)) {
    return fail(Code::kPermissionDenied, "user_id: names somebody else than the token; people speak for themselves");
  }
  signal.user_id = user_;
  return {};
}

}  // namespace gleaner::api
