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

// Writes a training file to `path` ("-": standard output), with progress. A file that could not be written whole is
// removed.
Result<dataset::ExportReport> write_export(store::Store& store, dataset::ExportOptions options,
                                           const std::string& path);
void print_export(std::FILE* to, const dataset::ExportReport& report, const std::string& path);

}  // namespace gleaner::cli
