// What stands beside every archived object: what it holds, counted and hashed when it was written, as a JSON object of
// its own (docs/archive-format.md). An archive can be checked and read from its objects and manifests alone.
// Pure functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "archive/part_summary.h"
#include "base/error.h"
#include "store/archive_catalog.h"

namespace gleaner::archive {

inline constexpr int kManifestVersion = 1;

struct Manifest {
  store::Part part;  // without id and index
  PartTotals totals;
};

// The part as the catalog keeps it.
store::Part part_of(std::string project, std::string platform, Day day, int number, std::string_view format,
                    Time archived_at, const PartSummary& summary);

std::string encode_manifest(const Manifest& manifest);
// Errors: kDataLoss for what is no manifest, or of a later version.
Result<Manifest> decode_manifest(std::string_view json);

// The first thing that the catalog says otherwise than the manifest; empty if there is none.
std::string difference(const store::Part& catalog, const Manifest& manifest);

}  // namespace gleaner::archive
