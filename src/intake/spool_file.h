// A file of the spool: positioned reads and writes, with the path in every error (kUnavailable). Readable by its owner
// only. Thread contract: one thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace gleaner::intake {

class SpoolFile {
 public:
  SpoolFile() = default;
  ~SpoolFile();
  SpoolFile(SpoolFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}
  SpoolFile& operator=(SpoolFile&& other) noexcept;

  // Makes the file if there is none.
  static Result<SpoolFile> open(std::string path);

  // False when another process holds it; the kernel releases it when its holder dies.
  Result<bool> lock();
  Result<uint64_t> size() const;
  Status write(std::string_view bytes, uint64_t offset);
  // Fewer bytes where the file ends.
  Result<std::string> read(uint64_t offset, uint64_t size) const;
  Status sync();
  Status truncate(uint64_t size);

 private:
  std::unexpected<Error> failed(std::string_view what) const;

  std::string path_;
  int fd_ = -1;
};

// Makes what was created in, renamed in or removed from the folder durable.
Status sync_folder(const std::string& folder);

}  // namespace gleaner::intake
