// The composition root: which implementation stands behind which port.
#include "app/serve.h"
#include "cli/cli.h"

int main(int argc, char** argv) {
  const gleaner::SystemClock clock;
  gleaner::UuidV7Source ids;
  const gleaner::cli::Services services{
      .open_store = gleaner::app::open_store,
      .serve =
          [&](const gleaner::config::Config& config, const gleaner::cli::ServeOptions& options) {
            return gleaner::app::serve(config, options, clock, ids);
          },
      .clock = clock,
      .ids = ids,
  };
  return gleaner::cli::run(argc, argv, services);
}
