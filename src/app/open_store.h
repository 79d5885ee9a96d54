// Which implementation stands behind the stores, by the configuration.
#pragma once

#include "base/error.h"
#include "cli/cli.h"
#include "config/config.h"

namespace gleaner::app {

// As many files as the machine allows: every day in use takes a few, every connection one.
void raise_file_limit();

// The store that the configuration names, with its archive.
Result<cli::OpenStore> open_store(const config::Config& config, const Clock& clock);
// The same of that kind.
Result<cli::OpenStore> open_store_of(cli::StoreKind kind, cli::Opening opening, const config::Config& config,
                                     const Clock& clock);
// Brings the schema in PostgreSQL up to date.
Result<cli::Migrated> migrate(const config::Config& config);

// What archivers and erasers of this configuration work with.
archive::UploadOptions upload_options(const config::Config& config);

}  // namespace gleaner::app
