// The file of an export while it is written. It is called FILE.partial until it is whole, and FILE only then. Beside it
// FILE.partial.json notes how far everything is on disk, so that the same export goes on there after any interruption:
//
//   {"wish":"...","cursor":"2026-11-21.4711","bytes":33554432,"interactions":4210,"examples":4100,"bytes_read":...,
//    "left_out":{"no answer to learn from":110}}
//
// Something that is no file, such as a pipe, is written as it is, and never gone on with.
//
// Thread contract: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dataset/export.h"

namespace gleaner::dataset {

class ExportFile {
 public:
  static constexpr uint64_t kNoteBytes = uint64_t{32} << 20;

  struct Options {
    std::string path;
    std::string wish;                  // what is exported: the same text for the same
    bool resume = false;               // go on where a note says, if there is one
    uint64_t note_bytes = kNoteBytes;  // a note is made after so many
  };

  // Errors: kConflict if the note is of another wish or its file is shorter than it says; kUnavailable.
  static Result<std::unique_ptr<ExportFile>> open(Options options);
  ~ExportFile();
  ExportFile(const ExportFile&) = delete;
  ExportFile& operator=(const ExportFile&) = delete;

  // Where the export is to go on; an empty cursor for the beginning.
  const ExportStart& start() const { return start_; }
  // `cursor` and `report` are the export's behind the piece. Errors: kUnavailable.
  Status append(std::string_view piece, const std::string& cursor, const ExportReport& report);
  // Everything is on disk under its name when it returns.
  Status finish();

 private:
  explicit ExportFile(Options options);
  Status go_on();
  Status note(const std::string& cursor, const ExportReport& report);

  const Options options_;
  const std::string partial_;
  const std::string note_;
  bool in_place_ = false;  // it is no file
  int fd_ = -1;
  uint64_t unnoted_ = 0;
  ExportStart start_;
};

}  // namespace gleaner::dataset
