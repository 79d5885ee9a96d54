#include "dataset/export_file.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/json.h"
#include "dataset/output_file.h"

namespace gleaner::dataset {
namespace {

namespace fs = std::filesystem;
using json::Value;

std::unexpected<Error> io_error(const std::string& path) {
  return fail(Code::kUnavailable, path + ": " + std::generic_category().message(errno));
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(path);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

uint64_t count_of(const Value& value, std::string_view name) {
  const Value* const found = value.find(name);
  return found == nullptr ? 0 : static_cast<uint64_t>(found->as_integer().value_or(0));
}

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

std::string to_json(std::string_view wish, const std::string& cursor, const ExportReport& report) {
  std::string out;
  json::Writer w(out);
  w.begin_object().field("wish", wish).field("cursor", cursor).field("bytes", report.bytes);
  w.field("interactions", report.interactions).field("examples", report.examples);
  w.field("bytes_read", report.bytes_read).key("left_out").begin_object();
  for (const auto& [reason, count] : report.left_out) w.field(reason, count);
  w.end_object().end_object();
  return out + "\n";
}

ExportStart start_of(const Value& note) {
  ExportStart start;
  start.cursor = note.find_string("cursor").value_or("");
  start.report = {.interactions = count_of(note, "interactions"),
                  .examples = count_of(note, "examples"),
                  .bytes = count_of(note, "bytes"),
                  .bytes_read = count_of(note, "bytes_read"),
                  .left_out = {}};
  if (const Value* const left_out = note.find("left_out")) {
    for (const auto& [reason, count] : left_out->members())
      start.report.left_out[reason] = static_cast<uint64_t>(count.as_integer().value_or(0));
  }
  return start;
}

}  // namespace

ExportFile::ExportFile(Options options)
    : options_(std::move(options)), partial_(options_.path + ".partial"), note_(partial_ + ".json") {}

ExportFile::~ExportFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::unique_ptr<ExportFile>> ExportFile::open(Options options) {
  std::unique_ptr<ExportFile> file(new ExportFile(std::move(options)));
  std::error_code error;
  const fs::file_status there = fs::status(file->options_.path, error);
  file->in_place_ = fs::exists(there) && !fs::is_regular_file(there);
  if (file->in_place_) {
    file->fd_ = ::open(file->options_.path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file->fd_ < 0) return io_error(file->options_.path);
    return file;
  }
  if (file->options_.resume) TRY(file->go_on());
  if (file->start_.cursor.empty()) ::unlink(file->note_.c_str());
  file->fd_ = ::open(file->partial_.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
  if (file->fd_ < 0) return io_error(file->partial_);
  const auto bytes = static_cast<off_t>(file->start_.report.bytes);
  if (::ftruncate(file->fd_, bytes) != 0 || ::lseek(file->fd_, bytes, SEEK_SET) != bytes)
    return io_error(file->partial_);
  return file;
}

Status ExportFile::go_on() {
  std::ifstream in(note_, std::ios::binary);
  if (!in) return {};
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto read = json::parse(text);
  if (!read || read->find_string("wish") != options_.wish) {
    return fail(Code::kConflict,
                fmt::format("{}: is of another export than this one; without --resume it begins anew", note_));
  }
  start_ = start_of(*read);
  std::error_code error;
  const uintmax_t have = fs::file_size(partial_, error);
  if (!error && have >= start_.report.bytes) return {};
  return fail(Code::kConflict,
              fmt::format("{}: does not hold the {} bytes that {} says; without --resume it begins anew", partial_,
                          start_.report.bytes, note_));
}

// The bytes first: a note never says more than there is.
Status ExportFile::note(const std::string& cursor, const ExportReport& report) {
  if (::fdatasync(fd_) != 0) return io_error(partial_);
  const std::string fresh = note_ + ".new";
  const int fd = ::open(fresh.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return io_error(fresh);
  Status done = write_all(fd, to_json(options_.wish, cursor, report), fresh);
  if (done && ::fsync(fd) != 0) done = io_error(fresh);
  ::close(fd);
  TRY(std::move(done));
  if (::rename(fresh.c_str(), note_.c_str()) != 0) return io_error(note_);
  return sync_folder(folder_of(note_));
}

Status ExportFile::append(std::string_view piece, const std::string& cursor, const ExportReport& report) {
  TRY(write_all(fd_, piece, in_place_ ? options_.path : partial_));
  unnoted_ += piece.size();
  if (in_place_ || unnoted_ < options_.note_bytes || cursor.empty()) return {};
  unnoted_ = 0;
  return note(cursor, report);
}

Status ExportFile::finish() {
  if (in_place_) return ::close(std::exchange(fd_, -1)) == 0 ? Status() : io_error(options_.path);
  if (::fsync(fd_) != 0) return io_error(partial_);
  ::close(std::exchange(fd_, -1));
  if (::rename(partial_.c_str(), options_.path.c_str()) != 0) return io_error(options_.path);
  ::unlink(note_.c_str());
  return sync_folder(folder_of(options_.path));
}

}  // namespace gleaner::dataset
