#include "duckdb/library.h"

#include <filesystem>
#include <mutex>
#include <optional>
#include <vector>

#include <dlfcn.h>
#include <fmt/format.h>

namespace gleaner::duckdb {
namespace {

std::vector<std::string> places(const std::string& path) {
  if (!path.empty()) return {path};
  std::vector<std::string> all;
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    all.push_back(program.parent_path() / "libduckdb.so");
    all.push_back(program.parent_path().parent_path() / "lib/gleaner/libduckdb.so");
  }
  all.emplace_back("libduckdb.so");
  return all;
}

Result<Library> load_from(const std::string& path) {
  void* const handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return fail(Code::kUnavailable, ::dlerror());
  Library library;
#define GLEANER_DUCKDB_LOOK_UP(name)                                               \
  library.name = reinterpret_cast<decltype(library.name)>(::dlsym(handle, #name)); \
  if (library.name == nullptr)                                                     \
    return fail(Code::kUnavailable, fmt::format("{}: has no {}; 1.4 or later is needed", path, #name));
  GLEANER_DUCKDB_FUNCTIONS(GLEANER_DUCKDB_LOOK_UP)
#undef GLEANER_DUCKDB_LOOK_UP
  return library;
}

struct Loaded {
  std::mutex mutex;
  std::optional<Library> library;
};

// A library cannot be unloaded while threads of it may run.
Loaded& loaded() {
  static Loaded one;
  return one;
}

}  // namespace

Status load_library(const std::string& path) {
  const std::lock_guard lock(loaded().mutex);
  if (loaded().library) return {};
  std::string looked;
  for (const std::string& place : places(path)) {
    if (place.contains('/') && !std::filesystem::exists(place)) {
      looked += fmt::format("\n  {}: is not there", place);
      continue;
    }
    const Result<Library> library = load_from(place);
    if (library) {
      loaded().library = *library;
      return {};
    }
    looked += fmt::format("\n  {}", library.error().message);
  }
  return fail(Code::kUnavailable,
              fmt::format("DuckDB's library was not found (duckdb_library names its file; scripts/setup fetches it):{}",
                          looked));
}

const Library& library() {
  return *loaded().library;
}

}  // namespace gleaner::duckdb
