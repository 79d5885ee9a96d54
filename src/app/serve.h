// Runs the server until it is told to stop (SIGINT, SIGTERM): the place where store, intake, API and HTTP meet.
#pragma once

#include "cli/cli.h"

namespace gleaner::app {

// Returns when the server has drained. Errors: the store cannot be opened, the address cannot be bound.
Result<int> serve(const config::Config& config, const cli::ServeOptions& options, const Clock& clock, IdSource& ids);

}  // namespace gleaner::app
