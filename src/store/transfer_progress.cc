#include "store/transfer_progress.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/json.h"

namespace gleaner::store {
namespace {

constexpr int64_t kVersion = 1;

std::unexpected<Error> failed(const std::string& path) {
  return fail(Code::kUnavailable, fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
}

// Opens, lets `work` do something with it, syncs.
template <typename Work>
Status synced(const std::string& path, int flags, Work work) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) return failed(path);
  Status done;
  if (!work(fd) || ::fsync(fd) != 0) done = failed(path);
  ::close(fd);
  return done;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

std::string text_of(const json::Value& value, std::string_view name) {
  return std::string(value.find_string(name).value_or(""));
}

int64_t number_of(const json::Value& value, std::string_view name) {
  const json::Value* const found = value.find(name);
  return found == nullptr ? 0 : found->as_integer().value_or(0);
}

}  // namespace

ProgressFile::ProgressFile(std::string folder, std::string route)
    : folder_(std::move(folder)), path_(folder_ + "/migrate-store.json"), route_(std::move(route)) {}

TransferProgress ProgressFile::load() const {
  TransferProgress progress;
  std::ifstream file(path_, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto value = json::parse(text);
  if (!value || number_of(*value, "version") != kVersion || text_of(*value, "route") != route_) return progress;
  const json::Value* const projects = value->find("projects");
  if (projects == nullptr) return progress;
  for (const json::Value& one : projects->items()) {
    const json::Value* const done = one.find("done");
    progress.projects[text_of(one, "project")] = {text_of(one, "cursor"), text_of(one, "last_id"),
                                                  number_of(one, "interactions"), number_of(one, "signals"),
                                                  done != nullptr && done->as_bool()};
  }
  return progress;
}

Status ProgressFile::save(const TransferProgress& progress) const {
  std::string text;
  json::Writer w(text);
  w.begin_object().field("version", kVersion).field("route", route_).key("projects").begin_array();
  for (const auto& [project, at] : progress.projects) {
    w.begin_object().field("project", project).field("cursor", at.cursor).field("last_id", at.last_id);
    w.field("interactions", at.interactions).field("signals", at.signals).field("done", at.done).end_object();
  }
  w.end_array().end_object();
  text += '\n';
  const std::string written = path_ + ".new";
  TRY(synced(written, O_WRONLY | O_CREAT | O_TRUNC, [&text](int fd) { return write_all(fd, text); }));
  if (::rename(written.c_str(), path_.c_str()) != 0) return failed(path_);
  return synced(folder_, O_RDONLY | O_DIRECTORY, [](int) { return true; });
}

void ProgressFile::remove() const {
  ::unlink(path_.c_str());
  ::unlink((path_ + ".new").c_str());
}

}  // namespace gleaner::store
