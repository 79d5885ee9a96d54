// What describes a version: validation.json, README.md (the card) and, last, manifest.json (docs/datasets.md).
// Thread contract: one thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dataset/held_out_files.h"
#include "dataset/recipe.h"
#include "dataset/split.h"
#include "dataset/version_writer.h"

namespace gleaner::dataset {

struct Description {
  std::string project;
  std::string name;
  const Recipe& recipe;
  std::vector<HeldOutFile> held_out;
  uint64_t interactions = 0;  // that were selected
  uint64_t examples = 0;
  std::map<std::string, uint64_t> left_out;       // by reason
  std::map<std::string, uint64_t> personal_data;  // that was found, by kind
  uint64_t with_personal_data = 0;                // examples
  uint64_t clusters = 0;                          // of duplicates
  uint64_t largest_cluster = 0;
  uint64_t groups = 0;  // that stay in one split
  uint64_t largest_group = 0;
  Leakage leakage;
  std::vector<std::vector<std::string>> shown_clusters;  // interactions, the kept one first
  Written written;
};

// Everything is on disk when it returns.
Status write_description(const std::string& folder, Description about);

}  // namespace gleaner::dataset
