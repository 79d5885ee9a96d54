// What of a project is whose: a person who signed in sees, writes and deletes only what is theirs; API keys and admins
// have all of it. A plain value; safe from any thread while nobody changes it.
#pragma once

#include <string>
#include <vector>

#include "http/authenticator.h"
#include "record/interaction.h"
#include "record/signal.h"
#include "store/registry.h"

namespace gleaner::api {

// What somebody or something may be called in what is stored: the pseudonyms by each of the project's secrets.
std::vector<std::string> pseudonyms(const store::Project& project, std::string_view id,
                                    std::string (*pseudonym)(const Secret&, std::string_view));

class Ownership {
 public:
  // Everybody's: for whoever is not limited.
  Ownership() = default;
  Ownership(const http::Principal& principal, const store::Project& project);

  bool limited() const { return !user_.empty(); }
  // The person's pseudonyms; none for whoever is not limited.
  const std::vector<std::string>& pseudonyms() const { return pseudonyms_; }
  bool owns_user(std::string_view pseudonym) const;
  bool owns(const record::Interaction& interaction) const { return owns_user(interaction.user_id); }
  bool owns(const record::Signal& signal) const { return owns_user(signal.user_id); }

  // Puts the person's name on a signal that is not stored yet, and the interaction's that a feedback token is for.
  // Errors: kPermissionDenied if it has another's.
  Status claim(record::Signal& signal) const;
  // The only one that may be spoken about; empty for any.
  const std::string& interaction() const { return interaction_; }

 private:
  std::string user_;
  std::string interaction_;
  std::vector<std::string> pseudonyms_;
};

}  // namespace gleaner::api
