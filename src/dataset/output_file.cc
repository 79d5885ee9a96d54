#include "dataset/output_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace gleaner::dataset {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;

std::unexpected<Error> io_error(const std::string& path) {
  return fail(Code::kUnavailable, path + ": " + std::generic_category().message(errno));
}

}  // namespace

Result<std::unique_ptr<OutputFile>> OutputFile::create(const std::string& folder, std::string path) {
  const std::string whole = folder + "/" + path;
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(whole).parent_path(), error);
  if (error) return fail(Code::kUnavailable, whole + ": " + error.message());
  const int fd = ::open(whole.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return io_error(whole);
  return std::unique_ptr<OutputFile>(new OutputFile(fd, std::move(path)));
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status OutputFile::flush() {
  digest_.add(buffer_);
  for (std::string_view rest = buffer_; !rest.empty();) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(entry_.path);
    rest.remove_prefix(static_cast<size_t>(n));
  }
  entry_.bytes += buffer_.size();
  buffer_.clear();
  return {};
}

Status OutputFile::flush_if_full() {
  return buffer_.size() < kBufferBytes ? Status() : flush();
}

Result<FileEntry> OutputFile::close() {
  TRY(flush());
  if (::fsync(fd_) != 0) return io_error(entry_.path);
  ::close(std::exchange(fd_, -1));
  entry_.sha256 = to_hex(digest_.finish());
  return std::move(entry_);
}

Result<FileEntry> write_file(const std::string& folder, const std::string& path, std::string_view content) {
  TRY_ASSIGN(const std::unique_ptr<OutputFile> file, OutputFile::create(folder, path));
  file->buffer().append(content);
  for (auto lines = std::ranges::count(content, '\n'); lines > 0; --lines) file->end_line();
  return file->close();
}

Result<FileEntry> measure_file(const std::string& folder, std::string path) {
  FileEntry entry{.path = std::move(path)};
  const int fd = ::open((folder + "/" + entry.path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(Code::kNotFound, "it is not there");
  archive::Sha256Stream digest;
  std::string piece(size_t{1} << 20, '\0');
  ssize_t n = 0;
  while ((n = ::read(fd, piece.data(), piece.size())) > 0) {
    const std::string_view got = std::string_view(piece).substr(0, static_cast<size_t>(n));
    digest.add(got);
    entry.bytes += got.size();
    entry.lines += static_cast<uint64_t>(std::ranges::count(got, '\n'));
  }
  ::close(fd);
  if (n < 0) return fail(Code::kUnavailable, "it cannot be read");
  entry.sha256 = to_hex(digest.finish());
  return entry;
}

Status sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return io_error(path);
  const int synced = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  errno = error;
  return synced == 0 ? Status() : io_error(path);
}

}  // namespace gleaner::dataset
