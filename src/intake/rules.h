// What is done with a project's records on their way in, taken from the configuration: redaction, pseudonyms, places,
// and the domain profile that tags and scores. Profiles are read again when their files change.
//
// Thread contract: safe from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/config.h"
#include "enrich/profiles.h"
#include "privacy/redactor.h"

namespace gleaner::intake {

// Shared, because a record on its way in keeps its rules while a refresh replaces them.
struct Rules {
  privacy::RedactionPolicy redaction;
  bool pseudonymise_sessions = false;
  bool generalise_places = true;
  std::string profile_name;
  std::shared_ptr<const enrich::Profile> profile;
};

class Rulebook {
 public:
  // Errors: kInvalidArgument for a kind, profile or profile file that is not right.
  static Result<std::unique_ptr<Rulebook>> make(const config::Config& config);

  std::shared_ptr<const Rules> rules(std::string_view project) const;

  // Takes in profile files that changed. One that is no longer right keeps its last good version, and is among the
  // errors each time until it is mended.
  std::vector<Error> refresh();

  const enrich::Profiles& profiles() const { return *profiles_; }

 private:
  using Book = std::map<std::string, std::shared_ptr<const Rules>, std::less<>>;

  Rulebook() = default;

  std::unique_ptr<enrich::Profiles> profiles_;
  mutable std::mutex mutex_;
  Book book_;  // guarded by mutex_; "" stands for every project without a section of its own
};

}  // namespace gleaner::intake
