// The reports that more than one command prints. One thread.
#pragma once

#include <vector>

#include "cli/cli.h"
#include "dataset/export.h"
#include "insight/stats.h"

namespace gleaner::cli {

Result<insight::Stats> read_stats(const Context& context, store::Store& store);
void print_stats(const insight::Stats& stats);
void print_readiness(const std::vector<insight::Readiness>& readiness);

struct ExportTarget {
  std::string path;     // "-": standard output
  std::string wish;     // as of dataset::ExportFile
  bool resume = false;  // the same
};

// Writes a training file, with progress. A file has its name only when it is whole.
Result<dataset::ExportReport> write_export(store::Store& store, dataset::ExportOptions options,
                                           const ExportTarget& target);
void print_export(std::FILE* to, const dataset::ExportReport& report, const std::string& path);

}  // namespace gleaner::cli
