// Whether a trainer would take a training file: every line by the checks of its format, and the file as a whole. Reads
// files of any size, plain or compressed, or Parquet, with bounded memory.
//
// Thread contract: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dataset/format/format.h"
#include "duckdb/database.h"

namespace gleaner::dataset {

// Lines that were seen, by their hashes: at most 100 MB of them. One thread.
class SeenLines {
 public:
  static constexpr int kMaxFiles = 255;  // that are told apart

  // The file that had the line before, if any; else it is remembered as one of `file`, as long as there is room.
  std::optional<int> insert(std::string_view line, int file);
  // Whether there was room for all.
  bool complete() const { return complete_; }

 private:
  void grow();

  std::vector<uint64_t> slots_;  // 0: free; else a hash whose last byte is the file and one
  size_t used_ = 0;
  bool complete_ = true;
};

struct LineProblems {
  uint64_t line = 0;    // from 1
  uint64_t offset = 0;  // of its first byte, of what the file decompresses to
  Problems problems;
};

struct ValidationReport {
  std::string path;
  const Format* format = nullptr;
  bool guessed = false;
  bool parquet = false;  // its lines are rows
  uint64_t bytes = 0;    // decompressed
  uint64_t lines = 0;
  uint64_t bad_lines = 0;
  uint64_t problems = 0;             // of lines, and of the file
  std::vector<LineProblems> shown;   // the first of them
  std::vector<std::string> of_file;  // what is wrong with it as a whole
  std::vector<std::string> notes;    // what is no mistake but worth knowing
  uint64_t repeated = 0;             // lines that are in the file before
  uint64_t first_repeated = 0;       // the line
  uint64_t shared = 0;               // lines that another file had, of those before it

  bool valid() const { return problems == 0; }
};

struct ValidationOptions {
  const Format* format = nullptr;  // null: the one that fits the first lines best
  duckdb::Options duckdb;          // for Parquet files
  uint64_t max_problems = 100;     // shown in words, each line's counted by itself
  std::function<void(uint64_t done, uint64_t total, uint64_t lines)> on_progress;
};

// `seen` holds the lines of the files before, this one being number `file`. Errors: kNotFound, kUnavailable; kDataLoss
// for damaged compression; kInvalidArgument where no format fits.
Result<ValidationReport> validate_file(const std::string& path, const ValidationOptions& options, SeenLines& seen,
                                       int file);

// The format whose rules the lines break least; of those that break none, the one that knows most of their members.
// Null if none has a member in common with them.
const Format* guess_format(const std::vector<json::Value>& lines);

}  // namespace gleaner::dataset
