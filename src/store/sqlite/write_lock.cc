#include "store/sqlite/write_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/hash.h"

namespace gleaner::store {

WriteLock::~WriteLock() {
  if (fd_ >= 0) ::close(fd_);
}

Status WriteLock::open(const std::string& path) {
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) return fail(Code::kUnavailable, fmt::format("{}: {}", path, std::strerror(errno)));
  const std::string token = random_bytes(sizeof token_);
  std::memcpy(&token_, token.data(), sizeof token_);
  mark_seen();
  return {};
}

Result<WriteLock::Held> WriteLock::acquire() {
  while (::flock(fd_, LOCK_EX) != 0) {
    if (errno != EINTR) return fail(Code::kUnavailable, fmt::format("write.lock: {}", std::strerror(errno)));
  }
  return Held(*this);
}

WriteLock::Held::~Held() {
  if (lock_ != nullptr) ::flock(lock_->fd_, LOCK_UN);
}

WriteLock::State WriteLock::read() const {
  State state;
  if (::pread(fd_, &state, sizeof state, 0) != sizeof state) return {};
  return state;
}

bool WriteLock::changed_elsewhere() const {
  const State state = read();
  return state.generation != seen_.load() && state.writer != token_;
}

void WriteLock::mark_seen() {
  seen_ = read().generation;
}

void WriteLock::announce() {
  State state = read();
  state = {state.generation + 1, token_};
  // Where even these bytes cannot be written, the disk refused the commit before.
  if (::pwrite(fd_, &state, sizeof state, 0) == sizeof state) seen_ = state.generation;
}

}  // namespace gleaner::store
