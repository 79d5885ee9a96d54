// Files and folders as the directory store needs them: every error has the path in it and is kUnavailable, or kNotFound
// where nothing is there. What is made is its owner's only.
//
// Thread contract: a File belongs to one thread at a time; functions are safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace gleaner::object {

// Tells one state of a file from another.
struct Stamp {
  uint64_t size = 0;
  int64_t modified_ns = 0;  // since 1970, UTC
  friend bool operator==(const Stamp&, const Stamp&) = default;
};

enum class EntryKind { kNone, kFile, kFolder, kOther };

class File {
 public:
  File() = default;
  ~File();
  File(File&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&& other) noexcept;

  static Result<File> create(std::string path);  // fails if there is one
  static Result<File> open_or_create(std::string path);
  // Errors: kNotFound, also for what is not a file.
  static Result<File> open(std::string path);

  const std::string& path() const { return path_; }
  // False when somebody else holds it. Whoever holds it holds it until the File, or the process, is gone.
  Result<bool> lock();
  Status append(std::string_view bytes);
  // Fewer than `size` bytes only where the file ends.
  Result<size_t> read(char* out, size_t size, uint64_t offset) const;
  Result<Stamp> stamp() const;
  // File systems differ in how exactly they keep it: ask stamp() what it became.
  Status set_modified(int64_t ns);
  Status sync();

 private:
  static Result<File> open_with(std::string path, int flags);

  std::string path_;
  int fd_ = -1;
};

EntryKind kind_of(const std::string& path);
// Nothing if it is not a file.
std::optional<Stamp> stamp_of(const std::string& path);
// False if there was none.
Result<bool> unlink_file(const std::string& path);
Status rename_file(const std::string& from, const std::string& to);

// Makes what was created in, renamed in or removed from the folder durable.
Status sync_folder(const std::string& folder);
// The folder and all that are missing above it, durably.
Status make_folders(const std::string& folder);
// Removes the folder if it is empty, then the one above it and so on, up to `root`, which stays.
void prune_folders(std::string folder, std::string_view root);

struct FolderEntry {
  std::string name;
  bool is_folder = false;
};
// Files and folders, no links, in no order. None if there is no such folder.
Result<std::vector<FolderEntry>> list_folder(const std::string& folder);

// The folder a path is in.
std::string_view folder_of(std::string_view path);

}  // namespace gleaner::object
