// A folder is sorted as if its name ended with the "/" that follows it in every key below: "a-b" comes before "a/b", so
// the file a-b comes before the folder a. All keys below a folder are then together.
#include "object/directory/listing.h"

#include <algorithm>

#include <fmt/format.h>

#include "object/directory/path.h"
#include "object/object_store.h"

namespace gleaner::object {
namespace {

struct Named {
  std::string key;   // of a file, or what the keys below a folder begin with
  std::string path;  // in the file system
  bool is_folder = false;
};

class Walk {
 public:
  Walk(std::string_view prefix, std::string_view after, size_t limit) : prefix_(prefix), after_(after), limit_(limit) {}

  Status visit(const std::string& folder, const std::string& above) {
    TRY_ASSIGN(const auto entries, list_folder(folder));
    std::vector<Named> names;
    for (const FolderEntry& entry : entries) {
      const auto segment = entry.name.starts_with('.') ? std::nullopt : segment_of_name(entry.name);
      if (!segment) continue;
      Named named{above + *segment, fmt::format("{}/{}", folder, entry.name), entry.is_folder};
      if (!check_key(named.key)) continue;
      if (named.is_folder) named.key += '/';
      if (named.is_folder ? reaches(named.key) : wants(named.key)) names.push_back(std::move(named));
    }
    std::ranges::sort(names, {}, &Named::key);
    for (const Named& named : names) {
      if (files.size() == limit_) return {};
      if (named.is_folder) {
        TRY(visit(named.path, named.key));
      } else if (const auto stamp = stamp_of(named.path)) {
        files.push_back({named.key, *stamp});
      }
    }
    return {};
  }

  std::vector<ListedFile> files;

 private:
  bool wants(std::string_view key) const { return key.starts_with(prefix_) && key > after_; }
  bool reaches(std::string_view folder) const {
    const bool in_prefix = folder.starts_with(prefix_) || prefix_.starts_with(folder);
    return in_prefix && (folder > after_ || after_.starts_with(folder));
  }

  const std::string_view prefix_;
  const std::string_view after_;
  const size_t limit_;
};

}  // namespace

Result<std::vector<ListedFile>> list_keys(const std::string& root, std::string_view prefix, std::string_view after,
                                          size_t limit) {
  Walk walk(prefix, after, limit);
  TRY(walk.visit(root, ""));
  return std::move(walk.files);
}

}  // namespace gleaner::object
