#include "object/directory/file.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gleaner::object {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

std::unexpected<Error> failed(std::string_view path, std::string_view what, int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  return fail(missing ? Code::kNotFound : Code::kUnavailable,
              fmt::format("{}: {}: {}", path, what, std::strerror(error)));
}

std::unexpected<Error> failed(std::string_view path, std::string_view what) {
  return failed(path, what, errno);
}

Stamp stamp_from(const struct stat& info) {
  return {static_cast<uint64_t>(info.st_size), info.st_mtim.tv_sec * kNsPerSecond + info.st_mtim.tv_nsec};
}

EntryKind kind_from(mode_t mode) {
  return S_ISREG(mode) ? EntryKind::kFile : S_ISDIR(mode) ? EntryKind::kFolder : EntryKind::kOther;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

Result<File> File::open_with(std::string path, int flags) {
  File file;
  file.path_ = std::move(path);
  file.fd_ = ::open(file.path_.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kFileMode);
  if (file.fd_ < 0) return failed(file.path_, "cannot be opened");
  return file;
}

Result<File> File::create(std::string path) {
  return open_with(std::move(path), O_RDWR | O_CREAT | O_EXCL);
}

Result<File> File::open_or_create(std::string path) {
  return open_with(std::move(path), O_RDWR | O_CREAT);
}

Result<File> File::open(std::string path) {
  TRY_ASSIGN(File file, open_with(std::move(path), O_RDONLY));
  struct stat info{};
  if (::fstat(file.fd_, &info) != 0) return failed(file.path_, "cannot be looked at");
  if (!S_ISREG(info.st_mode)) return fail(Code::kNotFound, file.path_ + " is not a file");
  return file;
}

Result<bool> File::lock() {
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return failed(path_, "cannot be locked");
  }
  return true;
}

Status File::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed(path_, "cannot be written");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

Result<size_t> File::read(char* out, size_t size, uint64_t offset) const {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd_, out + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path_, "cannot be read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

Result<Stamp> File::stamp() const {
  struct stat info{};
  if (::fstat(fd_, &info) != 0) return failed(path_, "cannot be looked at");
  return stamp_from(info);
}

Status File::set_modified(int64_t ns) {
  const timespec time{.tv_sec = ns / kNsPerSecond, .tv_nsec = ns % kNsPerSecond};
  const timespec times[] = {time, time};
  if (::futimens(fd_, times) != 0) return failed(path_, "its time cannot be set");
  return {};
}

Status File::sync() {
  if (::fsync(fd_) != 0) return failed(path_, "cannot be synced");
  return {};
}

EntryKind kind_of(const std::string& path) {
  struct stat info{};
  return ::lstat(path.c_str(), &info) == 0 ? kind_from(info.st_mode) : EntryKind::kNone;
}

std::optional<Stamp> stamp_of(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return stamp_from(info);
}

Result<bool> unlink_file(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return failed(path, "cannot be removed");
}

Status rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return failed(to, "cannot be put in place");
  return {};
}

Status sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) return failed(folder, "cannot be synced", error);
  return {};
}

Status make_folders(const std::string& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) == 0) return sync_folder(std::string(folder_of(folder)));
  if (errno == EEXIST) return kind_of(folder + "/.") == EntryKind::kFolder ? Status() : failed(folder, "is", ENOTDIR);
  if (errno != ENOENT || folder_of(folder) == folder) return failed(folder, "cannot be made");
  TRY(make_folders(std::string(folder_of(folder))));
  if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) return failed(folder, "cannot be made");
  return sync_folder(std::string(folder_of(folder)));
}

void prune_folders(std::string folder, std::string_view root) {
  while (folder.size() > root.size() && ::rmdir(folder.c_str()) == 0) folder = folder_of(folder);
}

Result<std::vector<FolderEntry>> list_folder(const std::string& folder) {
  const std::unique_ptr<DIR, CloseFolder> stream(::opendir(folder.c_str()));
  std::vector<FolderEntry> entries;
  if (!stream && (errno == ENOENT || errno == ENOTDIR)) return entries;
  if (!stream) return failed(folder, "cannot be listed");
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr && errno != 0) return failed(folder, "cannot be listed");
    if (entry == nullptr) return entries;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    EntryKind kind = entry->d_type == DT_REG   ? EntryKind::kFile
                     : entry->d_type == DT_DIR ? EntryKind::kFolder
                                               : EntryKind::kOther;
    if (entry->d_type == DT_UNKNOWN) kind = kind_of(fmt::format("{}/{}", folder, name));
    if (kind == EntryKind::kFile || kind == EntryKind::kFolder) entries.push_back({name, kind == EntryKind::kFolder});
  }
}

std::string_view folder_of(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return path.substr(0, slash == 0 ? 1 : slash);
}

}  // namespace gleaner::object
