// What the commands about datasets share. One thread.
#pragma once

#include "cli/cli.h"
#include "dataset/version.h"

namespace gleaner::cli {

// Of the project that --project names: they lie in datasets/ of the data directory.
dataset::Versions versions_of(const Context& context);
void print_version(const Context& context, const dataset::VersionInfo& version);

void add_dataset_build(CLI::App& dataset, Context& context);

}  // namespace gleaner::cli
