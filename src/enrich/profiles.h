// All profiles there are: those that come with the program, and every *.toml of a folder. A file is named after its
// profile, and one named like a profile of the program replaces it.
//
// Thread contract: safe from any thread; find() never waits for a file to be read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "enrich/profile.h"

namespace gleaner::enrich {

struct ProfileSummary {
  std::string name;
  std::string description;
  std::string origin;  // the file, or "built in"
  size_t tags = 0;
  size_t intents = 0;
  size_t keywords = 0;
  size_t patterns = 0;
  std::string error = {};  // why the file as it is now is not in use; empty when it is
};

class Profiles {
 public:
  // `folder` may be empty for none, and need not exist yet. Files that are wrong are left out: see errors().
  explicit Profiles(std::string folder);

  // Null if there is none of that name. Shared, because an exchange being assessed keeps its profile while a reload
  // replaces it.
  std::shared_ptr<const Profile> find(std::string_view name) const;

  // Reads again what has changed, by time of change and size, and forgets what is gone. A file that has become wrong
  // keeps the profile it last gave. Cheap when nothing changed: one look into the folder. Returns what is wrong with
  // files that were read now; errors() has what is wrong with any.
  std::vector<Error> reload();
  std::vector<Error> errors() const;

  // By name.
  std::vector<ProfileSummary> list() const;

 private:
  struct Source {
    std::shared_ptr<const Profile> profile = {};  // the last good one, or null
    std::string origin = {};
    std::filesystem::file_time_type changed = {};
    uintmax_t size = 0;
    std::string error = {};
  };
  using Sources = std::map<std::string, Source, std::less<>>;  // by name of the profile

  struct File {
    std::filesystem::path path;
    std::filesystem::file_time_type changed;
    uintmax_t size = 0;
  };
  static Sources make_built_in();
  static Source read(const File& file, const Source* before);
  Result<std::map<std::string, File>> look() const;
  std::shared_ptr<const Sources> files() const;

  const std::string folder_;
  const Sources built_in_;
  std::mutex reloading_;
  mutable std::mutex mutex_;              // guards the pointer, which is only copied and exchanged under it
  std::shared_ptr<const Sources> files_;  // shared with readers that are still looking at the one before
};

}  // namespace gleaner::enrich
