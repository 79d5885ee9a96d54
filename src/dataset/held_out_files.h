// Reads the files whose texts must not be learned: benchmarks and test sets, as JSON lines of any shape (every string
// in them is a text) or as text, a line each; plain, gzip or zstd.
//
// Thread contract: safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataset/contamination.h"

namespace gleaner::dataset {

struct HeldOutFile {
  std::string path;
  std::string sha256;
  uint64_t texts = 0;    // that can be recognised
  uint64_t ignored = 0;  // with too few words
};

struct HeldOutFiles {
  std::optional<HeldOut> texts;  // none without files
  std::vector<HeldOutFile> files;
};

// Errors: kNotFound, kUnavailable, kDataLoss for damaged compression; each names the file.
Result<HeldOutFiles> read_held_out(std::span<const std::string> paths);

}  // namespace gleaner::dataset
