// Runs a fuzz target over files instead of a fuzzer's inventions, so that the corpus is part of the ordinary tests and
// needs no clang. Each file is also tried cut off after every byte: most of what a parser forgets is found there.
//
//   <target>_replay FILE_OR_FOLDER...
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "target.h"

namespace {

namespace fs = std::filesystem;

// Beginnings of longer files are tried at this many places.
constexpr size_t kMaxCuts = 2048;

size_t runs = 0;

void run(const std::string& bytes, size_t size) {
  // An own block of just that size: a read past its end is then one the address sanitizer sees.
  const auto copy = std::make_unique<uint8_t[]>(size);
  std::copy_n(bytes.begin(), size, copy.get());
  LLVMFuzzerTestOneInput(copy.get(), size);
  ++runs;
}

bool replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  if (!file) return false;
  std::fprintf(stderr, "%s\n", path.c_str());
  const size_t step = bytes.size() / kMaxCuts + 1;
  for (size_t size = 0; size < bytes.size(); size += step) run(bytes, size);
  run(bytes, bytes.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<fs::path> paths;
  for (int i = 1; i < argc; ++i) {
    const fs::path path = argv[i];
    if (!fs::is_directory(path)) {
      paths.push_back(path);
      continue;
    }
    for (const auto& entry : fs::directory_iterator(path)) paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  if (paths.empty()) {
    std::fprintf(stderr, "nothing to replay\n");
    return 1;
  }
  for (const fs::path& path : paths) {
    if (replay(path)) continue;
    std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
    return 1;
  }
  std::fprintf(stderr, "%zu inputs from %zu files\n", runs, paths.size());
  return 0;
}
