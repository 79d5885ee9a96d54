#include "intake/spool_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gleaner::intake {

SpoolFile::~SpoolFile() {
  if (fd_ >= 0) ::close(fd_);
}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

std::unexpected<Error> SpoolFile::failed(std::string_view what) const {
  return fail(Code::kUnavailable, fmt::format("{}: {}: {}", path_, what, std::strerror(errno)));
}

Result<SpoolFile> SpoolFile::open(std::string path) {
  SpoolFile file;
  file.path_ = std::move(path);
  file.fd_ = ::open(file.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file.fd_ < 0) return file.failed("cannot be opened");
  return file;
}

Result<bool> SpoolFile::lock() {
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return failed("cannot be locked");
  }
  return true;
}

Result<uint64_t> SpoolFile::size() const {
  struct stat info{};
  if (::fstat(fd_, &info) != 0) return failed("cannot be looked at");
  return static_cast<uint64_t>(info.st_size);
}

Status SpoolFile::write(std::string_view bytes, uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("cannot be written");
    bytes.remove_prefix(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
  return {};
}

Result<std::string> SpoolFile::read(uint64_t offset, uint64_t size) const {
  std::string out(size, '\0');
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("cannot be read");
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  out.resize(done);
  return out;
}

Status SpoolFile::sync() {
  if (::fdatasync(fd_) != 0) return failed("cannot be synced");
  return {};
}

Status SpoolFile::truncate(uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return failed("cannot be truncated");
  return {};
}

Status sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) return fail(Code::kUnavailable, fmt::format("{}: cannot be synced: {}", folder, std::strerror(error)));
  return {};
}

}  // namespace gleaner::intake
