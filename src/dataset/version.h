// Frozen datasets on disk: root/{project}/{name}/v{N}/, each with
//
//   {format}/{split}.jsonl   the examples
//   lineage.jsonl            of each example: its split, the interactions it came from, whose they were
//   validation.json          what was checked, and found
//   README.md                the dataset card
//   manifest.json            recipe, counts, hashes of all other files; written last
//   built.json               when it was built: what is not the same in every build
//   invalid.json             only if something in it was erased since
//
// A version is made in a folder of its own and renamed when it is complete, so there is no half of one under its name.
// Nothing in it changes afterwards. docs/datasets.md describes every file.
//
// Thread contract: safe from any thread; several processes may share the folder.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/time.h"
#include "dataset/output_file.h"

namespace gleaner::dataset {

inline constexpr int kDatasetFormat = 1;

struct VersionInfo {
  std::string name;
  int number = 0;
  std::string folder;
  Time built_at;
  json::Value manifest;
  std::string invalid;  // why, if it is
};

// As an object: name, version, built_at, valid, reason, manifest.
void write_json(const VersionInfo& version, json::Writer& writer);

// What differs between a version and its files.
struct VersionProblem {
  std::string path;
  std::string what;
};

struct VersionDiff {
  uint64_t only_in_first = 0;  // examples, by the interactions they came from
  uint64_t only_in_second = 0;
  uint64_t in_both = 0;
  uint64_t moved = 0;                       // of these, in another split
  std::vector<std::string> recipe_members;  // that differ
};

class Versions {
 public:
  Versions(std::string root, std::string project) : folder_(std::move(root) + "/" + std::move(project)) {}

  // Errors: kInvalidArgument for a name that is not 1 to 64 of a-z, 0-9, "-", "_" and ".", a letter or digit first.
  static Status check_name(std::string_view name);

  // By name and number. None if the folder is not there.
  Result<std::vector<VersionInfo>> list() const;
  // `which` is NAME, for its newest version, or NAME@N. Errors: kNotFound, naming what there is.
  Result<VersionInfo> find(std::string_view which) const;

  // A folder to write a version into. It goes, with what is in it, unless it was published; those of processes that
  // died are removed by the next begin().
  class Building {
   public:
    Building(Building&& other) noexcept;
    Building& operator=(Building&&) = delete;
    ~Building();
    const std::string& folder() const { return folder_; }

   private:
    friend class Versions;
    Building(std::string folder, int lock) : folder_(std::move(folder)), lock_(lock) {}
    std::string folder_;
    int lock_;  // of the folder, while its builder lives
  };
  Result<Building> begin(const std::string& name) const;
  // As the next version of that name.
  Result<VersionInfo> publish(const std::string& name, Building building) const;

  // Compares every file with the manifest. Errors: those of reading it.
  Result<std::vector<VersionProblem>> verify(const VersionInfo& version) const;
  Result<VersionDiff> diff(const VersionInfo& first, const VersionInfo& second) const;

  // Marks every version that holds something of these interactions or people, removes its examples and lineage, and
  // says which. Manifest and card stay. After a crash the same call again ends what was begun.
  struct Gone {
    std::set<std::string, std::less<>> interactions;
    std::set<std::string, std::less<>> users;
    bool everything = false;
  };
  Result<std::vector<VersionInfo>> invalidate(const Gone& gone, Time now) const;
  // Errors: kNotFound.
  Status remove(const VersionInfo& version) const;

 private:
  Result<VersionInfo> read(const std::string& name, int number) const;
  std::vector<int> numbers(const std::string& name) const;
  static Status remove_content(const VersionInfo& version);
  static Result<bool> holds(const VersionInfo& version, const Gone& gone);

  const std::string folder_;
};

}  // namespace gleaner::dataset
