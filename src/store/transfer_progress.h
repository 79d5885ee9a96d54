// How far a transfer is, and the file that remembers it when the process is killed. Losing the file only means that
// everything is read again: what the target has already is recognised there.
//
//     {"version":1,"route":"sqlite to postgres","projects":[{"project":"default","cursor":"2026-11-20.17.3",
//      "last_id":"0192f0c1-7e64-7000-8000-2f6a52c1a111","interactions":4210,"signals":97,"done":false}]}
//
// One thread.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gleaner::store {

struct ProjectProgress {
  std::string cursor;        // of the source's scan; what is before it is in the target
  std::string last_id;       // the last interaction that was carried over
  int64_t interactions = 0;  // read from the source so far
  int64_t signals = 0;
  bool done = false;  // with interactions and their signals

  friend bool operator==(const ProjectProgress&, const ProjectProgress&) = default;
};

struct TransferProgress {
  std::map<std::string, ProjectProgress, std::less<>> projects;

  friend bool operator==(const TransferProgress&, const TransferProgress&) = default;
};

class ProgressFile {
 public:
  // In a folder that exists. `route` names both ends.
  ProgressFile(std::string folder, std::string route);

  // From the start, if there is no file, or one of another route or version, or one that does not read.
  TransferProgress load() const;
  // Durable when it returns; the file is never half written.
  Status save(const TransferProgress& progress) const;
  void remove() const;

 private:
  std::string folder_;
  std::string path_;
  std::string route_;
};

}  // namespace gleaner::store
