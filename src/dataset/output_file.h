// A file of a dataset while it is written: buffered, counted, hashed, synced when it is closed.
// Thread contract: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "archive/digest.h"
#include "base/error.h"

namespace gleaner::dataset {

struct FileEntry {
  std::string path;  // below the version's folder
  uint64_t bytes = 0;
  uint64_t lines = 0;
  std::string sha256;
};

class OutputFile {
 public:
  // `path` is below `folder`; the folders between are made. Errors: kUnavailable.
  static Result<std::unique_ptr<OutputFile>> create(const std::string& folder, std::string path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // What is appended to it is written by the next call of flush_if_full() or close().
  std::string& buffer() { return buffer_; }
  void end_line() { ++entry_.lines; }
  uint64_t lines() const { return entry_.lines; }
  Status flush_if_full();
  // Everything is on disk when it returns. Call it once.
  Result<FileEntry> close();

 private:
  OutputFile(int fd, std::string path) : fd_(fd) { entry_.path = std::move(path); }
  Status flush();

  int fd_;
  FileEntry entry_;
  std::string buffer_;
  archive::Sha256Stream digest_;
};

// Writes the whole file at once.
Result<FileEntry> write_file(const std::string& folder, const std::string& path, std::string_view content);

// What a file below `folder` is like. Errors: kNotFound, kUnavailable, without its name.
Result<FileEntry> measure_file(const std::string& folder, std::string path);

// Makes what was created, renamed or removed in the folder durable.
Status sync_folder(const std::string& path);

}  // namespace gleaner::dataset
