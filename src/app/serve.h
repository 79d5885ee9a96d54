// Runs the server until it is told to stop (SIGINT, SIGTERM): the place where store, intake, API and HTTP meet.
#pragma once

#include "cli/cli.h"

namespace gleaner::app {

Result<cli::OpenStore> open_store(const config::Config& config);
// Errors of kAsItIs besides: kNotFound if there is no store.
Result<cli::OpenStore> open_store_of(cli::StoreKind kind, cli::Opening opening, const config::Config& config);

Result<cli::Migrated> migrate(const config::Config& config);

// Returns when the server has drained. Errors: the store cannot be opened, the address cannot be bound.
Result<int> serve(const config::Config& config, const cli::ServeOptions& options, const Clock& clock, IdSource& ids);

}  // namespace gleaner::app
